# tests. What a test is, is said at its top; `make check TESTS=test_frame`
# runs one.

EXTRA_DIST += tests/corpus

if TESTS_ON
AM_TESTS_ENVIRONMENT = THRONGD='$(abs_top_builddir)/throngd'; \
	export THRONGD; \
	CC='$(CC)' CFLAGS='$(CFLAGS) $(LIBEVENT_CFLAGS)' NM='$(NM)'; \
	export CC CFLAGS NM;

unit_tests = test_address test_frame test_frame_write test_parse
server_tests = test_server_admission test_server_memory test_server_bad test_server_clients test_server_end \
	test_server_eof test_server_output test_server_frames test_server_limits test_server_listen \
	test_server_log test_server_ops test_server_options \
	test_server_overload test_server_signals test_server_slow
library_tests = test_library test_library_log test_library_reply \
	test_library_state test_library_unruly
check_PROGRAMS += $(unit_tests) $(server_tests) $(library_tests) \
	stress_mpsc
TESTS += $(unit_tests) $(server_tests) $(library_tests) stress_mpsc \
	tests/check_docs.sh
dist_check_SCRIPTS += tests/check_docs.sh
EXTRA_DIST += tests/check_docs.awk

frames_files = tests/frames.c tests/frames.h
unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
unit_libs = libthrong_core.la $(CMOCKA_LIBS)

test_address_SOURCES = tests/test_address.c
test_address_CFLAGS = $(unit_cflags)
test_address_LDADD = $(unit_libs)

test_frame_SOURCES = tests/test_frame.c $(frames_files)
test_frame_CFLAGS = $(unit_cflags)
test_frame_LDADD = $(unit_libs)

test_frame_write_SOURCES = tests/test_frame_write.c
test_frame_write_CFLAGS = $(unit_cflags)
test_frame_write_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=memchr -static
test_frame_write_LDADD = $(unit_libs)

test_parse_SOURCES = tests/test_parse.c
test_parse_CFLAGS = $(unit_cflags)
test_parse_LDADD = $(unit_libs)

# End to end: a row runs in every model, see tests/table.h.
support_files = tests/support.c tests/support.h tests/blob.c tests/blob.h \
	tests/caller.c tests/caller_taken.c tests/caller.h tests/daemon.c \
	tests/daemon.h tests/json.c tests/json.h
table_files = tests/table.c tests/table.h $(support_files)

test_server_admission_SOURCES = tests/test_server_admission.c $(table_files)
test_server_admission_CFLAGS = $(unit_cflags)
test_server_admission_LDADD = $(unit_libs)

test_server_memory_SOURCES = tests/test_server_memory.c $(table_files)
test_server_memory_CFLAGS = $(unit_cflags)
test_server_memory_LDADD = $(unit_libs)

test_server_bad_SOURCES = tests/test_server_bad.c $(table_files)
test_server_bad_CFLAGS = $(unit_cflags)
test_server_bad_LDADD = $(unit_libs)

test_server_clients_SOURCES = tests/test_server_clients.c $(table_files)
test_server_clients_CFLAGS = $(unit_cflags)
test_server_clients_LDADD = $(unit_libs)

test_server_frames_SOURCES = tests/test_server_frames.c $(table_files)
test_server_frames_CFLAGS = $(unit_cflags)
test_server_frames_LDADD = $(unit_libs)

test_server_eof_SOURCES = tests/test_server_eof.c $(table_files)
test_server_eof_CFLAGS = $(unit_cflags)
test_server_eof_LDADD = $(unit_libs)

test_server_output_SOURCES = tests/test_server_output.c $(table_files)
test_server_output_CFLAGS = $(unit_cflags)
test_server_output_LDADD = $(unit_libs)

test_server_end_SOURCES = tests/test_server_end.c $(table_files)
test_server_end_CFLAGS = $(unit_cflags)
test_server_end_LDADD = $(unit_libs)

test_server_limits_SOURCES = tests/test_server_limits.c $(table_files)
test_server_limits_CFLAGS = $(unit_cflags)
test_server_limits_LDADD = $(unit_libs)

test_server_listen_SOURCES = tests/test_server_listen.c $(support_files)
test_server_listen_CFLAGS = $(unit_cflags)
test_server_listen_LDADD = $(unit_libs)

test_server_log_SOURCES = tests/test_server_log.c $(support_files)
test_server_log_CFLAGS = $(unit_cflags)
test_server_log_LDADD = $(unit_libs)

test_server_ops_SOURCES = tests/test_server_ops.c $(support_files)
test_server_ops_CFLAGS = $(unit_cflags)
test_server_ops_LDADD = $(unit_libs)

test_server_overload_SOURCES = tests/test_server_overload.c $(support_files)
test_server_overload_CFLAGS = $(unit_cflags)
test_server_overload_LDADD = $(unit_libs)

test_server_options_SOURCES = tests/test_server_options.c $(support_files)
test_server_options_CFLAGS = $(unit_cflags)
test_server_options_LDADD = $(unit_libs)

test_server_slow_SOURCES = tests/test_server_slow.c $(table_files)
test_server_slow_CFLAGS = $(unit_cflags)
test_server_slow_LDADD = $(unit_libs)

test_server_signals_SOURCES = tests/test_server_signals.c $(support_files)
test_server_signals_CFLAGS = $(unit_cflags)
test_server_signals_LDADD = $(unit_libs)

# The library as a user has it; of the inside only what the client needs.
inside_files = tests/inside.c tests/inside.h $(support_files)
inside_libs = libthrong.la $(unit_libs)

test_library_SOURCES = tests/test_library.c $(inside_files)
test_library_CFLAGS = $(unit_cflags)
test_library_LDADD = $(inside_libs)

test_library_log_SOURCES = tests/test_library_log.c $(inside_files)
test_library_log_CFLAGS = $(unit_cflags)
test_library_log_LDADD = $(inside_libs) $(LIBEVENT_LIBS)

test_library_unruly_SOURCES = tests/test_library_unruly.c $(inside_files)
test_library_unruly_CFLAGS = $(unit_cflags)
test_library_unruly_LDADD = $(inside_libs)

test_library_reply_SOURCES = tests/test_library_reply.c $(inside_files)
test_library_reply_CFLAGS = $(unit_cflags)
test_library_reply_LDADD = $(inside_libs)

test_library_state_SOURCES = tests/test_library_state.c $(inside_files)
test_library_state_CFLAGS = $(unit_cflags)
test_library_state_LDADD = $(inside_libs)

stress_mpsc_SOURCES = tests/stress_mpsc.c tests/results.c tests/results.h
endif
