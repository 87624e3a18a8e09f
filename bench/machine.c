#include "config.h"

#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "account.h"

/* What is behind the first colon of the first line that starts so. */
static void
after_colon(const char *text, const char *name, char *out, size_t size)
{
	const char *at = strstr(text, name);

	*out = '\0';
	if (at == NULL || (at = strchr(at, ':')) == NULL)
		return;
	at += 1 + strspn(at + 1, " \t");
	snprintf(out, size, "%.*s", (int)strcspn(at, "\n"), at);
}

static void
file_fact(struct results *r, const char *group, const char *name,
    const char *path)
{
	char text[RESULTS_TEXT];

	if (account_read(path, text, sizeof(text)) <= 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	for (char *p = text; *p != '\0'; p++)
		if (*p == '\t')
			*p = ' ';
	results_fact(r, group, name, "%s", text);
}

static void
processor(struct results *r)
{
	static char text[65536];
	char model[RESULTS_TEXT];

	if (account_read("/proc/cpuinfo", text, sizeof(text)) > 0) {
		after_colon(text, "model name", model, sizeof(model));
		results_fact(r, "machine", "processors", "%ld x %s",
		    sysconf(_SC_NPROCESSORS_ONLN),
		    model[0] != '\0' ? model : "unknown");
		results_fact(r, "machine", "virtual", "%s",
		    strstr(text, " hypervisor") != NULL ? "yes" : "no sign");
	}
	if (account_read("/proc/meminfo", text, sizeof(text)) > 0)
		results_fact(r, "machine", "memory", "%.1f GiB",
		    account_field(text, "MemTotal:") / 1024 / 1024);
}

void
machine_facts(struct results *r)
{
	static const struct {
		const char *group;
		const char *name;
		const char *path;
	} files[] = {
		{ "machine", "clock",
		    "/sys/devices/system/clocksource/clocksource0/"
		    "current_clocksource" },
		{ "machine", "governor",
		    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor" },
		{ "machine", "huge pages",
		    "/sys/kernel/mm/transparent_hugepage/enabled" },
		{ "limits", "pid_max", "/proc/sys/kernel/pid_max" },
		{ "limits", "threads-max", "/proc/sys/kernel/threads-max" },
		{ "limits", "max_map_count", "/proc/sys/vm/max_map_count" },
		{ "limits", "file-max", "/proc/sys/fs/file-max" },
		{ "sysctl", "somaxconn", "/proc/sys/net/core/somaxconn" },
		{ "sysctl", "tcp_congestion_control",
		    "/proc/sys/net/ipv4/tcp_congestion_control" },
		{ "sysctl", "ip_local_port_range",
		    "/proc/sys/net/ipv4/ip_local_port_range" },
		{ "sysctl", "tcp_autocorking",
		    "/proc/sys/net/ipv4/tcp_autocorking" },
		{ "sysctl", "tcp_slow_start_after_idle",
		    "/proc/sys/net/ipv4/tcp_slow_start_after_idle" },
		{ "sysctl", "tcp_mem", "/proc/sys/net/ipv4/tcp_mem" },
	};
	struct rlimit limit;
	struct utsname name;

	processor(r);
	if (uname(&name) == 0)
		results_fact(r, "machine", "kernel", "%s %s %s", name.sysname,
		    name.release, name.machine);
	if (access("/sys/devices/system/cpu/cpu0/cpufreq", F_OK) != 0)
		results_fact(r, "machine", "frequency", "unknown");
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		results_fact(r, "limits", "descriptors", "%llu",
		    (unsigned long long)limit.rlim_max);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		file_fact(r, files[i].group, files[i].name, files[i].path);
	results_fact(r, "build", "compiler", "%s", __VERSION__);
}
