# throng-bench, the reference servers it compares with, and their tests.
# core.mk: the pure part, libbench_core.la.
include bench/core.mk
include tests/bench/local.mk
