#!/bin/bash
# run.sh - the proof of the hand-over: Spin's models and Relacy's exploration
# of the real source, then mutants of both, each of which must be caught.
# doc/proof.md says what is shown by what.
#
#   run.sh          all of it, in one or two minutes on 2 cores
#   run.sh --long   and larger searches; several minutes, 16 GB of memory
#
# Exits 0 if no model has an error and every mutant is caught, 77 if spin,
# relacy or a compiler is missing, else 1. JOBS is how many run at a time.
set -uo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
SRC=$(cd "$HERE/../../src" && pwd)
JOBS=${JOBS:-$(nproc)}
CC=${CC:-cc}
CXX=${CXX:-g++}
LONG=

case ${1:-} in
'') ;;
--long) LONG=1 ;;
*)
	echo "usage: run.sh [--long]" >&2
	exit 2
	;;
esac

skip() {
	echo "$*"
	exit 77
}

command -v spin >/dev/null || skip 'spin is not there (Debian package spin)'
command -v "$CC" >/dev/null || skip 'there is no C compiler'
command -v "$CXX" >/dev/null || skip 'there is no C++ compiler (Debian package g++)'
echo '#include <relacy/relacy.hpp>' | "$CXX" -std=gnu++11 -w -E -x c++ - >/dev/null 2>&1 ||
    skip 'relacy is not there (Debian package relacy-dev)'

WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
start=$SECONDS
count=0

# Wait until one more may run.
slot() {
	while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do
		wait -n
	done
	count=$((count + 1))
}

# verdict RESULT KIND NAME TEXT: one line for the summary, in a file, since
# several run at a time. KIND is real, mutant, or control: a mutant that
# must have no error.
verdict() {
	printf '%s %s %s\t%s\n' "$1" "$2" "$3" "$4" >"$dir/verdict"
}

# spin_run KIND MODEL safety|live DEFINITIONS: a model, searched to the end
# for errors: assertions, deadlocks; live: cycles that break its property,
# under weak fairness.
spin_run() {
	local kind=$1 model=$2 what=$3 out states depth flags=-DSAFETY options=-m100000
	local -a defines
	read -ra defines <<<"$4"
	# A mutant ends soon, its compiler had better, too.
	[ "$kind" = mutant ] && flags='-DSAFETY -O0'
	if [ "$what" = live ]; then
		defines+=(-DLIVE)
		flags=-DNFAIR=8
		options="$options -a -f"
	fi
	mkdir -p "$dir"
	cd "$dir" || exit 1
	# spin looks for included files where it was called.
	cp "$HERE"/*.pml .
	# shellcheck disable=SC2086 # words
	if ! spin -a "${defines[@]}" "$model.pml" >spin.out 2>&1 ||
	    ! "$CC" -w -O1 ${LONG:+-DCOLLAPSE} -DMEMLIM=20000 $flags -o pan pan.c >>spin.out 2>&1 ||
	    ! ./pan $options >out 2>&1; then
		verdict BROKEN "$kind" "$model $what $4" "$(tail -n 1 spin.out)"
		return
	fi
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' out)
	depth=$(sed -n 's/.*depth reached \([0-9]*\), errors.*/\1/p' out)
	out="${states:-0} states, depth ${depth:-0}"
	if grep -q 'errors: 0$' out && ! grep -q 'Search not completed\|out of memory\|max search depth too small' out; then
		verdict good "$kind" "$model $what $4" "$out"
	elif grep -q '^pan:1: ' out; then
		verdict caught "$kind" "$model $what $4" \
		    "$out: $(sed -n 's/^pan:1: //p' out)"
	else
		verdict BROKEN "$kind" "$model $what $4" "$(head -n 3 out | tr '\n' ' ')"
	fi
}

# spin KIND MODEL safety|live [DEFINITION...]
spin_job() {
	slot
	dir=$WORK/$(printf %03d "$count") spin_run "$1" "$2" "$3" "${*:4}" &
}

# functions FILE NAME...: the text of these functions of a source.
functions() {
	awk -v names="${*:2}" '
	BEGIN { n = split(names, list, " "); for (i in list) want[list[i]] = 1 }
	match($0, /^[a-z_]+\(/) && substr($0, 1, RLENGTH - 1) in want {
		print before
		inside = 1
		found++
	}
	inside { print }
	/^}/ { inside = 0 }
	{ before = $0 }
	END { exit found != n }' "$SRC/$1"
}

