# tests of single source files. Names behind -Wl,--wrap= are those whose
# failure a test brings about; that needs the library linked in as objects.

# What rig.c puts in the place of the pool.
RIG_WRAPS = -Wl,--wrap=pool_push -Wl,--wrap=pool_is_late \
	-Wl,--wrap=pool_reclaim -Wl,--wrap=pool_all_stuck \
	-Wl,--wrap=pool_is_idle

if TESTS_ON
UNIT_FILES = tests/unit.c tests/unit.h tests/support.c tests/support.h
RIG_FILES = tests/rig.c tests/rig.h
TRIAL_FILES = tests/trial.c tests/trial.h tests/results.c tests/results.h
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
UNIT_LIBS = libthrong_core.la $(CMOCKA_LIBS)
UNIT_TESTS = \
	test_drain \
	test_reactor \
	test_converse \
	test_perclient \
	test_accept \
	test_work \
	test_oom \
	test_conn \
	test_read \
	test_write \
	test_backlog \
	test_crash \
	test_place \
	test_watchdog \
	test_overload \
	test_dispatch \
	test_inline \
	test_reply \
	test_listen \
	test_options \
	test_server \
	test_settings \
	test_gather \
	test_process \
	test_reply_build \
	test_reply_lend \
	test_spares \
	test_events \
	test_log \
	test_bytes \
	test_counters \
	test_job \
	test_mpsc \
	test_park \
	test_stacks \
	test_peer \
	test_budget \
	test_hold \
	test_siphash \
	test_source \
	test_refuse \
	test_await \
	test_deadline \
	test_expire \
	test_pace \
	test_stall \
	test_trim \
	test_standard \
	test_ring \
	test_throttle \
	test_writer \
	test_check \
	test_machine \
	test_wakeup
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

test_bytes_SOURCES = tests/test_bytes.c $(UNIT_FILES)
test_bytes_CPPFLAGS = $(UNIT_CPPFLAGS)
test_bytes_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=realloc
test_bytes_LDADD = $(UNIT_LIBS)

test_await_SOURCES = tests/test_await.c $(UNIT_FILES)
test_await_CPPFLAGS = $(UNIT_CPPFLAGS)
test_await_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=setsockopt -Wl,--wrap=recv \
	-Wl,--wrap=poll -Wl,--wrap=clock_gettime
test_await_LDADD = $(UNIT_LIBS)

test_deadline_SOURCES = tests/test_deadline.c $(UNIT_FILES)
test_deadline_CPPFLAGS = $(UNIT_CPPFLAGS)
test_deadline_LDADD = $(UNIT_LIBS)

test_expire_SOURCES = tests/test_expire.c $(RIG_FILES) $(UNIT_FILES)
test_expire_CPPFLAGS = $(UNIT_CPPFLAGS)
test_expire_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS)
test_expire_LDADD = $(UNIT_LIBS)

test_pace_SOURCES = tests/test_pace.c $(UNIT_FILES)
test_pace_CPPFLAGS = $(UNIT_CPPFLAGS)
test_pace_LDADD = $(UNIT_LIBS)

test_stall_SOURCES = tests/test_stall.c $(UNIT_FILES)
test_stall_CPPFLAGS = $(UNIT_CPPFLAGS)
test_stall_LDADD = $(UNIT_LIBS)
test_trim_SOURCES = tests/test_trim.c $(UNIT_FILES)
test_trim_CPPFLAGS = $(UNIT_CPPFLAGS)
test_trim_LDADD = $(UNIT_LIBS)

test_server_SOURCES = tests/test_server.c $(UNIT_FILES)
test_server_CPPFLAGS = $(UNIT_CPPFLAGS)
test_server_LDADD = $(UNIT_LIBS)

test_standard_SOURCES = tests/test_standard.c $(UNIT_FILES)
test_standard_CPPFLAGS = $(UNIT_CPPFLAGS)
test_standard_LDADD = $(UNIT_LIBS)

test_counters_SOURCES = tests/test_counters.c $(UNIT_FILES)
test_counters_CPPFLAGS = $(UNIT_CPPFLAGS)
test_counters_LDADD = $(UNIT_LIBS)

