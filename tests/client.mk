# The client: each part alone, and the program in a pipe and on a terminal
# against a server that misbehaves on request.
EXTRA_DIST += tests/client_fake.py
dist_check_SCRIPTS += tests/client_pipe.py tests/client_prompt.py

if TESTS_ON
CLIENT_TESTS = \
	test_client_connect \
	test_client_lines \
	test_client_link \
	test_client_mailbox \
	test_client_options \
	test_client_order \
	test_client_output \
	test_client_reader \
	test_client_remote \
	test_client_until \
	test_client_window
check_PROGRAMS += $(CLIENT_TESTS)
TESTS += $(CLIENT_TESTS) tests/client_pipe.py tests/client_prompt.py

client_test_libs = libclient.la $(CMOCKA_LIBS)
client_script = tests/client_script.c tests/client_script.h \
	tests/support.c tests/support.h

test_client_connect_SOURCES = tests/test_client_connect.c $(client_script)
test_client_connect_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_connect_LDADD = $(client_test_libs)

test_client_lines_SOURCES = tests/test_client_lines.c
test_client_lines_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_lines_LDADD = $(client_test_libs)

test_client_link_SOURCES = tests/test_client_link.c $(client_script)
test_client_link_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_link_LDADD = $(client_test_libs)

test_client_mailbox_SOURCES = tests/test_client_mailbox.c tests/support.c tests/support.h
test_client_mailbox_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_mailbox_LDADD = $(client_test_libs)

test_client_options_SOURCES = tests/test_client_options.c
test_client_options_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_options_LDADD = $(client_test_libs)

test_client_order_SOURCES = tests/test_client_order.c tests/support.c tests/support.h
test_client_order_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_order_LDADD = $(client_test_libs)

test_client_output_SOURCES = tests/test_client_output.c
test_client_output_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_output_LDADD = $(client_test_libs)

test_client_reader_SOURCES = tests/test_client_reader.c
test_client_reader_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_reader_LDADD = $(client_test_libs)

test_client_remote_SOURCES = tests/test_client_remote.c $(client_script)
test_client_remote_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_remote_LDADD = $(client_test_libs)

test_client_until_SOURCES = tests/test_client_until.c
test_client_until_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_until_LDADD = $(client_test_libs)

test_client_window_SOURCES = tests/test_client_window.c
test_client_window_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_client_window_LDADD = $(client_test_libs)
endif
