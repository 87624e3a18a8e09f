# libthrong. The convenience library holds everything but the mains, so that
# the tests and the other programs reach the inside.
noinst_LTLIBRARIES += libthrong_core.la
libthrong_core_la_SOURCES = \
	src/accept.c src/accept.h \
	src/admit.c src/admit.h \
	src/address.c src/address.h \
	src/await.c src/await.h \
	src/backlog.c src/backlog.h \
	src/batch.c src/batch.h \
	src/budget.c src/budget.h \
	src/bytes.c src/bytes.h \
	src/check.c src/check.h \
	src/clock.h \
	src/conn.c src/conn.h \
	src/crash.c src/crash.h \
	src/converse.c src/converse.h \
	src/counters.c src/counters.h \
	src/deadline.c src/deadline.h \
	src/dispatch.c src/dispatch.h \
	src/drain.c src/drain.h \
	src/error.c \
	src/events.c src/events.h \
	src/expire.c src/expire.h \
	src/frame.c src/frame.h \
	src/gather.c src/gather.h \
	src/inline.c src/inline.h \
	src/input.c src/input.h \
	src/hold.c src/hold.h \
	src/job.c src/job.h \
	src/machine.c src/machine.h \
	src/listen.c src/listen.h \
	src/log.c src/log.h \
	src/main.c \
	src/monitor.c src/monitor.h \
	src/mpsc.h \
	src/option_row.c src/option_row.h \
	src/options.c src/options.h \
	src/pace.c src/pace.h \
	src/park.c src/park.h \
	src/parse.c src/parse.h \
	src/peer.c src/peer.h \
	src/perclient.c src/perclient.h \
	src/place.c src/place.h \
	src/process.c src/process.h \
	src/reactor.c src/reactor.h \
	src/read.c src/read.h \
	src/refuse.c src/refuse.h \
	src/reply.c src/reply.h \
	src/reply_build.c src/reply_build.h \
	src/running.c src/running.h \
	src/ring.c src/ring.h \
	src/server.c src/server.h src/server_internal.h \
	src/service.h \
	src/settings.c src/settings.h \
	src/siphash.c src/siphash.h \
	src/source.c src/source.h \
	src/spares.c src/spares.h \
	src/stacks.c src/stacks.h \
	src/stall.c src/stall.h \
	src/stop.c src/stop.h \
	src/standard.c src/standard.h \
	src/throttle.c src/throttle.h \
	src/trim.c src/trim.h \
	src/vain.c src/vain.h \
	src/wakeup.c src/wakeup.h \
	src/watchdog.c src/watchdog.h \
	src/work.c src/work.h \
	src/write.c src/write.h \
	src/writer.c src/writer.h
libthrong_core_la_LIBADD = $(LIBEVENT_LIBS)

# What is installed: the same objects, of which only throng_* can be seen. The
# static library is one object whose hidden names have been made local, so
# that they cannot clash with a user's.
libthrong_la_SOURCES =
libthrong_la_LIBADD = libthrong_core.la
if SHARED
lib_LTLIBRARIES += libthrong.la
libthrong_la_LDFLAGS = $(AM_LDFLAGS) -shared -version-info 0:0:0 \
	-export-symbols-regex '^throng_'
else
# For the tests alone: --disable-shared installs the one below.
noinst_LTLIBRARIES += libthrong.la
endif

staticlibdir = $(libdir)
staticlib_DATA = libthrong.a
libthrong.a: libthrong_core.la
	$(AM_V_AR)$(LD) -r -o libthrong-all.o --whole-archive \
		.libs/libthrong_core.a && \
	$(OBJCOPY) --localize-hidden libthrong-all.o && \
	rm -f $@ && $(AR) cr $@ libthrong-all.o && $(RANLIB) $@
CLEANFILES += libthrong.a libthrong-all.o

pkgconfig_DATA = src/throng.pc

bin_PROGRAMS += throngd
throngd_SOURCES = src/throngd.c
throngd_LDADD = libhandlers.la libthrong_core.la $(UNISTRING_LIBS)
