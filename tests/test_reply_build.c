/* Replies: every function that a handler may call, in every framing, at
 * every limit, and when memory is short. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply_build.h"

/* Calls of realloc that still work; negative: all do. */
static int reallocs = -1;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *
__wrap_realloc(void *old, size_t size)
{

	if (reallocs == 0)
		return (NULL);
	if (reallocs > 0)
		reallocs--;
	return (__real_realloc(old, size));
}

/* One reply on the bench. */
struct bench {
	struct service service;
	struct counters counters;
	struct processor processor;
	struct job *job;
	struct throng_reply reply;
	struct request request;
};

static const struct form {
	throng_framing framing;
	unsigned tail;
	const char *one; /* how the reply "xyz" looks */
	size_t length;
} forms[] = {
	{ THRONG_FRAME_LINE, 0, "xyz\n", 4 },
	{ THRONG_FRAME_LINE, 1, "xyz\n", 4 },
	{ THRONG_FRAME_LINE, 2, "xyz\r\n", 5 },
	{ THRONG_FRAME_RAW, 0, "xyz", 3 },
	{ THRONG_FRAME_LEN32, 0, "\0\0\0\3xyz", 7 },
	{ THRONG_FRAME_LEN16, 0, "\0\3xyz", 5 },
	{ THRONG_FRAME_NETSTRING, 1, "3:xyz,", 6 },
};

static int
bench_open(void **state)
{
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);

	assert_non_null(b);
	memset(b, 0, sizeof(*b));
	unit_service(&b->service, &unit_handler);
	b->processor = (struct processor){ .service = &b->service,
		.counters = &b->counters };
	b->job = job_new(4);
	*state = b;
	return (0);
}

static int
bench_close(void **state)
{
	struct bench *b = *state;

	job_free(b->job);
	free(b);
	return (0);
}

static struct throng_reply *
begin(struct bench *b, const struct form *form)
{

	unit_framing(&b->service, form->framing, 1u << 20);
	b->request.tail = (uint8_t)form->tail;
	reply_begin(&b->reply, &b->processor, b->job);
	return (&b->reply);
}

/* End the reply and check the frame: its payload, and whether it is what the
 * handler wanted. Then the job is empty again. */
static void
end(struct bench *b, const struct form *form, const void *payload,
    size_t length, bool wanted)
{
	char head[FRAME_HEAD_MAX], tail[FRAME_TAIL_MAX];
	const struct bytes *out = &b->job->out;
	size_t h, t;

	assert_int_equal(reply_end(&b->reply, &b->request), wanted);
	h = frame_head(form->framing, length, head);
	t = frame_tail(form->framing, form->tail, tail);
	assert_int_equal(out->length, h + length + t);
	assert_memory_equal(out->data, head, h);
	assert_memory_equal(out->data + h, payload, length);
	assert_memory_equal(out->data + h + length, tail, t);
	assert_true(out->length <= out->size);
	assert_int_equal(b->job->replies, 1);
	job_reset(b->job);
}

static void
end_failed(struct bench *b, const struct form *form)
{
	char payload[REFUSE_MAX];
	size_t length = refuse_payload(REFUSE_FAILED, payload);

	end(b, form, payload, length, false);
}

static void
every_way(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
		const struct form *f = &forms[i];
		struct throng_reply *r = begin(b, f);

		assert_int_equal(throng_reply_append(r, "x", 1), 0);
		assert_int_equal(throng_reply_printf(r, "%c", 'y'), 0);
		*(char *)throng_reply_reserve(r, 1) = 'z';
		assert_int_equal(throng_reply_append(r, NULL, 0), 0);
		assert_int_equal(throng_reply_printf(r, "%s", ""), 0);
		assert_non_null(throng_reply_reserve(r, 0));
		assert_true(reply_end(r, &b->request));
		assert_int_equal(b->job->out.length, f->length);
		assert_memory_equal(b->job->out.data, f->one, f->length);
		job_reset(b->job);
		begin(b, f);
		end(b, f, "", 0, true);
	}
}

