# Costs of single operations: in time, `./micro`; in instructions,
# `make instructions`, which compares with the committed limits.
check_PROGRAMS += micro
micro_SOURCES = tests/micro.c
micro_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/handlers \
	-DMICRO_CFLAGS='"$(CFLAGS)"'
micro_LDFLAGS = $(AM_LDFLAGS) -static
micro_LDADD = libhandlers.la libthrong_core.la $(UNISTRING_LIBS)

instructions: micro$(EXEEXT) throngd$(EXEEXT)
	$(top_srcdir)/tests/instructions.py .
.PHONY: instructions

EXTRA_DIST += tests/instructions.py tests/instructions.limits
