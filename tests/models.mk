# wants spin and relacy, and a minute of two cores.

EXTRA_DIST += \
	doc/proof.md \
	tests/models/memory.pml \
	tests/models/reactor.pml \
	tests/models/relacy.cpp \
	tests/models/run.sh \
	tests/models/shim/stdalign.h \
	tests/models/shim/stdatomic.h \
	tests/models/shutdown.pml \
	tests/models/worker.pml

models:
	$(top_srcdir)/tests/models/run.sh

.PHONY: check-stress models

if TESTS_ON
check_PROGRAMS += stress_handover stress_work test_late_return
TESTS += stress_handover stress_work test_late_return
stress_handover_SOURCES = tests/stress_handover.c tests/points.h \
	tests/results.c tests/results.h
stress_handover_LDADD = libthrong_core.la

# It includes src/work.c, which then comes before the library's.
stress_work_SOURCES = tests/stress_work.c tests/points.h $(UNIT_FILES)
stress_work_CPPFLAGS = $(UNIT_CPPFLAGS)
stress_work_LDADD = $(UNIT_LIBS)

# 10^8 messages from thread to thread.
check-stress: stress_handover stress_mpsc stress_work
	THRONG_RESULTS=$${THRONG_RESULTS-$(RESULTS)}; \
	export THRONG_RESULTS; set -e; STRESS=$${STRESS-50}; export STRESS; \
	$(ATTACK_DIR)/results.py run stress; \
	./stress_handover; ./stress_mpsc; ./stress_work

test_late_return_SOURCES = tests/test_late_return.c $(inside_files)
test_late_return_CFLAGS = $(unit_cflags)
test_late_return_LDADD = $(inside_libs)
endif