test_job_SOURCES = tests/test_job.c $(UNIT_FILES)
test_job_CPPFLAGS = $(UNIT_CPPFLAGS)
test_job_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc
test_job_LDADD = $(UNIT_LIBS)

test_mpsc_SOURCES = tests/test_mpsc.c $(UNIT_FILES)
test_mpsc_CPPFLAGS = $(UNIT_CPPFLAGS)
test_mpsc_LDADD = $(UNIT_LIBS)

test_stacks_SOURCES = tests/test_stacks.c $(UNIT_FILES)
test_stacks_CPPFLAGS = $(UNIT_CPPFLAGS)
test_stacks_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mmap -Wl,--wrap=mprotect \
	-Wl,--wrap=munmap -Wl,--wrap=pthread_attr_setstack -Wl,--wrap=pthread_mutex_init
test_stacks_LDADD = $(UNIT_LIBS)

test_park_SOURCES = tests/test_park.c $(UNIT_FILES)
test_park_CPPFLAGS = $(UNIT_CPPFLAGS)
test_park_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_cond_init \
	-Wl,--wrap=pthread_mutex_init -Wl,--wrap=pthread_mutex_destroy
test_park_LDADD = $(UNIT_LIBS)

test_peer_SOURCES = tests/test_peer.c $(UNIT_FILES)
test_peer_CPPFLAGS = $(UNIT_CPPFLAGS)
test_peer_LDADD = $(UNIT_LIBS)

test_budget_SOURCES = tests/test_budget.c $(UNIT_FILES)
test_budget_CPPFLAGS = $(UNIT_CPPFLAGS)
test_budget_LDADD = $(UNIT_LIBS)

test_hold_SOURCES = tests/test_hold.c $(UNIT_FILES) $(RIG_FILES)
test_hold_CPPFLAGS = $(UNIT_CPPFLAGS)
test_hold_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS)
test_hold_LDADD = $(UNIT_LIBS)

test_siphash_SOURCES = tests/test_siphash.c $(UNIT_FILES)
test_siphash_CPPFLAGS = $(UNIT_CPPFLAGS)
test_siphash_LDADD = $(UNIT_LIBS)

test_source_SOURCES = tests/test_source.c $(UNIT_FILES)
test_source_CPPFLAGS = $(UNIT_CPPFLAGS)
test_source_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getrandom \
	-Wl,--wrap=siphash
test_source_LDADD = $(UNIT_LIBS)

test_refuse_SOURCES = tests/test_refuse.c $(UNIT_FILES)
test_refuse_CPPFLAGS = $(UNIT_CPPFLAGS)
test_refuse_LDADD = $(UNIT_LIBS)

test_wakeup_SOURCES = tests/test_wakeup.c $(UNIT_FILES)
test_wakeup_CPPFLAGS = $(UNIT_CPPFLAGS)
test_wakeup_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pipe2 -Wl,--wrap=read \
	-Wl,--wrap=write
test_wakeup_LDADD = $(UNIT_LIBS)

test_events_SOURCES = tests/test_events.c $(UNIT_FILES) tests/json.c tests/json.h
test_events_CPPFLAGS = $(UNIT_CPPFLAGS)
test_events_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=write
test_events_LDADD = $(UNIT_LIBS)

test_log_SOURCES = tests/test_log.c $(UNIT_FILES) tests/json.c tests/json.h
test_log_CPPFLAGS = $(UNIT_CPPFLAGS)
test_log_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=write
test_log_LDADD = $(UNIT_LIBS)

test_gather_SOURCES = tests/test_gather.c $(UNIT_FILES)
test_gather_CPPFLAGS = $(UNIT_CPPFLAGS)
test_gather_LDADD = $(UNIT_LIBS)

test_process_SOURCES = tests/test_process.c $(UNIT_FILES)
test_process_CPPFLAGS = $(UNIT_CPPFLAGS)
test_process_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=realloc
test_process_LDADD = $(UNIT_LIBS)

test_reply_lend_SOURCES = tests/test_reply_lend.c $(UNIT_FILES)
test_reply_lend_CPPFLAGS = $(UNIT_CPPFLAGS)
test_reply_lend_LDADD = $(UNIT_LIBS)

