#!/bin/sh
# What the tree promises about itself: docstrings, headers that compile alone,
# exported names, and none of the calls that are known to bite.
#
# Run by `make check` in the build folder with srcdir, CC and NM in the
# environment; works by hand in the source folder, too.

# The lists of files below are words without spaces.
# shellcheck disable=SC2046,SC2086

src=${srcdir:-.}
cc=${CC:-cc}
nm=${NM:-nm}
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

promised=$(cd "$src" && ls include/throng.h src/*.h src/*/*.h bench/*.h \
    2>/dev/null)
headers="$promised $(cd "$src" && ls tests/*.h)"
sources=$(cd "$src" && ls src/*.c src/*/*.c src/*.h src/*/*.h \
    include/throng.h 2>/dev/null)

# The code of a file without its comments, each line with its place.
code()
{
	awk '
	FNR == 1 { inside = 0 }
	{
		line = $0
		kept = ""
		while (line != "") {
			at = index(line, inside ? "*/" : "/*")
			if (!inside)
				kept = kept (at ? substr(line, 1, at - 1) : line)
			line = at ? substr(line, at + 2) : ""
			if (at)
				inside = !inside
		}
		printf "%s:%d: %s\n", FILENAME, FNR, kept
	}' "$@"
}

docstrings()
{
	(cd "$src" && awk -f tests/check_docs.awk $promised) ||
	    fail "docstrings"
}

# A header that needs another one first is not a header.
headers_alone()
{
	for header in $headers; do
		echo "#include \"$src/$header\"" |
		    $cc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only \
		    -I"$src/include" -I"$src/src" -I"$src/bench" \
		    -I"$src/tests" $CFLAGS -x c - ||
		    fail "$header does not compile alone"
	done
	echo "#include \"$src/include/throng.h\"" |
	    $cc -std=c11 -pedantic -Wall -Wextra -Werror -fsyntax-only -x c - ||
	    fail "throng.h is not plain C11"
}

# Names that a program linked with the library would see.
exports()
{
	if [ -f .libs/libthrong.so ]; then
		names=$($nm -D --defined-only .libs/libthrong.so |
		    awk '{ print $NF }' | sed 's/@.*//' |
		    grep -v '^throng_' | grep -v '^_\(init\|fini\)$')
		[ -z "$names" ] || fail "the shared library exports" $names
		$nm -D --defined-only .libs/libthrong.so |
		    grep -q ' T throng_create$' ||
		    fail "the shared library does not export throng_create"
	else
		echo "SKIP: no shared library here"
	fi
	if [ -f libthrong.a ]; then
		names=$($nm -g --defined-only libthrong.a 2>/dev/null |
		    awk 'NF == 3 && $3 !~ /^throng_/ { print $3 }' | sort -u)
		[ -z "$names" ] || fail "the static library exports" $names
	else
		echo "SKIP: no static library here"
	fi
}

# never REGEX WHY FILES...: no code of the files may match.
never()
{
	regex=$1 why=$2
	shift 2
	hits=$(cd "$src" && code "$@" | grep -E ": .*$regex")
	[ -z "$hits" ] || fail "$why:
$hits"
}

traps()
{
	never '#include.*ev(http|dns|tag|rpc)|event2/(http|dns|tag|rpc)' \
	    "only libevent's core is used" $sources
	never 'evbuffer_add_buffer_reference' \
	    "dangling chains (CVE-2026-63381)" $sources
	never 'setwatermark\([^;]*EV_READ[^;]*,[^;0]*[1-9a-z_]+[^;,]*\);' \
	    "a read high watermark spins" $sources
	never 'bufferevent_set_timeouts' \
	    "timeouts lose readable events" $sources
	never 'event_base_loopbreak' "lost before the loop runs" $sources
	never 'EV_SIGNAL|evsignal_' "one signal base per process" $sources
	never 'EPOLL_USE_CHANGELIST' "not with dup'ed descriptors" $sources
	never 'BEV_OPT_(UNLOCK_CALLBACKS|THREADSAFE)' \
	    "one thread owns a bufferevent" $sources
	never 'bufferevent_openssl_filter_new|SSL_CTX_set_read_ahead' \
	    "TLS filters and read-ahead stall" $sources
	never 'SSL_MODE_ENABLE_PARTIAL_WRITE' "bytes are skipped" $sources
	never 'pthread_cancel' "threads end by a message" $sources
	never '[^a-z_](strcpy|strcat|sprintf|vsprintf|gets|alloca)\(' \
	    "no bounds" $sources
}

