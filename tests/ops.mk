# The handlers, each alone: its reply is a fake which only remembers.
HANDLER_TESTS = \
	test_handler_echo \
	test_handler_greet \
	test_handler_hello \
	test_handler_reverse \
	test_handler_work
FAKE_REPLY = tests/fake_reply.c tests/fake_reply.h
HANDLER_TEST_LIBS = libhandlers.la libthrong_core.la $(UNISTRING_LIBS) \
	$(CMOCKA_LIBS)

test_handler_echo_SOURCES = tests/test_handler_echo.c $(FAKE_REPLY)
test_handler_echo_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_handler_echo_LDADD = $(HANDLER_TEST_LIBS)
test_handler_greet_SOURCES = tests/test_handler_greet.c $(FAKE_REPLY)
test_handler_greet_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_handler_greet_LDADD = $(HANDLER_TEST_LIBS)
test_handler_hello_SOURCES = tests/test_handler_hello.c $(FAKE_REPLY)
test_handler_hello_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_handler_hello_LDADD = $(HANDLER_TEST_LIBS)
test_handler_reverse_SOURCES = tests/test_handler_reverse.c $(FAKE_REPLY)
test_handler_reverse_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_handler_reverse_LDADD = $(HANDLER_TEST_LIBS)
test_handler_work_SOURCES = tests/test_handler_work.c $(FAKE_REPLY)
test_handler_work_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
test_handler_work_LDADD = $(HANDLER_TEST_LIBS)

EXTRA_DIST += .ci/run .clang-format \
	tests/systems/echo_client.py \
	tests/systems/greeting_client.py \
	tests/systems/multithreaded_client.py \
	tests/systems/process_input_client.py \
	tests/systems/reverse_client.py
dist_check_SCRIPTS += tests/install.sh tests/systems.py

if TESTS_ON
check_PROGRAMS += $(HANDLER_TESTS)
TESTS += $(HANDLER_TESTS) tests/install.sh tests/systems.py
endif
