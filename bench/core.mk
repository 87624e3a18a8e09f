# libbench_core: the pure part of throng-bench.
