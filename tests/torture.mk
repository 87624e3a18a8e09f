# What is tried by the thousand: fuzzing, faults, chaos, simulation.

if TESTS_ON

# Fuzz targets. A target of libFuzzer has the sources that it tries compiled
# with its own flags, so that they are instrumented, too; without, it replays
# its corpus.
FUZZ_TARGETS = fuzz_frame fuzz_options fuzz_log
FUZZ_FILES = tests/fuzz.c tests/fuzz.h
check_PROGRAMS += $(FUZZ_TARGETS)
if FUZZ_ON
FUZZ_CFLAGS = $(AM_CFLAGS) -DFUZZING \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_SOURCES = $(libthrong_core_la_SOURCES)
FUZZ_LIBS = $(LIBEVENT_LIBS)
else
FUZZ_CFLAGS = $(AM_CFLAGS)
FUZZ_SOURCES =
FUZZ_LIBS = libthrong_core.la
TESTS += $(FUZZ_TARGETS)
endif
FUZZ_LDFLAGS = $(FUZZ_CFLAGS)

fuzz_frame_SOURCES = tests/fuzz_frame.c $(FUZZ_FILES) $(frames_files) \
	$(FUZZ_SOURCES)
fuzz_frame_CFLAGS = $(FUZZ_CFLAGS)
fuzz_frame_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_frame_LDADD = $(FUZZ_LIBS)

fuzz_options_SOURCES = tests/fuzz_options.c $(FUZZ_FILES) $(FUZZ_SOURCES)
fuzz_options_CFLAGS = $(FUZZ_CFLAGS)
fuzz_options_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_options_LDADD = $(FUZZ_LIBS)

fuzz_log_SOURCES = tests/fuzz_log.c tests/json.c tests/json.h $(FUZZ_FILES) \
	$(FUZZ_SOURCES)
fuzz_log_CFLAGS = $(FUZZ_CFLAGS)
fuzz_log_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_log_LDADD = $(FUZZ_LIBS)

endif