# A test that sleeps waits too long on a fast machine, too little on a slow.
tests_do_not_sleep()
{
	never '[^a-z_](sleep|usleep|nanosleep|clock_nanosleep)\(' \
	    "wait for a condition with a deadline" \
	    $(cd "$src" && ls tests/*.c)
}

# What is counted is explained to whoever reads the numbers.
counters()
{
	names=$(cd "$src" && sed -n '/^#define COUNTERS(X)/,/[^\\]$/s/.*X(\([a-z_]*\)).*/\1/p' \
	    src/counters.h)
	[ -n "$names" ] || fail "no counters in src/counters.h"
	for name in $names; do
		grep -qE "^\.It Li.* $name( |\$)" "$src/doc/throngd.8" ||
		    fail "doc/throngd.8 does not say what $name counts"
	done
}

# What a document links to is there, and goes where the document goes: into
# the archive of `make dist`.
links()
{
	if [ -f Makefile ]; then
		# shellcheck disable=SC2016 # make expands it
		dist=$(printf 'links: ; @echo $(DISTFILES)\n' |
		    MAKEFLAGS='' "${MAKE:-make}" -s -f Makefile -f - links)
		[ -n "$dist" ] || fail "the makefile has no list of files"
	else
		dist=
		echo "SKIP: no makefile here"
	fi
	for document in $(cd "$src" && ls README.md doc/*.md doc/reports/*.md \
	    tests/attack/README.md); do
		folder=$(dirname "$document")
		targets=$(grep -o '](\([^)#]*\)' "$src/$document" |
		    sed 's/](//' | grep -v '^[a-z]*:')
		for target in "${document##*/}" $targets; do
			link "$document" "$folder/$target"
		done
	done
}

# link DOCUMENT PATH: PATH as the document's folder and what it names there.
link()
{
	path=$(echo "$2" | sed -e ':up' -e 's,[^/.][^/]*/\.\./,,' -e 'tup' \
	    -e 's,^\(\./\)*,,' -e 's,/$,,')
	[ -e "$src/$path" ] || fail "$1 links to $path, which is not there"
	[ -n "$dist" ] || return
	for file in $dist; do
		# Itself, a folder that it is in, or a file that is in it.
		case ${file#"$src/"} in
		"$path" | "$path"/*) return ;;
		esac
		case $path in
		"${file#"$src/"}"/*) return ;;
		esac
	done
	fail "$1 links to $path, which make dist leaves out"
}

# Who has no Debian is told of everything that configure will ask for.
bootstrap_names()
{
	modules=$(sed -n 's/.*PKG_CHECK_MODULES(\[[A-Z]*\], \[\([a-z_]*\).*/\1/p' \
	    "$src/configure.ac")
	[ -n "$modules" ] || fail "no modules in configure.ac"
	names=$(sed -n 's/.*for library in \(.*\); do/ \1 /p' "$src/bootstrap")
	for module in $modules; do
		case $names in
		*" $module "*) ;;
		*) fail "bootstrap does not look for $module" ;;
		esac
	done
}

# A source file has a test of its own, or doc/hacking.md says what tries it.
tested()
{
	for file in $(cd "$src" && ls src/*.c src/client/*.c src/handlers/*.c); do
		name=$(basename "$file" .c)
		case $file in
		src/client/*) test=test_client_$name name=client/$name ;;
		src/handlers/*) test=test_handler_$name ;;
		*) test=test_$name ;;
		esac
		[ -f "$src/tests/$test.c" ] ||
		    grep -q "^|.*\`$name\.c\`.*|" "$src/doc/hacking.md" ||
		    fail "neither tests/$test.c nor doc/hacking.md tries $file"
	done
	# shellcheck disable=SC2016 # backquotes of Markdown
	for test in $(cd "$src" && sed -n '/^| `.*\.c` |/{s/.* | //;s/[`,|]//g;p}' \
	    doc/hacking.md); do
		[ -f "$src/tests/${test%.py}.c" ] || [ -f "$src/tests/$test" ] ||
		    fail "doc/hacking.md names tests/$test, which is not there"
	done
}

no_marks()
{
	marks=$(cd "$src" && grep -nE 'TODO|FIXME|XXX' $sources)
	[ -z "$marks" ] || fail "open ends:
$marks"
}

docstrings
headers_alone
exports
traps
tests_do_not_sleep
counters
links
bootstrap_names
tested
no_marks
exit $failed
