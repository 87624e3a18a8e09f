# libbench_core: the pure part of throng-bench: no clock, no sockets, no
# threads; everything is handed in, so that it is tested in virtual time.

noinst_LTLIBRARIES += libbench_core.la
libbench_core_la_SOURCES = \
	bench/rng.c bench/rng.h \
	bench/hist.c bench/hist.h \
	bench/record.c bench/record.h \
	bench/plan.c bench/plan.h \
	bench/stats.c bench/stats.h \
	bench/theory.c bench/theory.h \
	bench/search.c bench/search.h \
	bench/gates.c bench/gates.h \
	bench/metric.c bench/metric.h \
	bench/results.c bench/results.h \
	bench/results_close.c bench/results_measure.c bench/results_words.c \
	bench/results_slopes.c bench/results_part.h bench/results_search.c \
	bench/results_model.c bench/results_audit.c \
	bench/judge.c bench/judge.h bench/remarks.c bench/remarks.h \
	bench/special.c bench/special.h bench/fit.c bench/fit.h \
	bench/sim.c bench/sim.h bench/sim_serve.c bench/sim_part.h \
	bench/curve.c bench/curve.h \
	bench/tail.c bench/tail.h \
	bench/escape.c bench/escape.h \
	bench/json.c bench/json.h \
	bench/svg.c bench/svg.h \
	bench/report.h bench/report_part.h \
	bench/report_json.c bench/report_markdown.c bench/report_hgrm.c \
	bench/report_terminal.c bench/report_html.c bench/report_style.c \
	bench/report_curves.c bench/report_tails.c bench/report_forest.c \
	bench/report_fair.c bench/report_heat.c bench/report_search.c \
	bench/report_memory.c bench/report_trials.c bench/report_validity.c \
	bench/report_machine.c bench/report_series.c
libbench_core_la_LIBADD = $(UNISTRING_LIBS)

if TESTS_ON
bench_core_tests = \
	test_bench_rng \
	test_bench_hist \
	test_bench_special \
	test_bench_stats \
	test_bench_fit \
	test_bench_theory \
	test_bench_plan \
	test_bench_search \
	test_bench_gates \
	test_bench_sim \
	test_bench_record \
	test_bench_results \
	test_bench_report \
	test_bench_svg \
	test_bench_escape \
	test_bench_curve \
	test_bench_judge \
	test_bench_remarks \
	test_bench_tail
check_PROGRAMS += $(bench_core_tests)
TESTS += $(bench_core_tests)
bench_test_cppflags = -I$(top_srcdir)/bench $(AM_CPPFLAGS)
bench_test_ldadd = libbench_core.la libthrong_core.la $(CMOCKA_LIBS)

test_bench_rng_SOURCES = tests/bench/test_rng.c tests/bench/check.h
test_bench_rng_CPPFLAGS = $(bench_test_cppflags)
test_bench_rng_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_rng_LDADD = $(bench_test_ldadd)
test_bench_hist_SOURCES = tests/bench/test_hist.c tests/bench/check.h
test_bench_hist_CPPFLAGS = $(bench_test_cppflags)
test_bench_hist_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_hist_LDADD = $(bench_test_ldadd)
test_bench_special_SOURCES = tests/bench/test_special.c tests/bench/check.h
test_bench_special_CPPFLAGS = $(bench_test_cppflags)
test_bench_special_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_special_LDADD = $(bench_test_ldadd)
test_bench_stats_SOURCES = tests/bench/test_stats.c tests/bench/check.h
test_bench_stats_CPPFLAGS = $(bench_test_cppflags)
test_bench_stats_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_stats_LDADD = $(bench_test_ldadd)
test_bench_fit_SOURCES = tests/bench/test_fit.c tests/bench/check.h
test_bench_fit_CPPFLAGS = $(bench_test_cppflags)
test_bench_fit_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_fit_LDADD = $(bench_test_ldadd)
test_bench_theory_SOURCES = tests/bench/test_theory.c tests/bench/check.h
test_bench_theory_CPPFLAGS = $(bench_test_cppflags)
test_bench_theory_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_theory_LDADD = $(bench_test_ldadd)
test_bench_plan_SOURCES = tests/bench/test_plan.c tests/bench/check.h
test_bench_plan_CPPFLAGS = $(bench_test_cppflags)
test_bench_plan_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_plan_LDADD = $(bench_test_ldadd)
test_bench_search_SOURCES = tests/bench/test_search.c tests/bench/check.h
test_bench_search_CPPFLAGS = $(bench_test_cppflags)
test_bench_search_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_search_LDADD = $(bench_test_ldadd)
test_bench_gates_SOURCES = tests/bench/test_gates.c tests/bench/check.h
test_bench_gates_CPPFLAGS = $(bench_test_cppflags)
test_bench_gates_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_gates_LDADD = $(bench_test_ldadd)
test_bench_sim_SOURCES = tests/bench/test_sim.c tests/bench/check.h
test_bench_sim_CPPFLAGS = $(bench_test_cppflags)
test_bench_sim_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_sim_LDADD = $(bench_test_ldadd)

