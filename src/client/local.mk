# The client. Everything but main is a convenience library for the tests.
noinst_LTLIBRARIES += libclient.la
libclient_la_SOURCES = \
	src/client/connect.c src/client/connect.h \
	src/client/feed.c src/client/feed.h \
	src/client/lines.c src/client/lines.h \
	src/client/link.c src/client/link.h src/client/link_internal.h \
	src/client/mailbox.c src/client/mailbox.h \
	src/client/options.c src/client/options.h \
	src/client/order.c src/client/order.h \
	src/client/output.c src/client/output.h \
	src/client/prompt.c src/client/prompt.h \
	src/client/reader.c src/client/reader.h \
	src/client/remote.c src/client/remote.h \
	src/client/session.c src/client/session.h \
	src/client/signals.c src/client/signals.h \
	src/client/sink.h \
	src/client/talk.c src/client/talk.h \
	src/client/terminal.c src/client/terminal.h \
	src/client/until.c src/client/until.h \
	src/client/window.c src/client/window.h
libclient_la_CFLAGS = $(AM_CFLAGS) $(LIBEDIT_CFLAGS)
libclient_la_LIBADD = libthrong_core.la $(UNISTRING_LIBS)

bin_PROGRAMS += throng
throng_SOURCES = src/client/main.c
throng_LDADD = libclient.la $(LIBEDIT_LIBS)

dist_man1_MANS += doc/throng.1
