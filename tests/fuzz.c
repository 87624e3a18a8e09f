#include "fuzz.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
fuzz_wrong(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	abort();
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
		snprintf(corpus, sizeof(corpus), "%s/tests/corpus/%s",
		    srcdir != NULL ? srcdir : ".", fuzz_corpus);
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