# Made-up results, for tests of the reports and to look at them.
bench_fixture = tests/bench/fixture.c tests/bench/fixture.h
check_PROGRAMS += bench_render_report
bench_render_report_SOURCES = tests/bench/render_report.c $(bench_fixture)
bench_render_report_CPPFLAGS = $(bench_test_cppflags)
bench_render_report_LDADD = $(bench_test_ldadd)
test_bench_record_SOURCES = tests/bench/test_record.c tests/bench/check.h
test_bench_record_CPPFLAGS = $(bench_test_cppflags)
test_bench_record_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_record_LDADD = $(bench_test_ldadd)
test_bench_results_SOURCES = tests/bench/test_results.c tests/bench/check.h $(bench_fixture)
test_bench_results_CPPFLAGS = $(bench_test_cppflags)
test_bench_results_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_results_LDADD = $(bench_test_ldadd)
test_bench_remarks_SOURCES = tests/bench/test_remarks.c tests/bench/check.h
test_bench_remarks_CPPFLAGS = $(bench_test_cppflags)
test_bench_remarks_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_remarks_LDADD = $(bench_test_ldadd)
test_bench_judge_SOURCES = tests/bench/test_judge.c tests/bench/check.h
test_bench_judge_CPPFLAGS = $(bench_test_cppflags)
test_bench_judge_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_judge_LDADD = $(bench_test_ldadd)
test_bench_report_SOURCES = tests/bench/test_report.c tests/bench/check.h $(bench_fixture)
test_bench_report_CPPFLAGS = $(bench_test_cppflags)
test_bench_report_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_report_LDADD = $(bench_test_ldadd)
test_bench_svg_SOURCES = tests/bench/test_svg.c tests/bench/check.h
test_bench_svg_CPPFLAGS = $(bench_test_cppflags)
test_bench_svg_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_svg_LDADD = $(bench_test_ldadd)
test_bench_escape_SOURCES = tests/bench/test_escape.c tests/bench/check.h
test_bench_escape_CPPFLAGS = $(bench_test_cppflags)
test_bench_escape_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_escape_LDADD = $(bench_test_ldadd)

test_bench_tail_SOURCES = tests/bench/test_tail.c tests/bench/check.h
test_bench_tail_CPPFLAGS = $(bench_test_cppflags)
test_bench_tail_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_tail_LDADD = $(bench_test_ldadd)

test_bench_curve_SOURCES = tests/bench/test_curve.c tests/bench/check.h
test_bench_curve_CPPFLAGS = $(bench_test_cppflags)
test_bench_curve_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_bench_curve_LDADD = $(bench_test_ldadd)

# The table of the power of a comparison, for the documentation.
check_PROGRAMS += bench_power
bench_power_SOURCES = tests/bench/power.c
bench_power_CPPFLAGS = $(bench_test_cppflags)
bench_power_LDADD = $(bench_test_ldadd)

# The tests of the tests, and the report in a browser.
TESTS += tests/bench/mutants.sh tests/bench/test_render.sh
endif
dist_check_SCRIPTS += tests/bench/mutants.sh tests/bench/test_render.sh
