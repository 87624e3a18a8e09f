# The tests of throng-bench's shell; those of its core are in bench/core.mk.
dist_check_SCRIPTS += tests/bench/smoke.sh

if TESTS_ON
bench_shell_tests = test_bench_engine test_bench_engine_conn \
	test_bench_engine_churn \
	test_bench_payload test_bench_account test_bench_cmdline \
	test_bench_later test_bench_results_load test_bench_builtin \
	test_bench_disturb test_bench_version test_bench_live \
	test_bench_doctor test_bench_gen
check_PROGRAMS += $(bench_shell_tests)
TESTS += $(bench_shell_tests)
bench_shell_cppflags = -I$(top_srcdir)/bench $(AM_CPPFLAGS)
bench_shell_ldadd = libbench_shell.la libbench_core.la libthrong_core.la \
	$(CMOCKA_LIBS) -lm

TESTS += tests/bench/smoke.sh

test_bench_engine_SOURCES = tests/bench/test_engine.c tests/bench/check.h \
	tests/bench/fake_io.c tests/bench/fake_io.h
test_bench_engine_CPPFLAGS = $(bench_shell_cppflags)
test_bench_engine_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_engine_LDADD = $(bench_shell_ldadd)
test_bench_engine_churn_SOURCES = tests/bench/test_engine_churn.c \
	tests/bench/check.h tests/bench/fake_io.c tests/bench/fake_io.h
test_bench_engine_churn_CPPFLAGS = $(bench_shell_cppflags)
test_bench_engine_churn_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_engine_churn_LDADD = $(bench_shell_ldadd)
test_bench_engine_conn_SOURCES = tests/bench/test_engine_conn.c tests/bench/check.h
test_bench_engine_conn_CPPFLAGS = $(bench_shell_cppflags)
test_bench_engine_conn_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_engine_conn_LDADD = $(bench_shell_ldadd)
test_bench_payload_SOURCES = tests/bench/test_payload.c tests/bench/check.h
test_bench_payload_CPPFLAGS = $(bench_shell_cppflags)
test_bench_payload_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_payload_LDADD = $(bench_shell_ldadd)
test_bench_account_SOURCES = tests/bench/test_account.c tests/bench/check.h
test_bench_account_CPPFLAGS = $(bench_shell_cppflags)
test_bench_account_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_account_LDADD = $(bench_shell_ldadd)
test_bench_cmdline_SOURCES = tests/bench/test_cmdline.c tests/bench/check.h
test_bench_cmdline_CPPFLAGS = $(bench_shell_cppflags)
test_bench_cmdline_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_cmdline_LDADD = $(bench_shell_ldadd)
test_bench_later_SOURCES = tests/bench/test_later.c tests/bench/check.h bench/later.c
test_bench_later_CPPFLAGS = $(bench_shell_cppflags)
test_bench_later_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_later_LDADD = $(bench_shell_ldadd)
test_bench_disturb_SOURCES = tests/bench/test_disturb.c tests/bench/check.h
test_bench_disturb_CPPFLAGS = $(bench_shell_cppflags)
test_bench_disturb_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_disturb_LDADD = $(bench_shell_ldadd)
test_bench_version_SOURCES = tests/bench/test_version.c tests/bench/check.h
test_bench_version_CPPFLAGS = $(bench_shell_cppflags)
test_bench_version_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_version_LDADD = $(bench_shell_ldadd)
test_bench_live_SOURCES = tests/bench/test_live.c tests/bench/check.h
test_bench_live_CPPFLAGS = $(bench_shell_cppflags)
test_bench_live_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_live_LDADD = $(bench_shell_ldadd)
test_bench_doctor_SOURCES = tests/bench/test_doctor.c tests/bench/check.h
test_bench_doctor_CPPFLAGS = $(bench_shell_cppflags)
test_bench_doctor_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_doctor_LDADD = $(bench_shell_ldadd)
test_bench_gen_SOURCES = tests/bench/test_gen.c tests/bench/check.h
test_bench_gen_CPPFLAGS = $(bench_shell_cppflags)
test_bench_gen_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_gen_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=send -Wl,--wrap=recv \
	-Wl,--wrap=connect -Wl,--wrap=calloc
test_bench_gen_LDADD = $(bench_shell_ldadd)
test_bench_builtin_SOURCES = tests/bench/test_builtin.c tests/bench/check.h
test_bench_builtin_CPPFLAGS = $(bench_shell_cppflags)
test_bench_builtin_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_builtin_LDADD = $(bench_shell_ldadd)
test_bench_results_load_SOURCES = tests/bench/test_results_load.c \
	tests/bench/check.h $(bench_fixture)
test_bench_results_load_CPPFLAGS = $(bench_shell_cppflags)
test_bench_results_load_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_results_load_LDADD = $(bench_shell_ldadd)
endif
