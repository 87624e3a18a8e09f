#include "bytes.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#define FIRST_SIZE 256

char *
bytes_grow(struct bytes *b, size_t more, size_t most)
{
	size_t size = b->size > 0 ? b->size : FIRST_SIZE;
	char *data;

	if (b->data != NULL && more <= b->size - b->length)
		return (b->data + b->length);
	if (more > SIZE_MAX / 4 - b->length)
		return (NULL);
	while (size - b->length < more)
		size *= 2;
	if (size > most)
		size = most;
	assert(size - b->length >= more);
	if ((data = realloc(b->data, size)) == NULL)
		return (NULL);
	b->data = data;
	b->size = size;
	return (data + b->length);
}

void
bytes_free(struct bytes *b)
{

	free(b->data);
	*b = (struct bytes){ 0 };
}