static void
behind_another(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
		const struct form *f = &forms[i];

		for (int n = 0; n < 100; n++) {
			throng_reply_append(begin(b, f), "xyz", 3);
			assert_true(reply_end(&b->reply, &b->request));
		}
		assert_int_equal(b->job->out.length, 100 * f->length);
		for (size_t n = 0; n < 100; n++)
			assert_memory_equal(b->job->out.data + n * f->length,
			    f->one, f->length);
		assert_int_equal(b->job->replies, 100);
		job_reset(b->job);
	}
}

/* Text that ends around the end of the room that happens to be there. */
static void
printf_fits(void **state)
{
	struct bench *b = *state;
	char text[700];

	for (size_t i = 0; i < UNIT_COUNT(forms); i++)
		for (size_t n = 0; n < sizeof(text); n++) {
			struct throng_reply *r = begin(b, &forms[i]);

			memset(text, 'p', n);
			text[n / 2] = 'q';
			assert_int_equal(throng_reply_printf(r, "%.*s", (int)n,
					     text),
			    0);
			end(b, &forms[i], text, n, true);
			bytes_free(&b->job->out);
		}
}

/* The same with bytes, whose end meets the tail of the frame. */
static void
append_fits(void **state)
{
	struct bench *b = *state;
	char text[700];

	for (size_t i = 0; i < UNIT_COUNT(forms); i++)
		for (size_t n = 0; n < sizeof(text); n++) {
			memset(text, '\0', n);
			throng_reply_append(begin(b, &forms[i]), text, n);
			end(b, &forms[i], text, n, true);
			bytes_free(&b->job->out);
		}
}

static void
max_reply(void **state)
{
	struct bench *b = *state;
	struct throng_reply *r;

	b->service.config.max_reply = 10;
	for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
		const struct form *f = &forms[i];

		r = begin(b, f);
		assert_int_equal(throng_reply_append(r, "0123456789", 10), 0);
		end(b, f, "0123456789", 10, true);
		r = begin(b, f);
		assert_int_equal(throng_reply_append(r, "012345678", 9), 0);
		assert_int_equal(throng_reply_printf(r, "ab"), -1);
		/* Failed for good, though this would fit. */
		assert_int_equal(throng_reply_append(r, "a", 1), -1);
		assert_null(throng_reply_reserve(r, 0));
		assert_int_equal(throng_reply_printf(r, "a"), -1);
		end_failed(b, f);
		r = begin(b, f);
		assert_int_equal(throng_reply_append(r, "0123456789a", 11), -1);
		end_failed(b, f);
		r = begin(b, f);
		assert_null(throng_reply_reserve(r, SIZE_MAX));
		end_failed(b, f);
		r = begin(b, f);
		assert_int_equal(throng_reply_error(r, "x", "yz"), -1);
		end_failed(b, f);
	}
}

/* What len16 cannot carry the others can. */
static void
payload_max(void **state)
{
	struct bench *b = *state;
	char *big = calloc(1, 65536);

	assert_non_null(big);
	for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
		const struct form *f = &forms[i];

		throng_reply_append(begin(b, f), big, 65535);
		end(b, f, big, 65535, true);
		throng_reply_append(begin(b, f), big, 65536);
		if (f->framing == THRONG_FRAME_LEN16)
			end_failed(b, f);
		else
			end(b, f, big, 65536, true);
	}
	free(big);
}

static void
errors(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
		struct throng_reply *r = begin(b, &forms[i]);

		throng_reply_append(r, "to be dropped", 13);
		assert_int_equal(throng_reply_error(r, "invalid", "no\xff"), 0);
		end(b, &forms[i], "!error invalid no\xff", 18, true);
	}
}

static void
nothing(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
		struct throng_reply *r = begin(b, &forms[i]);

		throng_reply_append(r, "xyz", 3);
		throng_reply_none(r);
		throng_reply_append(r, "xyz", 3);
		assert_true(reply_end(r, &b->request));
		assert_int_equal(b->job->out.length, 0);
		assert_int_equal(b->job->replies, 0);
		/* But a failure is told. */
		r = begin(b, &forms[i]);
		throng_reply_none(r);
		r->failed = true;
		end_failed(b, &forms[i]);
	}
}

