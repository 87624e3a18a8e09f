#!/bin/bash
# run.sh - bugs on purpose: each patch of this folder removes one defence or
# one check, and a test that is named in it must fail then.
#
#     tests/seeded/run.sh             all of them; make check-seeded
#     tests/seeded/run.sh NAME...     these alone
#
# Works on a copy of the tree, which is made in SEEDED_DIR (build-seeded in
# the current folder) and configured once; a patch costs the compilation of
# what it changes and one test. Every test is run once without a patch,
# too, and must pass. A patch that does not apply any more is a failure.
#
# A patch says at its top:
#
#     Test: test_conn             a program of the tests, perhaps with
#     Test: STRESS=2 stress_x     settings before it
#     What: one line
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
work=${SEEDED_DIR:-$PWD/build-seeded}
jobs=${JOBS:-$(nproc)}
# A test that hangs has noticed something, too. Seconds.
patience=${SEEDED_PATIENCE:-60}

field() {
	sed -n "s/^$1: //p" "$here/$2.patch"
}

result() {
	[ -z "${THRONG_RESULTS:-}" ] ||
	    printf '{"suite":"seeded","name":"%s","verdict":"%s","figure":"%s"}\n' \
	    "$1" "$2" "$3" >>"$THRONG_RESULTS"
}

copy() {
	mkdir -p "$work/src" "$work/build" || exit 1
	rm -rf "$work/src"
	mkdir "$work/src"
	tar -C "$source" --exclude=.git --exclude='./build-[!a]*' --exclude=./build \
	    --exclude='*.o' -cf - . | tar -C "$work/src" -xf - || exit 1
	# What an earlier run has compiled may be newer, and have a bug.
	find "$work/src/src" "$work/src/tests" "$work/src/include" \
	    -name '*.[ch]' -exec touch {} +
	[ -x "$work/src/configure" ] ||
	    (cd "$work/src" && autoreconf -fi) >"$work/log" 2>&1 || exit 1
	[ -f "$work/build/Makefile" ] || (cd "$work/build" &&
	    "$work/src/configure" --disable-shared CFLAGS='-g -O1' \
	    >"$work/log" 2>&1) || {
		tail "$work/log"
		exit 1
	}
}

# build TEST: the program of a test, which may have settings before it.
build() {
	make -C "$work/build" -j "$jobs" "${1##* }" >"$work/log" 2>&1
}

# try TEST: run it; 0 if it passes.
try() {
	(
		cd "$work/build" || exit 1
		# One failure is enough: what comes behind it may hang.
		ulimit -c 0
		# A figure of a tree with a bug is none.
		unset THRONG_RESULTS
		export srcdir=$work/src CMOCKA_TEST_ABORT=1
		# shellcheck disable=SC2086 # settings are words
		timeout --kill-after=5 "$patience" env ${1%"${1##* }"} "./${1##* }" || exit 1
	) >"$work/out" 2>&1
}

# files NAME: what its patch changes.
files() {
	sed -n 's,^+++ b/\([^	]*\).*,\1,p' "$here/$1.patch"
}

# save NAME, restore NAME: those files, aside and back. By a copy, since a
# patch is not always taken back from where it was applied.
save() {
	rm -rf "$work/saved"
	mkdir "$work/saved"
	files "$1" | (cd "$work/src" && xargs cp --parents -t "$work/saved")
}

restore() {
	cp -r "$work/saved/." "$work/src" || return 1
	files "$1" | (cd "$work/src" && xargs touch)
}

# one NAME: whether its bug is caught.
one() {
	local name=$1 test what status=0
	test=$(field Test "$name")
	what=$(field What "$name")
	if ! save "$name" >"$work/log" 2>&1 || ! patch -d "$work/src" -p1 -s -f <"$here/$name.patch" \
	    >>"$work/log" 2>&1; then
		echo "DOES NOT APPLY  $name: $what"
		cat "$work/log"
		# What did apply of it goes, too.
		restore "$name"
		result "$name" fail 'does not apply'
		return 1
	fi
	if ! build "$test"; then
		echo "DOES NOT BUILD  $name: $what"
		tail -n 20 "$work/log"
		result "$name" fail 'does not build'
		status=1
	elif try "$test"; then
		echo "NOT CAUGHT      $name: $what ($test)"
		result "$name" fail "$test"
		status=1
	else
		echo "caught          $name: $what ($test)"
		result "$name" pass "$test"
	fi
	restore "$name" || exit 1
	return "$status"
}

# Without a bug every test passes; a test that fails anyhow catches nothing.
control() {
	local name test tests
	tests=$(for name; do field Test "$name"; done | sort -u)
	while read -r test; do
		build "$test" || {
			tail -n 20 "$work/log"
			echo "$test does not build"
			exit 1
		}
	done <<<"$tests"
	while read -r test; do
		try "$test" || try "$test" || {
			tail -n 20 "$work/out"
			echo "$test fails without any bug"
			exit 1
		}
	done <<<"$tests"
	echo "$(wc -l <<<"$tests") tests pass without a bug"
}

main() {
	local name caught=0 start=$SECONDS
	command -v patch >/dev/null || {
		echo 'the program patch is not there'
		exit 77
	}
	[ $# -gt 0 ] || mapfile -t all < <(cd "$here" && printf '%s\n' *.patch | sed 's/\.patch$//')
	[ $# -gt 0 ] || set -- "${all[@]}"
	copy
	control "$@"
	for name; do
		one "$name" && caught=$((caught + 1))
	done
	echo "$caught of $# bugs caught in $((SECONDS - start)) s"
	[ "$caught" -eq $# ]
}

main "$@"
