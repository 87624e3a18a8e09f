/*
 * Which program it was: this one's build id is what readelf would say, and
 * the names of libraries come once each.
 */
#include "config.h"

#include "check.h"

#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include "version.h"

/* The build id that the loader has in memory. */
static int
by_loader(struct dl_phdr_info *info, size_t size, void *context)
{
	char *text = context;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const char *at = (const char *)info->dlpi_addr + p->p_vaddr;
		const char *end = at + p->p_memsz;
		ElfW(Nhdr) note;

		while (p->p_type == PT_NOTE && at < end) {
			memcpy(&note, at, sizeof(note));
			at += sizeof(note) + ((note.n_namesz + 3) & ~3u);
			for (unsigned k = 0; note.n_type == NT_GNU_BUILD_ID &&
			    k < note.n_descsz; k++)
				snprintf(text + 2 * k, 3, "%02x",
				    (unsigned char)at[k]);
			at += (note.n_descsz + 3) & ~3u;
		}
	}
	/* The program itself comes first. */
	return (1);
}

static void
the_build_id_is_the_programs(void **state)
{
	char expected[200] = "", text[200];

	(void)state;
	dl_iterate_phdr(by_loader, expected);
	assert_int_equal(version_build_id("/proc/self/exe", text,
	    sizeof(text)), expected[0] != '\0' ? 0 : -1);
	assert_string_equal(text, expected);
}

static void
what_is_no_program_has_none(void **state)
{
	char path[] = "version-XXXXXX", text[200] = "x", bytes[4096];
	int fd = open("/proc/self/exe", O_RDONLY), out = mkstemp(path);

	(void)state;
	assert_int_equal(version_build_id("/no/such/file", text,
	    sizeof(text)), -1);
	assert_string_equal(text, "");
	assert_int_equal(version_build_id("/proc/self/maps", text,
	    sizeof(text)), -1);
	/* Cut off anywhere: nothing, and nothing read beyond it. */
	assert_int_equal(read(fd, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(write(out, bytes, sizeof(bytes)), sizeof(bytes));
	for (int n = 2048; n >= 0; n -= 3) {
		assert_int_equal(ftruncate(out, n), 0);
		(void)version_build_id(path, text, sizeof(text));
	}
	assert_string_equal(text, "");
	close(fd);
	close(out);
	unlink(path);
}

static void
libraries_are_named_once(void **state)
{
	static const char maps[] =
	    "7f00-7f01 r--p 00000000 00:01 1  /usr/lib/libevent-2.1.so.7\n"
	    "7f01-7f02 r-xp 00001000 00:01 1  /usr/lib/libevent-2.1.so.7\n"
	    "7f02-7f03 r--p 00000000 00:01 2  /usr/lib/libc.so.6\n"
	    "7f03-7f04 r--p 00000000 00:01 3  /usr/lib/libuv.so.1.0.0\n"
	    "7f04-7f05 rw-p 00000000 00:00 0 \n"
	    "7f05-7f06 rw-p 00000000 00:00 0  [stack]";
	char text[100];

	(void)state;
	assert_string_equal(version_libraries(maps, text, sizeof(text)),
	    "libevent-2.1.so.7, libuv.so.1.0.0");
	assert_string_equal(version_libraries("", text, sizeof(text)), "");
	assert_string_equal(version_libraries("/libev.so.4", text,
	    sizeof(text)), "libev.so.4");
}

static void
it_is_added_to_what_is_known(void **state)
{
	char text[256] = "test 1.0", other[256] = "";

	(void)state;
	version_add(getpid(), text, sizeof(text));
	assert_int_equal(strncmp(text, "test 1.0", 8), 0);
	version_add(getpid(), other, sizeof(other));
	assert_non_null(strstr(other, "test_bench_version"));
	text[0] = '\0';
	version_add(-1, text, sizeof(text));
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_build_id_is_the_programs),
		cmocka_unit_test(what_is_no_program_has_none),
		cmocka_unit_test(libraries_are_named_once),
		cmocka_unit_test(it_is_added_to_what_is_known),
	};

	return (cmocka_run_group_tests_name("version", tests, NULL, NULL));
}
