/*
 * One table row per gate: its name, where its limit and its reading stand,
 * and in which direction it fails.
 */
#include "gates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How a gate compares its reading with its limit. */
enum sense {
	ABOVE,    /* fails above the limit */
	BELOW,    /* fails below it */
	DISTANCE, /* fails where its distance from 0 is above the limit */
	LITTLE    /* as DISTANCE, with the censored share on top */
};

struct row {
	const char *name;
	size_t limit;
	size_t reading;
	enum sense sense;
	int percent;
};

/** The least drift of a response that grows all the time. */
#define GROWING 0.5

#define L(field) offsetof(struct gates_limits, field)
#define R(field) offsetof(struct gates_readings, field)

/* GATE_RUN has neither: it is not decided from readings. */
static const struct row rows[GATES] = {
	[GATE_RUN] = { "run", 0, 0, ABOVE, 0 },
	[GATE_STEAL] = { "steal", L(steal), R(steal), ABOVE, 1 },
	[GATE_FOREIGN] = { "foreign", L(foreign), R(foreign), ABOVE, 1 },
	[GATE_ADHERENCE] = { "adherence", L(adherence), R(adherence), BELOW,
	    1 },
	[GATE_CLIENT] = { "client", L(client), R(client_busy), ABOVE, 1 },
	[GATE_LITTLE] = { "little", L(little), R(little), LITTLE, 1 },
	[GATE_STEADY] = { "steady", L(steady), R(drift), DISTANCE, 1 },
	[GATE_DROPS] = { "drops", L(drops), R(drops), ABOVE, 0 },
	[GATE_ERRORS] = { "errors", L(errors), R(errors), ABOVE, 1 },
	[GATE_LOST] = { "lost", L(lost), R(lost), ABOVE, 1 },
};

static double
field(const void *base, size_t offset)
{
	double value;

	memcpy(&value, (const char *)base + offset, sizeof(value));
	return (value);
}

void
gates_defaults(struct gates_limits *limits)
{

	limits->steal = 0.05;
	limits->foreign = 0.05;
	limits->adherence = 0.99;
	limits->client = 0.85;
	limits->little = 0.02;
	/*
	 * A queue at a load of 0.9 drifts by half of its mean within 6,000
	 * requests by chance, in 15% of the trials; by all of it in 1%. One
	 * that does not keep up drifts by twice its mean. A tighter gate
	 * would void the bad trials of a steady service, and flatter it.
	 */
	limits->steady = 1;
	limits->drops = 0;
	limits->errors = 0;
	limits->lost = 0;
}

/* Both structs are doubles and nothing else. */
static void
all_nan(void *base, size_t size)
{
	const double nothing = NAN;

	for (size_t at = 0; at < size; at += sizeof(nothing))
		memcpy((char *)base + at, &nothing, sizeof(nothing));
}

void
gates_off(struct gates_limits *limits)
{

	all_nan(limits, sizeof(*limits));
}

void
gates_unread(struct gates_readings *readings)
{

	all_nan(readings, sizeof(*readings));
}

static int
wrong(char *why, size_t size, const char *text, size_t length,
    const char *what)
{

	snprintf(why, size, "gate '%.*s': %s",
	    (int)(length < 60 ? length : 60), text, what);
	return (-1);
}