test_spares_SOURCES = tests/test_spares.c $(UNIT_FILES)
test_spares_CPPFLAGS = $(UNIT_CPPFLAGS)
test_spares_LDADD = $(UNIT_LIBS)

test_reply_build_SOURCES = tests/test_reply_build.c $(UNIT_FILES)
test_reply_build_CPPFLAGS = $(UNIT_CPPFLAGS)
test_reply_build_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=realloc
test_reply_build_LDADD = $(UNIT_LIBS)

test_listen_SOURCES = tests/test_listen.c $(UNIT_FILES)
test_listen_CPPFLAGS = $(UNIT_CPPFLAGS)
test_listen_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=socket -Wl,--wrap=listen \
	-Wl,--wrap=setsockopt -Wl,--wrap=getsockname -Wl,--wrap=calloc \
	-Wl,--wrap=strdup
test_listen_LDADD = $(UNIT_LIBS)

test_options_SOURCES = tests/test_options.c $(UNIT_FILES)
test_options_CPPFLAGS = $(UNIT_CPPFLAGS)
test_options_LDADD = $(UNIT_LIBS)

test_settings_SOURCES = tests/test_settings.c $(UNIT_FILES) tests/json.c tests/json.h
test_settings_CPPFLAGS = $(UNIT_CPPFLAGS)
test_settings_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getrlimit
test_settings_LDADD = $(UNIT_LIBS)

test_inline_SOURCES = tests/test_inline.c $(UNIT_FILES) $(RIG_FILES)
test_inline_CPPFLAGS = $(UNIT_CPPFLAGS)
test_inline_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS) -Wl,--wrap=clock_gettime
test_inline_LDADD = $(UNIT_LIBS)
test_crash_SOURCES = tests/test_crash.c $(UNIT_FILES) tests/json.c tests/json.h
test_crash_CPPFLAGS = $(UNIT_CPPFLAGS)
test_crash_LDADD = $(UNIT_LIBS)

test_place_SOURCES = tests/test_place.c $(UNIT_FILES)
test_place_CPPFLAGS = $(UNIT_CPPFLAGS)
test_place_LDADD = $(UNIT_LIBS)

test_watchdog_SOURCES = tests/test_watchdog.c $(UNIT_FILES) $(RIG_FILES)
test_watchdog_CPPFLAGS = $(UNIT_CPPFLAGS)
test_watchdog_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS)
test_watchdog_LDADD = $(UNIT_LIBS)

test_backlog_SOURCES = tests/test_backlog.c $(UNIT_FILES)
test_backlog_CPPFLAGS = $(UNIT_CPPFLAGS)
test_backlog_LDADD = $(UNIT_LIBS)

test_overload_SOURCES = tests/test_overload.c $(UNIT_FILES) $(RIG_FILES)
test_overload_CPPFLAGS = $(UNIT_CPPFLAGS)
test_overload_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS)
test_overload_LDADD = $(UNIT_LIBS)

test_dispatch_SOURCES = tests/test_dispatch.c $(UNIT_FILES) $(RIG_FILES)
test_dispatch_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dispatch_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS)
test_dispatch_LDADD = $(UNIT_LIBS)

test_reply_SOURCES = tests/test_reply.c $(UNIT_FILES) $(RIG_FILES)
test_reply_CPPFLAGS = $(UNIT_CPPFLAGS)
test_reply_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS) -Wl,--wrap=read
test_reply_LDADD = $(UNIT_LIBS)

test_conn_SOURCES = tests/test_conn.c $(UNIT_FILES) $(RIG_FILES)
test_conn_CPPFLAGS = $(UNIT_CPPFLAGS)
test_conn_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS) -Wl,--wrap=calloc
test_conn_LDADD = $(UNIT_LIBS)

test_read_SOURCES = tests/test_read.c $(UNIT_FILES) $(RIG_FILES)
test_read_CPPFLAGS = $(UNIT_CPPFLAGS)
test_read_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS) -Wl,--wrap=realloc
test_read_LDADD = $(UNIT_LIBS)

test_write_SOURCES = tests/test_write.c $(UNIT_FILES) $(RIG_FILES)
test_write_CPPFLAGS = $(UNIT_CPPFLAGS)
test_write_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS) -Wl,--wrap=send
test_write_LDADD = $(UNIT_LIBS)

