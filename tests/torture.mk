# What is tried by the thousand: fuzzing, faults, chaos, simulation.

.PHONY: fuzz-targets

if TESTS_ON

# Fuzz targets. A target of libFuzzer has the sources that it tries compiled
# with its own flags, so that they are instrumented, too; without, it replays
# its corpus.
FUZZ_TARGETS = fuzz_frame fuzz_options fuzz_log
if VKERNEL
FUZZ_TARGETS += fuzz_conn
endif
FUZZ_FILES = tests/fuzz.c tests/fuzz.h
check_PROGRAMS += $(FUZZ_TARGETS)
if FUZZ_ON
FUZZ_FLAGS = $(AM_CFLAGS) -DFUZZING \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZED = $(libthrong_core_la_SOURCES)
FUZZ_LIBS = $(LIBEVENT_LIBS)
else
FUZZ_FLAGS = $(AM_CFLAGS)
FUZZED =
FUZZ_LIBS = libthrong_core.la
TESTS += $(FUZZ_TARGETS)
endif
FUZZ_LINK = $(FUZZ_FLAGS)

fuzz-targets: $(FUZZ_TARGETS)

fuzz_frame_SOURCES = tests/fuzz_frame.c $(FUZZ_FILES) $(frames_files) \
	$(FUZZED)
fuzz_frame_CFLAGS = $(FUZZ_FLAGS)
fuzz_frame_LDFLAGS = $(FUZZ_LINK)
fuzz_frame_LDADD = $(FUZZ_LIBS)

fuzz_options_SOURCES = tests/fuzz_options.c $(FUZZ_FILES) $(FUZZED)
fuzz_options_CFLAGS = $(FUZZ_FLAGS)
fuzz_options_LDFLAGS = $(FUZZ_LINK)
fuzz_options_LDADD = $(FUZZ_LIBS)

fuzz_log_SOURCES = tests/fuzz_log.c tests/json.c tests/json.h $(FUZZ_FILES) \
	$(FUZZED)
fuzz_log_CFLAGS = $(FUZZ_FLAGS)
fuzz_log_LDFLAGS = $(FUZZ_LINK)
fuzz_log_LDADD = $(FUZZ_LIBS)

# A kernel of the test's own behind the real libevent, which is linked in as
# objects so that its system calls are led there, too.
if VKERNEL
VKERNEL_LINK = -Wl,--whole-archive,$(LIBEVENT_ARCHIVE),--no-whole-archive \
	-Wl,--wrap=accept4 -Wl,--wrap=recv -Wl,--wrap=send \
	-Wl,--wrap=writev -Wl,--wrap=read -Wl,--wrap=write \
	-Wl,--wrap=pipe2 -Wl,--wrap=shutdown -Wl,--wrap=close \
	-Wl,--wrap=setsockopt -Wl,--wrap=fcntl -Wl,--wrap=poll \
	-Wl,--wrap=epoll_create1 -Wl,--wrap=epoll_ctl \
	-Wl,--wrap=epoll_wait -Wl,--wrap=clock_gettime \
	-Wl,--wrap=gettimeofday
SIM_WRAPS = -Wl,--wrap=pool_push -Wl,--wrap=pool_is_late \
	-Wl,--wrap=pool_reclaim -Wl,--wrap=pool_all_stuck \
	-Wl,--wrap=pool_is_idle \
	-Wl,--wrap=dispatch_job -Wl,--wrap=dispatch_take \
	-Wl,--wrap=dispatch_again -Wl,--wrap=dispatch_forget
SIM_FILES = tests/vkernel.c tests/vkernel.h tests/vkernel_inside.h \
	tests/vkernel_calls.c tests/vkernel_wait.c tests/sim.c tests/sim.h \
	tests/sim_model.c tests/sim_handler.c tests/sim_handler.h \
	tests/sim_pool.c tests/sim_pool.h $(frames_files) tests/support.c \
	tests/support.h

fuzz_conn_SOURCES = tests/fuzz_conn.c $(FUZZ_FILES) $(SIM_FILES) \
	$(FUZZED)
