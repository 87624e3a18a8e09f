/*
 * Any command line is served, answered or refused with one harmless line;
 * what is served is in range, and means the same when it is read again.
 *
 * Input: the arguments behind the program's name, each ended by a newline.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "service.h"
#include "settings.h"

const char fuzz_corpus[] = "options";

#define ARGUMENTS_MAX 64

static int
answer(const char *input, size_t length, throng_reply *reply)
{

	return (throng_reply_append(reply, input, length));
}

static const throng_handler echo = { .name = "echo", .process_input = answer };
static const throng_handler greet = {
	.name = "greet", .summary = "greets", .process_input = answer,
};
static const throng_handler *const handlers[] = { &echo, &greet, NULL };

/* What one reading said. */
struct reading {
	struct options options;
	enum options_result result;
	char *out, *err;
	size_t out_length, err_length;
};

static void
read_line(int argc, char **argv, struct reading *r)
{
	char *copy[ARGUMENTS_MAX + 2];
	FILE *out, *err;

	memset(r, 0, sizeof(*r));
	out = open_memstream(&r->out, &r->out_length);
	err = open_memstream(&r->err, &r->err_length);
	if (out == NULL || err == NULL)
		fuzz_wrong("no memory");
	/* getopt may change their order. */
	memcpy(copy, argv, ((size_t)argc + 1) * sizeof(copy[0]));
	r->result = options_parse(argc, copy, handlers, &r->options, out,
	    err);
	fclose(out);
	fclose(err);
}

static void
check_texts(const struct reading *r)
{
	const char *end = memchr(r->err, '\n', r->err_length);

	if (r->result != OPTIONS_WRONG) {
		if (r->err_length > 0)
			fuzz_wrong("a complaint about what is right: %s",
			    r->err);
		if ((r->result == OPTIONS_DONE) != (r->out_length > 0))
			fuzz_wrong("printed: %s", r->out);
		return;
	}
	if (r->out_length > 0 || end == NULL ||
	    end != r->err + r->err_length - 1)
		fuzz_wrong("not one line: %s", r->err);
	for (const char *p = r->err; p < end; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			fuzz_wrong("a control byte in: %s", r->err);
}

/* What the command line takes, the server takes, but for what the machine
 * cannot hold. */
static void
check_settings(const struct reading *r)
{
	static struct service service;
	throng_config c = r->options.config;
	static int nowhere = -1;
	throng_error error;

	if (nowhere == -1)
		nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	c.log_fd = nowhere;
	memset(&service, 0, sizeof(service));
	error = settings_apply(&service, &c, r->options.handler);
	if (error != THRONG_OK && error != THRONG_ERR_LIMIT)
		fuzz_wrong("taken, but refused later: %s",
		    throng_strerror(error));
}

static void
check(int argc, char **argv)
{
	struct reading r, again;

	read_line(argc, argv, &r);
	check_texts(&r);
	if (r.result == OPTIONS_SERVE)
		check_settings(&r);
	read_line(argc, argv, &again);
	if (again.result != r.result || again.err_length != r.err_length ||
	    memcmp(again.err, r.err, r.err_length) != 0 ||
	    (r.result == OPTIONS_SERVE && memcmp(&again.options, &r.options,
	    sizeof(r.options)) != 0))
		fuzz_wrong("read again, it is something else");
	free(r.out);
	free(r.err);
	free(again.out);
	free(again.err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[ARGUMENTS_MAX + 2] = { NULL }, *text, *next;
	static char program[] = "throngd";
	int argc = 1;

	if ((text = malloc(size + 1)) == NULL)
		return (0);
	/* Nothing follows a NUL in an argument. */
	for (size_t i = 0; i < size; i++)
		text[i] = data[i] != '\0' ? (char)data[i] : ' ';
	text[size] = '\0';
	argv[0] = program;
	for (char *p = text; *p != '\0' && argc <= ARGUMENTS_MAX; p = next) {
		argv[argc++] = p;
		next = p + strcspn(p, "\n");
		if (*next == '\n')
			*next++ = '\0';
	}
	check(argc, argv);
	free(text);
	return (0);
}
