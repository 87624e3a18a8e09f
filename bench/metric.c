/*
 * The table of metrics.
 */
#include "metric.h"

#include <math.h>
#include <stdio.h>

static const struct metric_info rows[METRICS] = {
	[METRIC_CPU] = { "cpu_us", "server CPU", "us/request", 1, 1, 1 },
	[METRIC_CPU_USER] = { "cpu_user_us", "of which user", "us/request",
	    1, 0, 0 },
	[METRIC_CPU_SYSTEM] = { "cpu_system_us", "of which system",
	    "us/request", 1, 0, 0 },
	[METRIC_CONNECTIONS_CPU] = { "connections_per_cpu_s",
	    "connections", "/CPU s", 0, 1, 1 },
	[METRIC_BYTES_CPU] = { "bytes_per_cpu_s", "reply bytes",
	    "/CPU s", 0, 1, 1 },
	[METRIC_THROUGHPUT] = { "throughput", "throughput", "requests/s",
	    0, 1, 0 },
	[METRIC_P50] = { "p50_us", "response p50", "us", 1, 1, 0 },
	[METRIC_P90] = { "p90_us", "response p90", "us", 1, 1, 0 },
	[METRIC_P99] = { "p99_us", "response p99", "us", 1, 1, 0 },
	[METRIC_P999] = { "p999_us", "response p99.9", "us", 1, 1, 0 },
	[METRIC_MAX] = { "max_us", "response max", "us", 1, 0, 0 },
	[METRIC_SERVICE_P50] = { "service_p50_us", "service p50",
	    "us", 1, 0, 0 },
	[METRIC_SERVICE_P99] = { "service_p99_us", "service p99",
	    "us", 1, 0, 0 },
	[METRIC_LATE_P99] = { "lateness_p99_us", "lateness p99",
	    "us", -1, 0, 0 },
	[METRIC_PROBE_P50] = { "probe_p50_us", "probe p50", "us", 1, 1, 0 },
	[METRIC_PROBE_P99] = { "probe_p99_us", "probe p99", "us", 1, 1, 0 },
	[METRIC_SWITCH] = { "switches", "context switches", "/request",
	    1, 1, 1 },
	[METRIC_SWITCH_FORCED] = { "switches_forced", "of which involuntary",
	    "/request", 1, 0, 0 },
	/* From one counting trial: without repeats there is no verdict. */
	[METRIC_CALLS] = { "syscalls", "system calls", "/request", 1, 0, 0 },
	[METRIC_MEMORY_USER] = { "memory_user", "memory, user",
	    "bytes/connection", 1, 1, 0 },
	[METRIC_MEMORY_KERNEL] = { "memory_kernel", "memory, kernel",
	    "bytes/connection", 1, 1, 0 },
	[METRIC_ACCEPT] = { "accept", "accept rate", "connections/s", 0, 1, 0 },
	[METRIC_JAIN] = { "jain", "Jain index", "", 0, 0, 0 },
	[METRIC_CLIENT_CPU] = { "client_cpu_us", "client CPU", "us/request",
	    -1, 0, 0 },
};

const struct metric_info *
metric_info(enum metric metric)
{

	return (&rows[(size_t)metric < METRICS ? metric : 0]);
}

/* "12345678" with a comma before every third digit from the right. */
static const char *
grouped(double value, char *text, size_t size)
{
	char digits[32];
	int n = snprintf(digits, sizeof(digits), "%.0f", value);
	size_t at = 0;

	for (int i = 0; i < n && at + 2 < size; i++) {
		text[at++] = digits[i];
		if (digits[i] != '-' && i + 1 < n && (n - i - 1) % 3 == 0)
			text[at++] = ',';
	}
	if (size > 0)
		text[at] = '\0';
	return (text);
}

const char *
metric_format(enum metric metric, double value, char *text, size_t size)
{
	double size_of = fabs(value);

	if (isnan(value))
		snprintf(text, size, "-");
	else if (isinf(value))
		snprintf(text, size, "inf");
	else if (value < 0 && (metric == METRIC_MEMORY_USER ||
	    metric == METRIC_MEMORY_KERNEL))
		snprintf(text, size, "~0");
	else if (metric == METRIC_JAIN)
		snprintf(text, size, "%.4f", value);
	else if (size_of >= 1e15)
		snprintf(text, size, "%.3g", value);
	else if (size_of >= 100)
		return (grouped(value, text, size));
	else
		snprintf(text, size, "%.*f", size_of >= 10 ? 1 : 2, value);
	return (text);
}
