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
	bench/special.c bench/special.h bench/fit.c bench/fit.h \
	bench/report.h
