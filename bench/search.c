/*
 * Double, bisect, confirm. Rates are compared by their ratio, since a step
 * of 1,000/s means much at 2,000/s and nothing at 200,000/s.
 */
#include "search.h"
#include "parse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX (UINT64_C(1000) * 1000000000)

void
search_start(struct search *s, double least, double first, double most,
    double tolerance)
{

	memset(s, 0, sizeof(*s));
	s->least = least;
	s->most = most;
	s->tolerance = tolerance;
	s->rate = first;
	s->step = SEARCH_TRY;
}

/* Between the two ends: halve the ratio, or confirm if it is small. */
static void
narrow(struct search *s)
{

	if (s->high / s->low <= 1 + s->tolerance) {
		s->rate = s->low;
		s->step = SEARCH_CONFIRM;
		return;
	}
	s->rate = sqrt(s->low * s->high);
	s->step = SEARCH_TRY;
}

static void
passed_once(struct search *s)
{

	s->low = s->rate;
	if (s->high > 0) {
		narrow(s);
		return;
	}
	if (s->low >= s->most) {
		s->step = SEARCH_CONFIRM;
		return;
	}
	s->rate = fmin(2 * s->rate, s->most);
	s->step = SEARCH_TRY;
}

static void
failed_once(struct search *s)
{

	s->high = s->rate;
	if (s->low > 0) {
		narrow(s);
		return;
	}
	if (s->high <= s->least) {
		s->rate = 0;
		s->step = SEARCH_NONE;
		return;
	}
	s->rate = fmax(s->rate / 2, s->least);
	s->step = SEARCH_TRY;
}

/* The longer trial failed: what passed before was luck; step down. */
static void
failed_confirm(struct search *s)
{

	s->failed_confirms++;
	s->high = s->rate;
	s->low = 0;
	if (s->high <= s->least) {
		s->rate = 0;
		s->step = SEARCH_NONE;
		return;
	}
	s->rate = fmax(s->rate / (1 + s->tolerance), s->least);
	s->step = SEARCH_CONFIRM;
}

enum search_step
search_tell(struct search *s, int passed)
{

	if (search_ended(s))
		return (s->step);
	s->trials++;
	if (s->step == SEARCH_CONFIRM && passed)
		s->step = s->rate >= s->most ? SEARCH_ALL : SEARCH_FOUND;
	else if (s->step == SEARCH_CONFIRM)
		failed_confirm(s);
	else if (passed)
		passed_once(s);
	else
		failed_once(s);
	return (s->step);
}

int
search_ended(const struct search *s)
{

	return (s->step != SEARCH_TRY && s->step != SEARCH_CONFIRM);
}

int
search_objective_parse(const char *text, struct search_objective *objective)
{
	const char *less = strchr(text, '<');
	uint64_t limit;
	double percent;
	char *end;

	if (text[0] != 'p' || less == NULL)
		return (-1);
	/* strtod() would take "nan", "0x1" and a sign as well. */
	if (strspn(text + 1, "0123456789.") != (size_t)(less - text) - 1)
		return (-1);
	percent = strtod(text + 1, &end);
	if (end == text + 1 || end != less || !(percent < 100))
		return (-1);
	if (parse_time(less + 1, strlen(less + 1), 1, LIMIT_MAX, &limit) != 0)
		return (-1);
	objective->p = percent / 100;
	objective->limit = limit;
	return (0);
}

int
search_objective_met(const struct search_objective *objective,
    const struct hist *response)
{

	return (response->count > 0 &&
	    hist_quantile(response, objective->p) < objective->limit);
}
