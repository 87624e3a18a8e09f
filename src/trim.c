#include "trim.h"

bool
trim_due(struct trim *t, size_t holds, uint64_t now)
{
	uint64_t passed = t->last == 0 ? TRIM_AGAIN : now - t->last;

	if (holds > t->peak)
		t->peak = holds;
	if (t->peak - holds >= TRIM_MIN && holds <= t->peak / 2 &&
	    passed >= TRIM_APART) {
		t->peak = holds;
		t->last = now;
		t->again = true;
		return (true);
	}
	if (!t->again || passed < TRIM_AGAIN)
		return (false);
	t->again = false;
	t->last = now;
	return (true);
}
