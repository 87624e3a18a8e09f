/*
 * The load model of results in words, for captions; and the text that the
 * words of others are made of.
 */
#include "results.h"
#include "results_part.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void
results_add(struct results_text *text, const char *format, ...)
{
	va_list ap;
	int n;

	if (text->at >= text->size)
		return;
	va_start(ap, format);
	n = vsnprintf(text->start + text->at, text->size - text->at, format,
	    ap);
	va_end(ap);
	text->at += n > 0 ? (size_t)n : 0;
}

const char *
results_number(double value, char *room, size_t size)
{

	if (fabs(value) < 100)
		snprintf(room, size, "%.4g", value);
	else
		metric_format(METRIC_THROUGHPUT, value, room, size);
	return (room);
}

/* A time in the unit that suits it. */
static void
add_time(struct results_text *text, double ns)
{

	if (ns < 1e6)
		results_add(text, "%.4g us", ns / 1e3);
	else if (ns < 1e9)
		results_add(text, "%.4g ms", ns / 1e6);
	else
		results_add(text, "%.4g s", ns / 1e9);
}

static void
add_service(struct results_text *text, const struct plan_service *s)
{

	switch (s->law) {
	case PLAN_NONE:
		return;
	case PLAN_FIXED:
		results_add(text, ", fixed ");
		break;
	case PLAN_EXPONENTIAL:
		results_add(text, ", exponential, mean ");
		break;
	case PLAN_BIMODAL:
		results_add(text, ", bimodal (%.4g%% ", 100 * s->share);
		add_time(text, s->low);
		results_add(text, ", %.4g%% ", 100 - 100 * s->share);
		add_time(text, s->high);
		results_add(text, "), mean ");
		break;
	}
	add_time(text, plan_service_mean(s));
	results_add(text, s->work == PLAN_SPIN ? " of CPU" : " of waiting");
}

/* "12,500", or the least and the most of several: "10 to 1,000". */
static void
add_range(struct results_text *text, double least, double most)
{
	char n[32];

	results_add(text, "%s", results_number(least, n, sizeof(n)));
	if (least < most)
		results_add(text, " to %s", results_number(most, n, sizeof(n)));
}

/* What some points have of one thing, which `of` tells. */
static void
range(const struct results *r, const uint32_t *points, size_t n,
    double (*of)(const struct results_point *), double *least, double *most)
{

	*least = *most = of(&r->points[points[0]]);
	for (size_t i = 1; i < n; i++) {
		*least = fmin(*least, of(&r->points[points[i]]));
		*most = fmax(*most, of(&r->points[points[i]]));
	}
}

static double
rate_of(const struct results_point *p)
{

	return (p->rate);
}

static double
connections_of(const struct results_point *p)
{

	return (p->connections);
}

static double
idle_of(const struct results_point *p)
{

	return (p->idle);
}

const char *
results_models(const struct results *r, const uint32_t *points, size_t count,
    char *room, size_t size)
{
	struct results_text text = { room, size, 0 };
	const struct results_point *p = &r->points[points[0]];
	double least, most;
	char n[32];

	if (size > 0)
		room[0] = '\0';
	if (r->churn) {
		results_add(&text, "churn: connect, one request, close");
	} else if (isnan(p->rate)) {
		results_add(&text, "closed loop, depth %u", (unsigned)p->depth);
	} else {
		results_add(&text, "%s loop, %s ", r->partly_open ? "partly open" :
		    "open", r->load.arrival == PLAN_POISSON ? "Poisson" :
		    r->load.arrival == PLAN_BURST ? "bursts," : "constant");
		range(r, points, count, rate_of, &least, &most);
		add_range(&text, least, most);
		results_add(&text, "/s");
	}
	add_service(&text, &r->load.service);
	if (r->request_size >= 1024)
		results_add(&text, ", %s bytes", results_number(r->request_size, n,
		    sizeof(n)));
	range(r, points, count, connections_of, &least, &most);
	results_add(&text, ", ");
	add_range(&text, least, most);
	results_add(&text, " connection%s", most > 1 ? "s" : "");
	if (r->churn)
		results_add(&text, " at a time");
	if (p->disturbed)
		results_add(&text, ", beside %s", r->disturb);
	range(r, points, count, idle_of, &least, &most);
	if (most > 0) {
		results_add(&text, " and ");
		add_range(&text, least, most);
		results_add(&text, " idle");
	}
	return (room);
}

const char *
results_model(const struct results *r, uint32_t point, char *room,
    size_t size)
{

	if (point < r->point_count)
		return (results_models(r, &point, 1, room, size));
	if (size > 0)
		room[0] = '\0';
	return (room);
}