fuzz_conn_CFLAGS = $(FUZZ_FLAGS)
fuzz_conn_LDFLAGS = $(FUZZ_LINK) $(VKERNEL_LINK) $(SIM_WRAPS)
fuzz_conn_LDADD = $(FUZZ_LIBS)

check_PROGRAMS += stress_simulate
TESTS += stress_simulate
stress_simulate_SOURCES = tests/stress_simulate.c $(SIM_FILES) tests/results.c \
	tests/results.h
stress_simulate_LDFLAGS = $(AM_LDFLAGS) $(VKERNEL_LINK) $(SIM_WRAPS)
stress_simulate_LDADD = libthrong_core.la

# Every system call made to fail. `make check` does a part of it.
FAULTS_LINK = -Wl,--whole-archive,$(LIBEVENT_ARCHIVE),--no-whole-archive \
	-Wl,--wrap=accept4 -Wl,--wrap=recv -Wl,--wrap=send \
	-Wl,--wrap=writev -Wl,--wrap=read -Wl,--wrap=write \
	-Wl,--wrap=epoll_create1 -Wl,--wrap=epoll_ctl \
	-Wl,--wrap=epoll_wait -Wl,--wrap=pipe2 -Wl,--wrap=pthread_create \
	-Wl,--wrap=pthread_mutex_init -Wl,--wrap=pthread_cond_init \
	-Wl,--wrap=socket -Wl,--wrap=bind -Wl,--wrap=listen \
	-Wl,--wrap=getsockname -Wl,--wrap=setsockopt -Wl,--wrap=fcntl \
	-Wl,--wrap=shutdown -Wl,--wrap=poll -Wl,--wrap=getrlimit \
	-Wl,--wrap=close -Wl,--wrap=pipe -Wl,--wrap=socketpair \
	-Wl,--wrap=eventfd -Wl,--wrap=timerfd_create \
	-Wl,--wrap=epoll_create -Wl,--wrap=ioctl -Wl,--wrap=getsockopt \
	-Wl,--wrap=getrandom -Wl,--wrap=sigaction -Wl,--wrap=sigaltstack \
	-Wl,--wrap=connect -Wl,--wrap=lstat -Wl,--wrap=unlink \
	-Wl,--wrap=getaddrinfo -Wl,--wrap=pthread_attr_init \
	-Wl,--wrap=pthread_attr_setstack \
	-Wl,--wrap=mmap -Wl,--wrap=mprotect \
	-Wl,--wrap=pthread_condattr_init \
	-Wl,--wrap=pthread_condattr_setclock

check_PROGRAMS += test_torture
TESTS += test_torture
test_torture_SOURCES = tests/test_torture.c tests/faults.c tests/faults.h \
	tests/faults_calls.c tests/faults_inside.h $(UNIT_FILES) \
	$(TRIAL_FILES)
test_torture_CPPFLAGS = $(UNIT_CPPFLAGS)
test_torture_LDFLAGS = $(AM_LDFLAGS) $(FAULTS_LINK)
test_torture_LDADD = $(UNIT_LIBS)

check-torture: test_oom test_torture test_chaos stress_simulate
	THRONG_RESULTS=$${THRONG_RESULTS-$(RESULTS)}; \
	export THRONG_RESULTS; set -e; \
	for suite in torture chaos simulator; do \
	    $(ATTACK_DIR)/results.py run $$suite; done; \
	TORTURE=full ./test_oom; \
	TORTURE=full ./test_torture; \
	CHAOS=500 ./test_chaos; \
	SEEDS=20000 ./stress_simulate

endif

# A network that does its worst.
check_PROGRAMS += test_chaos
TESTS += test_chaos
test_chaos_SOURCES = tests/test_chaos.c tests/chaos.c tests/chaos.h \
	tests/results.c tests/results.h $(frames_files) $(inside_files)
test_chaos_CFLAGS = $(unit_cflags)
test_chaos_LDADD = $(unit_libs)

# Bugs on purpose, and the tests that catch them.
check-seeded:
	$(srcdir)/tests/seeded/run.sh

endif

EXTRA_DIST += tests/seeded