# The two declarations of plain memory that threads share, for Relacy to
# watch. Everything else is the source as it is.
instrument() {
	local dir=$1
	mkdir -p "$dir"
	sed 's/^\tstruct mpsc_node \*next;$/\tplain<struct mpsc_node *> next;/' \
	    "$SRC/mpsc.h" >"$dir/mpsc.h"
	sed 's/^\tbool signalled;/\tplain<bool> signalled;/' "$SRC/park.h" >"$dir/park.h"
	cp "$SRC/park.c" "$dir/park.c"
	{
		functions reactor.c reactor_push &&
		    functions work.c wake_owed finished take_one serve pool_push pool_reclaim &&
		    functions dispatch.c take_back
	} >"$dir/functions.h" || return 1
	[ "$(diff "$SRC/mpsc.h" "$dir/mpsc.h" | grep -c '^>')" -eq 1 ] &&
	    [ "$(diff "$SRC/park.h" "$dir/park.h" | grep -c '^>')" -eq 1 ]
}

relacy_build() {
	local dir=$1
	shift
	"$CXX" -std=gnu++11 -w -I"$dir" -I"$HERE/shim" "$@" -o "$dir/relacy" \
	    "$HERE/relacy.cpp" >"$dir/build.out" 2>&1
}

# relacy_run KIND NAME PROGRAM TEST SEARCH [COUNT]
relacy_run() {
	local kind=$1 name=$2 program=$3 line
	mkdir -p "$dir"
	line=$("$program" "${@:4}" 2>&1)
	case $?:$line in
	0:*SUCCESS*) verdict good "$kind" "$name" "${line##*SUCCESS, }" ;;
	1:*iterations*) verdict caught "$kind" "$name" "${line#*: }" ;;
	*) verdict BROKEN "$kind" "$name" "${line:-nothing printed}" ;;
	esac
}

relacy_job() {
	slot
	dir=$WORK/$(printf %03d "$count") relacy_run real "relacy $*" "$WORK/relacy/relacy" "$@" &
}

