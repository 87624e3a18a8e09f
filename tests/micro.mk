# Costs of single operations: in time, `./micro`; in instructions,
# `make instructions`, which compares with the committed limits.
check_PROGRAMS += micro
micro_SOURCES = tests/micro.c bench/engine.c bench/engine_send.c \
	bench/engine_match.c bench/engine_books.c bench/engine_churn.c \
	bench/engine_conn.c bench/payload.c
micro_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/handlers \
	-I$(top_srcdir)/bench \
	-DMICRO_CFLAGS='"$(CFLAGS)"'
micro_LDFLAGS = $(AM_LDFLAGS) -static
micro_LDADD = libbench_core.la libhandlers.la libthrong_core.la \
	$(UNISTRING_LIBS) -lm

instructions: micro$(EXEEXT) throngd$(EXEEXT)
	$(top_srcdir)/tests/instructions.py .
.PHONY: instructions

EXTRA_DIST += tests/instructions.py tests/instructions.limits
