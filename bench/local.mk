# throng-bench, the reference servers it compares with, and their tests.
# core.mk: the pure part, libbench_core.la.
include bench/core.mk
include tests/bench/local.mk

# Reference servers: built, never installed.
noinst_PROGRAMS += throng-limit throng-bufferevent
throng_limit_SOURCES = bench/limit.c bench/serve.c bench/serve.h \
	bench/handle.c bench/handle.h
throng_limit_LDADD = libthrong_core.la
throng_bufferevent_SOURCES = bench/inline_bev.c bench/serve.c bench/serve.h \
	bench/handle.c bench/handle.h
throng_bufferevent_LDADD = libthrong_core.la $(LIBEVENT_LIBS)
