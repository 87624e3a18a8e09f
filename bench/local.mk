# throng-bench, the reference servers it compares with, and their tests.
# core.mk: the pure part, libbench_core.la.
include bench/core.mk
include tests/bench/local.mk

# Reference servers, which throng-bench starts.
pkglibexec_PROGRAMS += throng-limit throng-bufferevent throng-refd
throng_limit_SOURCES = bench/limit.c bench/serve.c bench/serve.h \
	bench/handle.c bench/handle.h
throng_limit_LDADD = libhandlers.la libthrong_core.la $(UNISTRING_LIBS)
throng_refd_SOURCES = bench/refd.c bench/refd.h bench/refd_options.c \
	bench/later.c bench/later.h \
	bench/serve.c bench/serve.h bench/handle.c bench/handle.h
throng_refd_LDADD = libbench_shell.la libhandlers.la libthrong_core.la $(UNISTRING_LIBS)
throng_bufferevent_SOURCES = bench/inline_bev.c bench/serve.c bench/serve.h \
	bench/handle.c bench/handle.h
throng_bufferevent_LDADD = libhandlers.la libthrong_core.la \
	$(LIBEVENT_LIBS) $(UNISTRING_LIBS)

# The part of throng-bench that touches the system; a library, so that the
# tests reach it.
noinst_LTLIBRARIES += libbench_shell.la
libbench_shell_la_SOURCES = \
	bench/cmdline.c bench/cmdline.h bench/cmdline_part.h \
	bench/cmdline_settle.c \
	bench/targets.c bench/targets.h \
	bench/builtin.c bench/builtin.h \
	bench/peers.c bench/peers.h \
	bench/session.c bench/session.h \
	bench/session_open.c bench/session_run.c bench/session_report.c \
	bench/selftest.c bench/selftest.h bench/selftest_part.h \
	bench/selftest_rows.c bench/selftest_gates.c \
	bench/count.c bench/count.h \
	bench/slo.c bench/slo.h \
	bench/tail_run.c bench/tail_run.h bench/tail_report.c \
	bench/replay.c bench/replay.h \
	bench/results_load.c bench/results_load.h \
	bench/load_trials.c bench/load_part.h \
	bench/counter.c bench/counter.h \
	bench/live.c bench/live.h \
	bench/machine.c bench/machine.h bench/costs.c \
	bench/calibrate.c bench/calibrate.h \
	bench/doctor.c bench/doctor.h \
	bench/netns.c bench/netns.h \
	bench/version.c bench/version.h \
	bench/output.c bench/output.h \
	bench/trial.c bench/trial.h \
	bench/hiccup.c bench/hiccup.h \
	bench/target.c bench/target.h \
	bench/account.c bench/account.h \
	bench/gen.c bench/gen.h bench/gen_run.c bench/gen_part.h \
	bench/gen_connect.c bench/gen_state.h bench/ready.c bench/ready.h bench/gen_disturb.c \
	bench/disturb.c bench/disturb.h \
	bench/engine.c bench/engine.h bench/engine_part.h \
	bench/engine_send.c bench/engine_match.c bench/engine_books.c \
	bench/engine_churn.c \
	bench/engine_conn.c bench/engine_conn.h \
	bench/payload.c bench/payload.h
libbench_shell_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libbench_shell_la_LIBADD = $(JANSSON_LIBS)
libbench_shell_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DPKGLIBEXECDIR='"$(pkglibexecdir)"' -DPKGDATADIR='"$(pkgdatadir)"'

bin_PROGRAMS += throng-bench
throng_bench_SOURCES = bench/throng-bench.c
throng_bench_LDADD = libbench_shell.la libbench_core.la libthrong_core.la -lm

# Servers of others: adding one is adding a file.
peersdir = $(pkgdatadir)/peers
dist_peers_DATA = bench/peers/go.sh bench/peers/libuv.sh \
	bench/peers/memcached.sh bench/peers/node.sh \
	bench/peers/python-asyncio.sh bench/peers/python-threads.sh \
	bench/peers/redis.sh bench/peers/socat.sh bench/peers/thrift-common \
	bench/peers/thrift-pool.sh bench/peers/thrift-threads.sh

# The comparison on its defaults, in under a minute.
bench: throng-bench$(EXEEXT) throngd$(EXEEXT) throng-limit$(EXEEXT)
	THRONG_PEERS=$(srcdir)/bench/peers ./throng-bench compare \
	    --out bench-results $(BENCH_FLAGS); \
	status=$$?; test $$status -eq 0 || test $$status -ge 3
.PHONY: bench

# Inside the virtual machine of bench/c1m/run, which asks for it.
EXTRA_PROGRAMS += c1m-opener
c1m_opener_SOURCES = bench/c1m/opener.c
c1m_opener_LDADD = libthrong_core.la
CLEANFILES += c1m-opener
EXTRA_DIST += bench/c1m/run bench/c1m/init

EXTRA_DIST += doc/throng-bench.md bench/crosscheck.sh