# mutate NAME TEST [FILE SED]: build the mutant and look for its error, by
# `bound` switches.
mutate() {
	local name=$1 test=$2
	if ! instrument "$dir"; then
		verdict BROKEN mutant "relacy $name" 'the headers have changed'
		return
	fi
	if [ $# -eq 4 ]; then
		cp "$dir/$3" "$dir/original"
		sed -i "$4" "$dir/$3"
		if cmp -s "$dir/original" "$dir/$3"; then
			verdict BROKEN mutant "relacy $name" "its edit of $3 changes nothing"
			return
		fi
	fi
	if ! relacy_build "$dir" -O0 "-DM_$name" "-DONLY=$test"; then
		verdict BROKEN mutant "relacy $name" "$(grep -m1 error "$dir/build.out")"
		return
	fi
	relacy_run mutant "relacy $name" "$dir/relacy" only bound "${bound:-2}"
}

mutant_job() {
	slot
	dir=$WORK/$(printf %03d "$count") mutate "$@" &
}

# The real thing. First the build that the Relacy jobs wait for.
instrument "$WORK/relacy" || {
	echo "run.sh: the declarations that Relacy must watch are not there any more"
	exit 1
}
relacy_build "$WORK/relacy" -O1 &
building=$!
spin_job real reactor safety
spin_job real reactor safety -DPRODUCERS=3 -DMESSAGES=1
spin_job real reactor safety -DSLOTS=3 -DMESSAGES=1
spin_job real reactor safety -DSLOTS=3 -DMESSAGES=1 -DPSO
spin_job real reactor live -DMESSAGES=1
spin_job real reactor live -DMESSAGES=1 -DNEVER_STOPPED
# What is looked for with looks is looked for without spurious wakeups, and
# each job is worked on once: that doubles what there is to search.
looks='-DLOOKS=1 -DROUNDS=1 -DSPURIOUS=0'
undrained='-DUNDRAINED -DREACTORS=1 -DJOBS=2'
stuck='-DSTUCK -DROUNDS=1 -DSPURIOUS=0'
# shellcheck disable=SC2086 # words
{
	spin_job real worker safety
	spin_job real worker safety -DREACTORS=1 -DJOBS=3 -DROUNDS=1
	spin_job real worker safety -DSLOTS=3 -DSPURIOUS=0
	spin_job real worker safety -DSLOTS=3 -DSPURIOUS=0 -DPSO
	spin_job real worker safety $looks
	spin_job real worker safety $looks -DSLOTS=3 -DPSO
	spin_job real worker safety $looks $undrained
	spin_job real worker live
	spin_job real worker live -DNEVER_STOPPED
	spin_job real worker live $looks -DNEVER_STOPPED
	spin_job real worker live $looks $undrained
	spin_job real worker live $stuck
}
spin_job real shutdown safety
spin_job real shutdown safety -DHANDLER_STUCK
spin_job real shutdown live -DHANDLER_STUCK
# Right without store buffers, wrong with them: shows that these bite.
spin_job control reactor safety -DM_SLEEP_FLAG -DMESSAGES=1
wait "$building" || {
	cat "$WORK/relacy/build.out"
	exit 1
}
relacy_job take full
relacy_job take-twice bound 3
relacy_job take-chains full
relacy_job park bound 2
relacy_job park-chains bound 4
relacy_job pipe bound 3
relacy_job pipe-chains bound 4
relacy_job park random 100000
relacy_job park-3 random 100000
relacy_job pipe-3 random 100000
relacy_job reclaim-chain bound 2
relacy_job reclaim bound 1
relacy_job reclaim-twice random 30000
if [ -n "$LONG" ]; then
	spin_job real reactor safety -DSLOTS=3
	spin_job real reactor live
	spin_job real reactor live -DNEVER_STOPPED
	spin_job real reactor live -DSLOTS=3 -DMESSAGES=1
	spin_job real worker live -DSLOTS=3
	spin_job real worker safety -DJOBS=2 -DROUNDS=1
	# shellcheck disable=SC2086 # words
	{
		spin_job real worker safety -DLOOKS=2 -DROUNDS=1 -DSPURIOUS=0
		spin_job real worker safety -DLOOKS=1 -DSPURIOUS=0
		spin_job real worker safety $looks -DJOBS=2
		spin_job real worker safety $looks -DSLOTS=3
		spin_job real worker safety $looks -DUNDRAINED
		spin_job real worker safety $looks $undrained -DSLOTS=3 -DPSO
		spin_job real worker live $stuck -DSLOTS=3
	}
	relacy_job reclaim-chain bound 4
	relacy_job reclaim bound 2
	relacy_job reclaim-twice random 1000000
	relacy_job take-twice full
	relacy_job park bound 3
	relacy_job park-3 random 2000000
	relacy_job pipe-3 random 2000000
fi

# Mutants of the models.
for m in SIGNAL_FIRST WAKE_NOT_EMPTY FIRST_ONLY NO_REVERSAL TAKE_FIRST NOT_AGAIN STOP_OVERTAKES; do
	spin_job mutant reactor safety "-DM_$m"
done
for m in RELAXED_PUBLISH SLEEP_FLAG; do
	spin_job mutant reactor safety "-DM_$m" -DMESSAGES=1 -DSLOTS=3
done
for m in SIGNAL_FIRST WAKE_NOT_EMPTY FIRST_ONLY NO_REVERSAL STOP_OVERTAKES \
    PARK_FORGETS SLEEP_UNLOOKED SLEEP_OWING END_OWING OWED_FORGOTTEN \
    INBOX_FIRST REST_LATE; do
	spin_job mutant worker safety "-DM_$m"
done
# shellcheck disable=SC2086 # words
{
	for m in REST_SPLIT RECLAIM_SPLIT RECLAIM_LOSES HOME_UNWOKEN NEXT_AFTER MARK_LATE; do
		spin_job mutant worker safety "-DM_$m" $looks
	done
	for m in STOP_LOST STOP_UNSIGNALLED; do
		spin_job mutant worker safety "-DM_$m" $looks $undrained
	done
	for m in NO_INBOX NO_LOOK; do
		spin_job mutant worker live "-DM_$m" $stuck
	done
	spin_job mutant worker safety -DM_RELAXED_REST $looks -DSLOTS=3 -DPSO
}
spin_job mutant worker safety -DM_RELAXED_PUBLISH -DSLOTS=3 -DSPURIOUS=0
spin_job mutant shutdown safety -DM_UNDRAINED

# Mutants of the source: an edit of it, or a definition that relacy.cpp heeds
# where the mutant is in how the queue is used.
take='test_take<2, 1, 2>' park='test_park<2, 1>' pipe='test_pipe<2, 1>'
mutant_job RELAXED_PUBLISH "$take" mpsc.h 's/memory_order_release, /memory_order_relaxed, /'
mutant_job RELAXED_TAKE "$take" mpsc.h 's/memory_order_acquire)/memory_order_relaxed)/'
mutant_job WAKE_NOT_EMPTY "$pipe" mpsc.h 's/return (head == NULL)/return (head != NULL)/'
mutant_job WAKE_NOT_EMPTY_PARK "$park" mpsc.h 's/return (head == NULL)/return (head != NULL)/'
mutant_job FIRST_ONLY "$take" mpsc.h 's/^\t\tnext = node->next;$/\t\tnext = NULL;/'
mutant_job NO_REVERSAL 'test_take<2, 2, 2>' mpsc.h \
    's/^\tfor (; node != NULL; node = next) {$/\tfor (oldest = node; oldest == NULL \&\& node != NULL;) {/'
mutant_job OVERWRITE_BEFORE_NEXT "$take" mpsc.h \
    '/^\t\tnext = node->next;$/d; s/^\t\tnode->next = oldest;$/&\n\t\tnext = node->next;/'
mutant_job LINK_ONCE "$take" mpsc.h \
    '/^\t\tchain->oldest->next = head;$/d; s/^\tdo {$/\tchain->oldest->next = head;\n&/'
mutant_job FREE_BEFORE_NEXT 'test_take<2, 2, 2>'
mutant_job SIGNAL_FIRST "$pipe"
mutant_job TAKE_FIRST "$pipe"
mutant_job SIGNAL_FIRST "$park"
mutant_job PARK_FORGETS "$park" park.c 's/^\twhile (!p->signalled)$/\tp->signalled = false;\n&/'
mutant_job SLEEP_UNLOOKED "$park" park.c \
    's/^\twhile (!p->signalled)$/\tfor (int first = 1; first-- > 0 || !p->signalled;)/'
mutant_job PARK_UNLOCKED "$park" park.c '/^park_signal/,/^}/{/pthread_mutex_/d}'
reclaim='test_reclaim<2, 1, 1>' chain='test_reclaim<1, 2, 1>'
mutant_job RELAXED_REST "$chain" functions.h 's/memory_order_release)/memory_order_relaxed)/'
mutant_job RELAXED_RECLAIM "$chain" functions.h '/lists\[0\] =/{n;s/acquire/relaxed/}'
mutant_job REST_SPLIT "$chain" functions.h \
    's/lists\[0\] = atomic_exchange_explicit(&w->rest, NULL,/lists[0] = split_exchange(\&w->rest,/'
mutant_job RECLAIM_LOSES "$chain" functions.h 's/for (int i = 0; i < 2; i++) {/&\n\t\tnewest = NULL;/'
mutant_job SLEEP_OWING "$chain" functions.h '/take_one(w)) == NULL/{n;d}'
bound=1 mutant_job OWED_FORGOTTEN "$reclaim" functions.h '/&& w->owed != home/{n;d}'
bound=1 mutant_job HOME_UNWOKEN "$reclaim" functions.h 's/^\t\t\treactor_wake(home, .*/\t\t\tcontinue;/'
bound=1 mutant_job MARK_LATE "$reclaim" functions.h \
    '/^\t\tjob->unworked = true;$/d; s/^\t\tif (reactor_push(home, &chain))$/\t\tbool wake = reactor_push(home, \&chain);\n\t\tjob->unworked = true;\n\t\tif (wake)/; s/^\t\tif (job->home == r) {/&\n\t\t\tjob->unworked = true;/'
wait

# The summary.
cat "$WORK"/*/verdict >"$WORK/all"
show() {
	sort -k 3 "$WORK/all" | awk -F '\t' -v want="$1" '
	split($1, word, " ") && word[2] == want {
		sub(/^[^ ]* [^ ]* /, "", $1)
		printf "  %-6s %-50s %s\n", word[1], $1, $2
	}'
}
echo 'real: must have no error'
show real
echo 'control: a sleep flag is right where no store is delayed; below, it is caught'
show control
echo 'mutants: must be caught'
show mutant
errors=$(grep -v '^good ' "$WORK/all" | grep -vc '^[^ ]* mutant ')
mutants=$(grep -c '^[^ ]* mutant ' "$WORK/all")
caught=$(grep -c '^caught mutant ' "$WORK/all")
sum() {
	sed -n "s/^good real .*\t\([0-9.e+]*\) $1.*/\1/p" "$WORK/all" |
	    awk '{ n += $1 } END { printf "%d", n }'
}
echo "mutants caught $caught/$mutants; real model $errors errors," \
    "$(sum states) states; real source $(sum iterations) iterations;" \
    "$((SECONDS - start)) s"
[ "$(wc -l <"$WORK/all")" -eq "$count" ] || {
	echo "$count were started, $(wc -l <"$WORK/all") have ended"
	exit 1
}
[ "$errors" -eq 0 ] && [ "$caught" -eq "$mutants" ]
