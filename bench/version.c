#include "config.h"

#include "version.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Notes stand near the beginning; maps of many threads are long, and their
 * libraries are not worth reading all of it. */
#define FILE_MAX 65536
#define MAPS_MAX 131072

#define PADDED(n) (((size_t)(n) + 3) & ~(size_t)3)

/* Read the beginning of a file; how much of it. */
static size_t
head_of(const char *path, char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got;

	while (fd != -1 && n < size &&
	    (got = read(fd, bytes + n, size - n)) > 0)
		n += (size_t)got;
	if (fd != -1)
		close(fd);
	return (n);
}

/* The build id among the notes at `at`, in hexadecimal. */
static int
id_of_notes(const char *at, size_t length, char *text, size_t size)
{
	ElfW(Nhdr) note;

	while (length >= sizeof(note)) {
		const char *name = at + sizeof(note);
		size_t whole;

		memcpy(&note, at, sizeof(note));
		whole = sizeof(note) + PADDED(note.n_namesz) +
		    PADDED(note.n_descsz);
		if (whole > length)
			return (-1);
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    memcmp(name, "GNU", 4) == 0) {
			for (size_t i = 0; i < note.n_descsz; i++)
				snprintf(text + 2 * i, 2 * i < size ?
				    size - 2 * i : 0, "%02x", (unsigned char)
				    name[PADDED(note.n_namesz) + i]);
			return (note.n_descsz > 0 ? 0 : -1);
		}
		at += whole;
		length -= whole;
	}
	return (-1);
}

static int
id_of_file(const char *bytes, size_t n, char *text, size_t size)
{
	ElfW(Ehdr) head;
	ElfW(Phdr) part;

	if (n < sizeof(head))
		return (-1);
	memcpy(&head, bytes, sizeof(head));
	if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 :
	    ELFCLASS32) || head.e_phentsize != sizeof(part))
		return (-1);
	for (unsigned i = 0; i < head.e_phnum; i++) {
		const size_t at = head.e_phoff + i * sizeof(part);

		if (at > n || n - at < sizeof(part))
			return (-1);
		memcpy(&part, bytes + at, sizeof(part));
		if (part.p_type != PT_NOTE || part.p_offset > n ||
		    part.p_filesz > n - part.p_offset)
			continue;
		if (id_of_notes(bytes + part.p_offset, part.p_filesz, text,
		    size) == 0)
			return (0);
	}
	return (-1);
}

int
version_build_id(const char *path, char *text, size_t size)
{
	char *bytes = malloc(FILE_MAX);
	int rc = -1;

	/* Room for the longest that there are: 64 bytes. */
	if (bytes != NULL && size > 2 * 64)
		rc = id_of_file(bytes, head_of(path, bytes, FILE_MAX), text,
		    size);
	if (rc != 0 && size > 0)
		text[0] = '\0';
	free(bytes);
	return (rc);
}

static int
is_event_library(const char *name)
{
	static const char *const names[] = { "libevent", "libuv", "libev." };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return (1);
	return (0);
}

const char *
version_libraries(const char *maps, char *text, size_t size)
{
	char name[128];
	size_t at = 0;

	snprintf(text, size, "%s", "");
	while (*maps != '\0' && at < size) {
		const size_t line = strcspn(maps, "\n");
		const char *slash = maps + line;

		while (slash > maps && slash[-1] != '/')
			slash--;
		snprintf(name, sizeof(name), "%.*s",
		    (int)(maps + line - slash), slash);
		/* Each is mapped in several pieces. */
		if (slash > maps && is_event_library(name) &&
		    strstr(text, name) == NULL)
			at += (size_t)snprintf(text + at, size - at, "%s%s",
			    at > 0 ? ", " : "", name);
		maps += line + (maps[line] == '\n');
	}
	return (text);
}

static void
append(char *text, size_t size, const char *before, const char *what)
{
	const size_t at = strlen(text);

	if (what[0] != '\0')
		snprintf(text + at, size - at, "%s%s%s", at > 0 ? ", " : "",
		    before, what);
}

void
version_add(pid_t pid, char *text, size_t size)
{
	char path[64], exe[512], id[160], libraries[256];
	char *maps = malloc(MAPS_MAX), *name;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if ((n = readlink(path, exe, sizeof(exe) - 1)) > 0) {
		exe[n] = '\0';
		name = strrchr(exe, '/');
		if (text[0] == '\0')
			append(text, size, "", name != NULL ? name + 1 : exe);
		if (version_build_id(path, id, sizeof(id)) == 0)
			append(text, size, "build id ", id);
	}
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	if (maps != NULL) {
		maps[head_of(path, maps, MAPS_MAX - 1)] = '\0';
		append(text, size, "", version_libraries(maps, libraries,
		    sizeof(libraries)));
	}
	free(maps);
}
