# The attacks; see README.md beside this file.

ATTACK_DIR = $(top_srcdir)/tests/attack
ATTACK_ENV = THRONGD='$(abs_top_builddir)/throngd'; export THRONGD; \
	HURT='$(abs_top_builddir)/libhurt.so'; export HURT; \
	MISBEHAVE='$(abs_top_builddir)/misbehave'; export MISBEHAVE;
RESULTS = $(abs_top_builddir)/results.jsonl
SECONDS = 60

dist_check_SCRIPTS += tests/attack/attack.py tests/attack/report.py \
	tests/attack/results.py tests/attack/soak.py
EXTRA_DIST += doc/reliability.md tests/attack/README.md \
	tests/attack/bystander.py tests/attack/case.py \
	tests/attack/compare.py tests/attack/daemon.py tests/attack/hurt.c \
	tests/attack/rows_churn.py tests/attack/rows_hosts.py \
	tests/attack/rows_memory.py \
	tests/attack/rows_rest.py tests/attack/rows_slow.py tests/attack/rows_wakeup.py \
	tests/attack/rows_work.py tests/attack/swarm.py tests/attack/wire.py

if TESTS_ON
AM_TESTS_ENVIRONMENT += $(ATTACK_ENV)
TESTS += tests/attack/attack.py

# Last and by itself: it compares with a quiet moment of the same machine. By
# a variable, since automake would take it for a rule in place of its own.
ATTACK_LOG = tests/attack/attack.py.log
$(ATTACK_LOG): $(filter-out $(ATTACK_LOG),$(TEST_LOGS))

check_PROGRAMS += misbehave
misbehave_SOURCES = tests/attack/misbehave.c
misbehave_LDADD = libthrong_core.la

# Preloaded, so shared also where the library is not, and without libtool.
check_DATA = libhurt.so
CLEANFILES += libhurt.so
libhurt.so: tests/attack/hurt.c
	$(CC) $(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) \
	    -fno-builtin -fPIC -shared $(AM_LDFLAGS) $(LDFLAGS) -o $@ \
	    $(srcdir)/tests/attack/hurt.c -ldl

check-threats: throngd misbehave libhurt.so
	$(ATTACK_ENV) THRONG_RESULTS=$${THRONG_RESULTS-$(RESULTS)}; \
	export THRONG_RESULTS; $(ATTACK_DIR)/attack.py --full $(ROWS)

soak: throngd libhurt.so
	$(ATTACK_ENV) THRONG_RESULTS=$${THRONG_RESULTS-$(RESULTS)}; \
	export THRONG_RESULTS; $(ATTACK_DIR)/soak.py --seconds $(SECONDS)
endif

reliability:
	$(ATTACK_DIR)/report.py $${THRONG_RESULTS-$(RESULTS)} \
	    >reliability.md
	mv reliability.md $(top_srcdir)/doc/reliability.md

.PHONY: check-threats reliability soak
