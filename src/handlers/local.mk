# The handlers that throngd brings along.
noinst_LTLIBRARIES += libhandlers.la
libhandlers_la_SOURCES = \
	src/handlers/echo.c \
	src/handlers/greet.c \
	src/handlers/handlers.h \
	src/handlers/hello.c \
	src/handlers/reverse.c \
	src/handlers/work.c
libhandlers_la_LIBADD = $(UNISTRING_LIBS)
