/*
 * Any split of a stream gives the frames of the whole, and these are the ones
 * that the specification gives; bytes add up; nothing is read past the end.
 *
 * Input: two bytes of choice (framing and maximum; how to cut), then the
 * stream. With --enable-fuzz (clang) this is a libFuzzer target:
 *
 *     ./fuzz_frame -max_total_time=60 tests/corpus/frame
 *
 * Without, a plain main replays the files and folders that it is given, by
 * default the committed corpus.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CUTS_MAX 4096

static void
check(const struct framer *f, const char *bytes, size_t length,
    const size_t *cuts, size_t count)
{
	struct frames_list want = { 0 }, got = { 0 };
	const char *wrong;

	frames_reference(f, bytes, length, &want);
	wrong = frames_scan(f, bytes, length, cuts, count, &got);
	if (wrong == NULL && !frames_equal(&want, &got))
		wrong = "not the frames of the whole";
	if (wrong != NULL) {
		fprintf(stderr, "%s, max %u, %zu cuts: %s\n",
		    frame_name(f->framing), f->max, count, wrong);
		abort();
	}
	frames_free(&want);
	frames_free(&got);
}

/* Pieces of pseudo-random length, from the second byte of choice. */
static size_t
cut(uint8_t choice, size_t length, size_t *cuts)
{
	uint32_t x = choice | 0x100u;
	size_t count = 0, at = 0, step = choice & 1 ? 1 : 1 + choice % 37;

	while (count < CUTS_MAX) {
		x = x * 1664525u + 1013904223u; /* Numerical Recipes' LCG */
		at += choice & 1 ? 1 : 1 + (x >> 16) % step;
		if (at >= length)
			break;
		cuts[count++] = at;
	}
	return (count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t maxima[] = { 1, 4, 16, 100, 65535, 1u << 20,
		FRAME_ABSURD_LENGTH };
	static size_t cuts[CUTS_MAX];
	const char *bytes;
	struct framer f;
	size_t i;

	if (size < 2)
		return (0);
	f.framing = (throng_framing)(data[0] % 5);
	f.max = maxima[data[0] / 5 % (sizeof(maxima) / sizeof(maxima[0]))];
	bytes = (const char *)data + 2;
	size -= 2;
	check(&f, bytes, size, NULL, 0);
	check(&f, bytes, size, cuts, cut(data[1], size, cuts));
	for (i = 1; i < size && size <= 64; i++)
		check(&f, bytes, size, &i, 1);
	return (0);
}

#ifndef FUZZING
static int
replay_file(const char *path)
{
	static uint8_t data[1u << 20];
	FILE *f = fopen(path, "rb");
	size_t size;

	if (f == NULL) {
		perror(path);
		return (-1);
	}
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	return (1);
}

static int
replay(const char *path)
{
	struct dirent *entry;
	char name[4096];
	int count = 0, one;
	DIR *dir;

	if ((dir = opendir(path)) == NULL)
		return (replay_file(path));
	while ((entry = readdir(dir)) != NULL && count >= 0) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		one = replay_file(name);
		count = one < 0 ? -1 : count + one;
	}
	closedir(dir);
	return (count);
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char corpus[4096];
	int i, one, count = 0;

	if (argc < 2) {
		snprintf(corpus, sizeof(corpus), "%s/tests/corpus/frame",
		    srcdir != NULL ? srcdir : ".");
		count = replay(corpus);
	}
	for (i = 1; i < argc && count >= 0; i++) {
		one = replay(argv[i]);
		count = one < 0 ? -1 : count + one;
	}
	if (count <= 0) {
		fprintf(stderr, "no corpus\n");
		return (1);
	}
	printf("%d inputs\n", count);
	return (0);
}
#endif
