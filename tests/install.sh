#!/bin/bash
# Goal: what `make install` leaves is all that a user needs. The ten-line file
# of the README is compiled outside of the tree by pkg-config's flags alone,
# against the shared library and against the static one, and serves. Nothing
# but throng_* can be seen in either, and an uninstall leaves nothing.
#
# Run by `make check` in the build folder; by hand there, too.
set -uo pipefail

# An own make: the one above must not hand on its flags or its jobs.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS DESTDIR

work=$(mktemp -d)
root=$work/root
server=
failed=0

# shellcheck disable=SC2317 # reached by the trap
end() {
	[ -z "$server" ] || kill -9 "$server" 2>/dev/null
	rm -rf "$work"
}
trap end EXIT

# The value of a variable in the build's Makefile.
setting() {
	sed -n "s/^$1 = *//p" Makefile
}

# result WHAT STATUS: count one test.
result() {
	if [ "$2" -eq 0 ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		failed=1
	fi
}

flags() {
	PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config \
	    --define-variable=prefix="$root$prefix" "$@" throng
}

# ask PORT TEXT ANSWER: one line there, and one back.
ask() {
	local answer=
	exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
	printf '%s\n' "$2" >&3
	IFS= read -r -t 30 answer <&3
	exec 3>&-
	[ "$answer" = "$3" ] || echo "# got '$answer', wanted '$3'"
	[ "$answer" = "$3" ]
}

# serves PROGRAM: it listens, answers in both modes and ends when told to.
serves() {
	local mode line status
	for mode in pool thread; do
		mkfifo "$work/out"
		"$1" --listen 127.0.0.1:0 --mode "$mode" >"$work/out" 2>"$work/err" &
		server=$!
		line=
		IFS= read -r -t 30 line <"$work/out"
		rm "$work/out"
		status=0
		ask "${line##*:}" hey 'hey!' || status=1
		kill -TERM "$server"
		wait "$server" || status=1
		server=
		[ "$status" -eq 0 ] || {
			echo "# listening line '$line'; its standard error:"
			sed 's/^/# /' "$work/err"
			return 1
		}
	done
}

# exports WHAT NM-OPTIONS FILE: nothing but what the header declares, and all.
exports() {
	local what=$1
	shift
	nm "$@" | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | sort -u >"$work/seen"
	diff "$work/declared" "$work/seen" | sed 's/^/# /'
	result "$what shows the header's names and no others" "${PIPESTATUS[0]}"
}

prefix=$(setting prefix)
cc=$(setting CC)
sanitize=$(setting SAN_CFLAGS)

make install DESTDIR="$root" >"$work/log" 2>&1
status=$?
[ "$status" -eq 0 ] || sed 's/^/# /' "$work/log"
result 'make install' "$status"
libdir=$(dirname "$(find "$root" -name libthrong.a)")
shared=$libdir/libthrong.so
[ -e "$shared" ] || shared= # after --disable-shared

[ "$(cd "$root$prefix/include" && echo *)" = throng.h ]
result 'throng.h is the only header' $?

cat >"$work/shout.c" <<'EOF'
#include <throng.h>

static int
shout(const char *input, size_t length, throng_reply *reply)
{
	return throng_reply_printf(reply, "%.*s!", (int)length, input);
}

int
main(int argc, char **argv)
{
	static const throng_handler handler = {
		.name = "shout", .summary = "answers louder",
		.process_input = shout,
	};
	return throng_main(argc, argv, &handler);
}
EOF

# A sanitized library needs a sanitized program; otherwise no flags but these.
if [ -n "$shared" ]; then
	# shellcheck disable=SC2086,SC2046 # lists of words
	$cc $sanitize -Wall -Wextra -Werror -o "$work/shared" $(flags --cflags) \
	    "$work/shout.c" $(flags --libs)
	result 'compiles against the shared library' $?
	readelf -d "$work/shared" | grep -q 'NEEDED.*libthrong\.so'
	result 'and needs it' $?
	LD_LIBRARY_PATH=$libdir serves "$work/shared"
	result 'and serves' $?
else
	echo 'ok - the shared library # SKIP it was not built'
fi

# The linker prefers the shared one of two; the name of the file decides.
# shellcheck disable=SC2086,SC2046 # lists of words
$cc $sanitize -Wall -Wextra -Werror -o "$work/static" $(flags --cflags) \
    "$work/shout.c" $(flags --static --libs | sed 's/-lthrong/-l:libthrong.a/')
result 'compiles against the static library' $?
readelf -d "$work/static" | grep -q 'NEEDED.*libthrong\.so' && status=1 || status=0
result 'and does without the shared one' "$status"
serves "$work/static"
result 'and serves' $?

sed -n 's/^THRONG_API .*[ *]\(throng_[a-z_]*\)(.*/\1/p' \
    "$root$prefix/include/throng.h" | sort >"$work/declared"
[ -s "$work/declared" ]
result 'the header declares functions' $?
if [ -n "$sanitize" ]; then
	echo 'ok - exported names # SKIP a sanitizer adds its own'
else
	[ -z "$shared" ] ||
	    exports 'the shared library' -D --defined-only "$shared"
	exports 'the static library' -g --defined-only "$libdir/libthrong.a"
fi

"$root$prefix/bin/throngd" --version >"$work/version"
result "throngd says its version: $(cat "$work/version")" $?

make uninstall DESTDIR="$root" >"$work/log" 2>&1
result 'make uninstall' $?
find "$root" ! -type d | sed 's/^/# left behind: /' | tee "$work/left"
[ ! -s "$work/left" ]
result 'and nothing is left' $?

exit "$failed"
