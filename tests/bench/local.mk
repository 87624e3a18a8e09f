# The tests of throng-bench's shell; those of its core are in bench/core.mk.
dist_check_SCRIPTS += tests/bench/smoke.sh

if TESTS_ON
bench_shell_tests = test_bench_engine
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
endif
