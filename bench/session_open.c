/*
 * From the command line to a session that can run: the targets, what they
 * are asked, the machine, and the files that will be written.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "machine.h"
#include "netns.h"
#include "output.h"
#include "session.h"
#include "targets.h"

/* What a target is asked: its own request, the user's, or the stamp. */
static int
make_payload(struct session *s, const struct target_spec *t,
    struct payload *p, char **room)
{
	const struct cmdline *o = s->options;
	const char *text = t->request[0] != '\0' ? t->request : o->request;

	p->seed = o->seed;
	p->size = (size_t)o->size;
	p->spec = &s->spec;
	p->kind = PAYLOAD_STAMP;
	if (text != NULL) {
		p->kind = PAYLOAD_TEXT;
		if (payload_unescape(text, *room, &p->text_length)) {
			fprintf(stderr, "throng-bench: request %s: a bad "
			    "escape\n", text);
			return (-1);
		}
		p->text = *room;
		*room += p->text_length;
	} else if (o->service.law != PLAN_NONE || o->reply_size > 0) {
		p->kind = PAYLOAD_WORK;
	}
	if (o->expect != NULL && t->request[0] == '\0') {
		if (payload_unescape(o->expect, *room, &p->expect_length)) {
			fprintf(stderr, "throng-bench: --expect %s: a bad "
			    "escape\n", o->expect);
			return (-1);
		}
		p->expect = *room;
		*room += p->expect_length;
	}
	return (0);
}

static int
make_payloads(struct session *s)
{
	const struct cmdline *o = s->options;
	size_t size = 1;
	char *room;

	for (unsigned i = 0; i < o->target_count; i++) {
		size += sizeof(o->targets[i].request);
		size += o->request != NULL ? strlen(o->request) : 0;
		size += o->expect != NULL ? strlen(o->expect) : 0;
	}
	if ((room = s->texts = malloc(size)) == NULL)
		return (-1);
	for (unsigned i = 0; i < o->target_count; i++)
		if (make_payload(s, &o->targets[i], &s->payloads[i], &room))
			return (-1);
	return (0);
}

static void
skipped(void *context, const char *name, const char *why)
{
	struct session *s = context;

	fprintf(stderr, "throng-bench: %s is left out: %s\n", name, why);
	results_note(s->results, "%s is left out: %s", name, why);
	if (s->skipped_count == CMDLINE_TARGETS)
		return;
	snprintf(s->skipped[s->skipped_count].name, TARGET_NAME, "%s", name);
	snprintf(s->skipped[s->skipped_count++].why, RESULTS_TEXT, "%s", why);
}

static int
add_targets(struct session *s)
{
	const struct cmdline *o = s->options;
	struct results *r = s->results;

	for (unsigned i = 0; i < o->target_count; i++) {
		const struct target_spec *t = &o->targets[i];
		struct results_target *target = results_target(r, t->name,
		    t->command[0] != '\0' ? t->command : t->address);

		if (target == NULL)
			return (-1);
		snprintf(target->version, sizeof(target->version), "%s",
		    t->version);
		for (unsigned k = 0; k < i; k++)
			if (strcmp(t->same_as, o->targets[k].name) == 0)
				target->same_as = k;
	}
	/* Behind the others, whose indices are those of the options. */
	for (unsigned i = 0; i < s->skipped_count; i++) {
		struct results_target *target = results_target(r,
		    s->skipped[i].name, "");

		if (target == NULL)
			return (-1);
		snprintf(target->skipped, sizeof(target->skipped), "%s",
		    s->skipped[i].why);
	}
	return (0);
}

static void
describe(struct session *s, int argc, char **argv)
{
	const struct cmdline *o = s->options;
	struct results *r = s->results;
	time_t t = time(NULL);
	struct tm utc;

	snprintf(r->tool, sizeof(r->tool), "throng-bench %s",
	    PACKAGE_VERSION);
	snprintf(r->command, sizeof(r->command), "%s", o->command);
	gmtime_r(&t, &utc);
	strftime(r->started, sizeof(r->started), "%Y-%m-%dT%H:%M:%SZ", &utc);
	for (int i = 0; i < argc; i++)
		results_argument(r, argv[i]);
	r->seed = o->seed;
	r->limits = o->gates;
	r->load = s->spec;
	r->partly_open = o->visit > 1;
	r->churn = o->churn;
	r->probe = (double)o->probe;
	if (o->disturb_text != NULL)
		snprintf(r->disturb, sizeof(r->disturb), "%s",
		    o->disturb_text);
	r->warmup = o->warm;
	r->trial = o->trial;
	r->drain = o->drain;
	r->confidence = 0.95;
	r->baseline = 0;
	snprintf(r->framing, sizeof(r->framing), "%s", frame_name(o->frame));
	if (o->request != NULL)
		snprintf(r->request, sizeof(r->request), "%s", o->request);
	else if (o->service.law == PLAN_NONE && o->reply_size == 0)
		r->request_size = (uint32_t)o->size;
	machine_facts(r);
}

int
session_open(struct session *s, struct cmdline *o, int argc, char **argv)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->options = o;
	s->begun = clock_now();
	session_catch();
	if ((s->results = results_new()) == NULL)
		goto memory;
	rng_seed(&s->rng, o->seed);
	s->spec = (struct plan_spec){ .seed = o->seed, .arrival =
	    o->rates.count > 0 ? o->arrival : PLAN_CLOSED,
	    .duration = o->trial, .connections = 1,
	    .burst = (uint32_t)o->burst, .choice = o->choice,
	    .service = o->service, .reply_size = (uint32_t)o->reply_size };
	if (targets_complete(o, skipped, s))
		return (CMDLINE_USAGE);
	if (o->target_count == 0) {
		fprintf(stderr, "throng-bench: no target is left\n");
		return (CMDLINE_FAILED);
	}
	for (unsigned i = 0; i < o->target_count; i++)
		if (strcmp(o->layout, "split") == 0)
			o->targets[i].spare_cpu =
			    (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (output_check(o))
		return (CMDLINE_FAILED);
	if ((rc = netns_enter(o, s->results)) != 0)
		return (rc);
	if (make_payloads(s))
		return (CMDLINE_USAGE);
	if (add_targets(s))
		goto memory;
	describe(s, argc, argv);
	s->hiccup = hiccup_start();
	live_start(&s->live, o->quiet);
	return (0);
memory:
	fprintf(stderr, "throng-bench: no memory\n");
	return (CMDLINE_FAILED);
}

void
session_close(struct session *s)
{

	hiccup_stop(s->hiccup);
	results_free(s->results);
	free(s->texts);
	memset(s, 0, sizeof(*s));
}