/* The value behind the sign: "3%", "0.03", "off". */
static int
limit_value(const char *text, size_t length, double *value)
{
	char copy[32], *end;

	if (length == 0 || length >= sizeof(copy))
		return (-1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (strcmp(copy, "off") == 0) {
		*value = NAN;
		return (0);
	}
	/* strtod() would take "nan", "0x1" and a sign as well. */
	if (strspn(copy, "0123456789.%") != length)
		return (-1);
	*value = strtod(copy, &end);
	if (end == copy || !isfinite(*value))
		return (-1);
	if (end[0] == '%' && end[1] == '\0') {
		*value /= 100;
		return (0);
	}
	return (*end == '\0' ? 0 : -1);
}

/* One "name<value" of the list. */
static int
parse_one(const char *text, size_t length, struct gates_limits *limits,
    char *why, size_t size)
{
	size_t name = strcspn(text, "<>,");
	double value;

	for (int g = GATE_STEAL; g < GATES; g++) {
		const struct row *row = &rows[g];
		char sign = row->sense == BELOW ? '>' : '<';

		if (strlen(row->name) != name ||
		    memcmp(row->name, text, name) != 0)
			continue;
		if (name >= length || text[name] != sign)
			return (wrong(why, size, text, length, sign == '<' ?
			    "'<' and a limit expected" :
			    "'>' and a limit expected"));
		if (limit_value(text + name + 1, length - name - 1, &value))
			return (wrong(why, size, text, length,
			    "a limit such as 3%, 0.03 or off expected"));
		memcpy((char *)limits + row->limit, &value, sizeof(value));
		return (0);
	}
	return (wrong(why, size, text, length, "no such gate (steal, foreign, "
	    "adherence, client, little, steady, drops, errors, lost)"));
}

int
gates_parse(const char *text, struct gates_limits *limits, char *why,
    size_t size)
{
	struct gates_limits copy = *limits;

	for (;;) {
		size_t length = strcspn(text, ",");

		if (parse_one(text, length, &copy, why, size) != 0)
			return (-1);
		if (text[length] == '\0')
			break;
		text += length + 1;
	}
	*limits = copy;
	return (0);
}

static int
fails(const struct row *row, double limit, double reading,
    const struct gates_readings *readings)
{

	/* Not read, or switched off: comparisons with NAN are false. */
	switch (row->sense) {
	case ABOVE:
		return (reading > limit);
	case BELOW:
		return (reading < limit);
	case DISTANCE:
		return (fabs(reading) > limit);
	case LITTLE:
		/* What was never answered is rightly missing from X R. */
		return (fabs(reading) > limit +
		    (readings->censored > 0 ? readings->censored : 0));
	}
	return (0);
}

unsigned
gates_check(const struct gates_limits *limits,
    const struct gates_readings *readings)
{
	unsigned failed = 0;

	for (unsigned g = GATE_STEAL; g < GATES; g++) {
		const struct row *row = &rows[g];

		if ((g == GATE_STEADY || g == GATE_LOST) &&
		    gates_overload(readings))
			continue;
		/* They were in the system, and X R has no time for them. */
		if (g == GATE_LITTLE && readings->lost > 0)
			continue;
		if (fails(row, field(limits, row->limit),
		    field(readings, row->reading), readings))
			failed |= 1u << g;
	}
	return (failed);
}

const char *
gates_reason(const struct gates_limits *limits,
    const struct gates_readings *readings, unsigned failed, char *text,
    size_t size)
{
	size_t at = 0;

	if (size > 0)
		text[0] = '\0';
	for (unsigned g = 0; g < GATES && at < size; g++) {
		const struct row *row = &rows[g];
		double scale = row->percent ? 100 : 1;
		const char *unit = row->percent ? "%" : "";
		const char *comma = at > 0 ? ", " : "";
		int n;

		if ((failed & 1u << g) == 0)
			continue;
		if (g == GATE_RUN)
			n = snprintf(text + at, size - at, "%sdid not run",
			    comma);
		else
			n = snprintf(text + at, size - at,
			    "%s%s %.3g%s (limit %.3g%s)", comma, row->name,
			    scale * field(readings, row->reading), unit,
			    scale * field(limits, row->limit), unit);
		at += n > 0 ? (size_t)n : 0;
	}
	return (text);
}

unsigned
gates_unchecked(const struct gates_limits *limits,
    const struct gates_readings *readings)
{
	unsigned unchecked = 0;

	for (unsigned g = GATE_STEAL; g < GATES; g++) {
		if (!isnan(field(limits, rows[g].limit)) &&
		    isnan(field(readings, rows[g].reading)))
			unchecked |= 1u << g;
	}
	return (unchecked);
}

const char *
gates_name(enum gate gate)
{

	return ((size_t)gate < GATES ? rows[gate].name : "?");
}

int
gates_overload(const struct gates_readings *r)
{

	/* A queue that grows from nothing drifts by twice its median; that
	 * of a service that withholds replies does not drift. */
	return (r->done < 0.95 * r->offered && !(r->adherence < 0.99) &&
	    !(r->client_busy > 0.85) && !(r->broken > 0) &&
	    !(r->drift < GROWING));
}

const char *
gates_limiter(const struct gates_readings *r)
{
	double busy = 0.9;

	/* Most certain first. Comparisons with what was not read are false. */
	if (r->client_busy > 0.85)
		return ("client CPU");
	if (r->server_hot > busy && r->cores > 1.5 &&
	    r->server_cores < busy * r->cores)
		return ("one server thread");
	if (r->server_cores > busy * r->cores)
		return ("server CPU");
	if (r->server_cores + (r->client_cores > 0 ? r->client_cores : 0) >
	    busy * r->cores)
		return ("machine CPU");
	if (r->done >= 0.95 * r->offered)
		return ("offered rate");
	if (gates_overload(r))
		return ("the service, for a reason not read");
	if (isnan(r->offered) && r->server_cores >= 0)
		return ("connections x latency");
	return ("unknown");
}
