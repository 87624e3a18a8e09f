# libthrong. The convenience library holds everything but the mains, so that
# the tests and the other programs reach the inside.
noinst_LTLIBRARIES += libthrong_core.la
libthrong_core_la_SOURCES = \
	src/address.c src/address.h \
	src/frame.c src/frame.h \
	src/parse.c src/parse.h
libthrong_core_la_LIBADD = $(LIBEVENT_LIBS)