test_oom_SOURCES = tests/test_oom.c $(UNIT_FILES) $(TRIAL_FILES)
test_oom_CPPFLAGS = $(UNIT_CPPFLAGS)
test_oom_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc \
	-Wl,--wrap=realloc -Wl,--wrap=aligned_alloc -Wl,--wrap=strdup
test_oom_LDADD = $(UNIT_LIBS)

test_accept_SOURCES = tests/test_accept.c $(UNIT_FILES) $(RIG_FILES)
test_accept_CPPFLAGS = $(UNIT_CPPFLAGS)
test_accept_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS) \
	-Wl,--wrap=accept4
test_accept_LDADD = $(UNIT_LIBS)

test_work_SOURCES = tests/test_work.c $(UNIT_FILES)
test_work_CPPFLAGS = $(UNIT_CPPFLAGS)
test_work_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_create \
	-Wl,--wrap=pthread_join -Wl,--wrap=calloc -Wl,--wrap=aligned_alloc
test_work_LDADD = $(UNIT_LIBS)

test_converse_SOURCES = tests/test_converse.c $(UNIT_FILES)
test_converse_CPPFLAGS = $(UNIT_CPPFLAGS)
test_converse_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=send -Wl,--wrap=recv \
	-Wl,--wrap=realloc -Wl,--wrap=calloc -Wl,--wrap=setsockopt \
	-Wl,--wrap=clock_gettime
test_converse_LDADD = $(UNIT_LIBS)

test_perclient_SOURCES = tests/test_perclient.c $(UNIT_FILES) $(RIG_FILES)
test_perclient_CPPFLAGS = $(UNIT_CPPFLAGS)
test_perclient_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS) \
	-Wl,--wrap=pthread_create -Wl,--wrap=pthread_join \
	-Wl,--wrap=pthread_cond_init -Wl,--wrap=calloc \
	-Wl,--wrap=stacks_take -Wl,--wrap=stacks_give
test_perclient_LDADD = $(UNIT_LIBS)

test_drain_SOURCES = tests/test_drain.c $(UNIT_FILES) $(RIG_FILES)
test_drain_CPPFLAGS = $(UNIT_CPPFLAGS)
test_drain_LDFLAGS = $(AM_LDFLAGS) $(RIG_WRAPS)
test_drain_LDADD = $(UNIT_LIBS)

test_reactor_SOURCES = tests/test_reactor.c $(UNIT_FILES)
test_reactor_CPPFLAGS = $(UNIT_CPPFLAGS)
test_reactor_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc -Wl,--wrap=pipe2 \
	-Wl,--wrap=pthread_create
test_reactor_LDADD = $(UNIT_LIBS)

test_ring_SOURCES = tests/test_ring.c $(UNIT_FILES)
test_ring_CPPFLAGS = $(UNIT_CPPFLAGS)
test_ring_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc \
	-Wl,--wrap=aligned_alloc
test_ring_LDADD = $(UNIT_LIBS)

test_throttle_SOURCES = tests/test_throttle.c $(UNIT_FILES)
test_throttle_CPPFLAGS = $(UNIT_CPPFLAGS)
test_throttle_LDADD = $(UNIT_LIBS)

test_writer_SOURCES = tests/test_writer.c $(UNIT_FILES) tests/json.c tests/json.h
test_writer_CPPFLAGS = $(UNIT_CPPFLAGS)
test_writer_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=write -Wl,--wrap=pipe2 \
	-Wl,--wrap=calloc -Wl,--wrap=aligned_alloc -Wl,--wrap=pthread_create \
	-Wl,--wrap=read -Wl,--wrap=poll
test_writer_LDADD = $(UNIT_LIBS)

test_check_SOURCES = tests/test_check.c $(UNIT_FILES)
test_check_CPPFLAGS = $(UNIT_CPPFLAGS)
test_check_LDADD = $(UNIT_LIBS)

test_machine_SOURCES = tests/test_machine.c $(UNIT_FILES)
test_machine_CPPFLAGS = $(UNIT_CPPFLAGS)
test_machine_LDADD = $(UNIT_LIBS)

endif