static void
refusals(void **state)
{
	struct bench *b = *state;
	char payload[REFUSE_MAX];
	size_t length;

	for (size_t i = 0; i < UNIT_COUNT(forms); i++)
		for (int k = 0; k <= REFUSE_STOPPING; k++) {
			begin(b, &forms[i]);
			reply_refuse(&b->reply, (enum refusal)k);
			length = refuse_payload((enum refusal)k, payload);
			end(b, &forms[i], payload, length, true);
		}
}

/* No memory for the reply: a refusal still fits. None even for that: the
 * connection closes. */
static void
no_memory(void **state)
{
	struct bench *b = *state;
	struct throng_reply *r;
	char text[1000] = "";

	for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
		reallocs = 1;
		r = begin(b, &forms[i]);
		assert_int_equal(throng_reply_append(r, text, 1000), -1);
		end_failed(b, &forms[i]);
		assert_false(r->close);
		r = begin(b, &forms[i]);
		assert_int_equal(throng_reply_printf(r, "%1000d", 1), -1);
		end_failed(b, &forms[i]);
		bytes_free(&b->job->out);
		reallocs = 0;
		r = begin(b, &forms[i]);
		assert_int_equal(throng_reply_append(r, "x", 1), -1);
		assert_int_equal(throng_reply_printf(r, "x"), -1);
		assert_int_equal(throng_reply_error(r, "x", "y"), -1);
		assert_null(throng_reply_reserve(r, 1));
		assert_false(reply_end(r, &b->request));
		assert_int_equal(b->job->out.length, 0);
		assert_int_equal(b->job->replies, 0);
		assert_true(r->close);
		reallocs = -1;
	}
}

/* The same behind replies that are there already: they stay. */
static void
no_memory_behind(void **state)
{
	struct bench *b = *state;
	const struct form *f = &forms[0];
	size_t before;

	for (int fill = 0; fill < 256; fill++) {
		throng_reply_printf(begin(b, f), "%*d", fill, 7);
		reply_end(&b->reply, &b->request);
		before = b->job->out.length;
		reallocs = 0;
		throng_reply_append(begin(b, f), "x", 1);
		reply_end(&b->reply, &b->request);
		reallocs = -1;
		assert_int_equal(b->job->out.data[before - 1], '\n');
		assert_true(b->reply.close
			? b->job->out.length == before && b->job->replies == 1
			: b->job->out.length > before && b->job->replies == 2);
		job_reset(b->job);
		bytes_free(&b->job->out);
	}
}

static void
states_and_log(void **state)
{
	struct bench *b = *state;
	struct throng_reply *r = begin(b, &forms[0]);
	char out[1024];
	int mine, its;

	assert_null(throng_worker_state(r));
	assert_null(throng_connection_state(r));
	b->processor.worker_state = &mine;
	b->job->state = &its;
	assert_ptr_equal(throng_worker_state(r), &mine);
	assert_ptr_equal(throng_connection_state(r), &its);
	b->job->state = NULL;
	assert_false(r->close);
	throng_reply_close(r);
	assert_true(r->close);
	assert_int_equal(unit_log(&b->service.log, THRONG_LOG_INFO,
			     THRONG_LOG_TEXT),
	    0);
	throng_reply_log(r, THRONG_LOG_DEBUG, "never");
	throng_reply_log(r, THRONG_LOG_INFO, "said \"%s\"\n", "no");
	unit_log_read(&b->service.log, out, sizeof(out));
	assert_null(strstr(out, "never"));
	assert_non_null(strstr(out,
	    " info handler peer=unix: text=\"said \\\"no\\\"\\n\"\n"));
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
	static const struct CMUnitTest tests[] = {
		TEST(every_way),
		TEST(behind_another),
		TEST(printf_fits),
		TEST(append_fits),
		TEST(max_reply),
		TEST(payload_max),
		TEST(errors),
		TEST(nothing),
		TEST(refusals),
		TEST(no_memory),
		TEST(no_memory_behind),
		TEST(states_and_log),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
