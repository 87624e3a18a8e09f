#!/bin/sh
# Who tests the tests: each mutant breaks the instrument in a way in which
# real load generators are broken, and a named test has to notice.
#
# A mutant is one line of sed on one source file. It is compiled in a folder
# of its own and linked with the rest; the test named must then be among
# those that fail. A mutant that changes nothing or does not compile is a
# failure, too: it would prove nothing.
#
# Run by `make check`, with srcdir and CC in the environment; works
# by hand in the source folder, too. The mutants are compiled in one way,
# whatever the build is: ALREADY_TRIED in the environment says that another
# build has done it.

# shellcheck disable=SC2086

if [ -n "${ALREADY_TRIED:-}" ]; then
	echo "SKIP: the same for every build, and tried in another"
	exit 77
fi

src=${srcdir:-.}
cc=${CC:-cc}
cflags="-std=gnu11 -O1 -D_GNU_SOURCE -w -I$src/include -I$src/src -I$src/bench"
cmocka=$(pkg-config --cflags --libs cmocka 2>/dev/null || echo -lcmocka)
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0
count=0

# Nothing of the core depends on what configure found.
: > "$work/config.h"

core="rng hist special record plan stats fit theory search gates metric \
results results_close results_slopes results_measure results_words \
results_search results_model results_audit judge remarks sim sim_serve tail"
shell="payload"
system="account counter"
for file in "$src"/bench/engine*.c; do
	name=${file##*/}
	shell="$shell ${name%.c}"
done

compile()
{
	$cc $cflags -I"$work" -c "$1" -o "$2"
}

# The sound parts and the tests, once.
build()
{
	for name in $core $shell $system; do
		compile "$src/bench/$name.c" "$work/$name.o" || exit 99
	done
	for name in parse frame; do
		compile "$src/src/$name.c" "$work/src_$name.o" || exit 99
	done
	for file in "$src"/tests/bench/test_*.c "$src"/tests/bench/fixture.c \
	    "$src"/tests/bench/fake_io.c; do
		name=${file##*/}
		compile "$file" "$work/${name%.c}.o" || exit 99
	done
}

# link TEST INSTEAD OBJECT OUT: the test, with one part exchanged.
link()
{
	objects="$work/src_parse.o $work/src_frame.o $work/test_$1.o"
	parts=$core
	case $1 in
	engine)
		parts="$core $shell"
		objects="$objects $work/fake_io.o"
		;;
	account)
		parts=$system
		;;
	results)
		objects="$objects $work/fixture.o"
		;;
	esac
	for name in $parts; do
		[ "$name" = "$2" ] || objects="$objects $work/$name.o"
	done
	$cc $objects "$3" $cmocka -lm -o "$4"
}

# mutant WHAT PART SED TEST NAME: what is wrong, where, how; and the test
# that has to fail.
mutant()
{
	count=$((count + 1))
	cp "$src/bench/$2.c" "$work/mutant.c"
	sed -i "$3" "$work/mutant.c"
	if cmp -s "$src/bench/$2.c" "$work/mutant.c"; then
		echo "FAIL: $1: the mutation changes nothing in $2.c"
		failed=1
		return
	fi
	if ! compile "$work/mutant.c" "$work/mutant.o" ||
	    ! link "$4" "$2" "$work/mutant.o" "$work/mutant"; then
		echo "FAIL: $1: does not compile"
		failed=1
		return
	fi
	timeout 120 "$work/mutant" > "$work/out" 2>&1
	if grep -q "\[  FAILED  \] $5\$" "$work/out"; then
		echo "killed: $1 (by $5)"
	else
		echo "FAIL: $1: survived $5"
		failed=1
	fi
}

build

# The seven that the literature is full of.
mutant "time taken from the actual send" record \
    's/(int64_t)(received - intended)/(int64_t)(received - sent)/' \
    sim test_1_stall_held_back
mutant "requests that time out are dropped" record \
    's/^	hist_record_infinite(&r->response, 1);//' \
    sim test_2_stall_over_the_end
mutant "p99s are averaged" hist \
    's/^	for (size_t i = 0; i < HIST_BUCKETS; i++)$/	size_t at = hist_bucket((hist_quantile(into, .99) + hist_quantile(from, .99)) \/ 2); memset(into->bucket, 0, sizeof(into->bucket)); into->bucket[at] = into->count;\n&/; s/^		into->bucket\[i\] += from->bucket\[i\];/;/; s/^#include <math.h>/#include <math.h>\n#include <string.h>/' \
    hist merged_percentiles_are_those_of_all_values
mutant "the last interval is lost" record \
    's/^	r->replies++;/	if (intended + r->window >= r->end) return;\n&/' \
    sim test_8_lossy
mutant "a clock for each connection" plan \
    's/(double)s->number \* gap;/(double)(s->number \/ s->spec.connections) * gap * s->spec.connections;/' \
    plan constant_arrivals_are_even
mutant "replies are not validated" payload \
    's/^	size_t expect_length = p->expect_length;/&\n	if (expect_length + 1 > 0) { if (number != NULL) *number = key->number; return (PAYLOAD_GOOD); }/' \
    engine test_every_fault_once
mutant "only the losing target is voided" results_close \
    's/use\[n\] = !block->void_;/use[n] = trial != NULL \&\& trial->gates == 0;/' \
    results a_failed_gate_voids_the_block_for_all

# And others of the same kind.
mutant "the age of the unanswered is their latency" record \
    's/^	hist_record_infinite(&r->response, 1);/	hist_record(\&r->response, now - intended);/' \
    sim test_2_stall_over_the_end
mutant "percentiles leave the unanswered out" hist \
    's/rank_of(h->count, p)));/rank_of(h->count - h->infinite, p)));/' \
    hist the_unanswered_count_in_every_percentile
mutant "timers of one millisecond" plan \
    's/item->at = (uint64_t)s->at;/item->at = (uint64_t)s->at \/ 1000000 * 1000000;/' \
    plan poisson_arrivals_are_poisson
mutant "negative times wrap around" hist \
    's/^	if (v < 0) {/	if (0) {/' \
    sim test_14_clocks
mutant "the drain counts as throughput" results_measure \
    's/(double)r->in_time \/ length/(double)r->replies \/ length/' \
    sim test_6_overload
mutant "wrong replies are latencies" record \
    's/^	if (kind == RECORD_UNSENT)$/	if (kind == RECORD_CONTENT) { record_reply(r, intended, intended, now, 0); return; }\n&/' \
    record bad_ends_are_infinite_and_never_latencies
mutant "ratios are not paired" stats \
    's/room\[used++\] = a\[i\] \/ b\[i\];/room[used++] = a[i] \/ b[0];/' \
    stats ratios_are_paired_by_block
mutant "the control is ignored" stats \
    's/double noise = stats_noise(floor);/double noise = 1;/' \
    results the_control_sets_the_noise_floor
mutant "intervals are too narrow" stats \
    's/double tail = (1 - confidence) \/ 2;/double tail = (1 - confidence);/' \
    stats median_ranks_match_the_table
mutant "Little's law compares a figure with itself" results_measure \
    's/double n = expected > 0 ? expected \* length :/double n = expected > 0 ? (double)r->service.sum :/' \
    sim test_7_little_finds_the_starved
mutant "a void reading passes its gate" gates \
    's/^		return (reading > limit);/		return (reading > limit + 1);/' \
    gates each_gate_fires_alone
mutant "buckets lose half of their precision" hist \
    's/octave - HIST_BITS))/octave - HIST_BITS) \& ~1ull)/' \
    hist buckets_are_contiguous_and_narrow
mutant "the seed is ignored" plan \
    's/rng_seed(&root, spec->seed);/rng_seed(\&root, 1);/' \
    plan the_seed_decides
mutant "what was never sent was sent in time" results_measure \
    's/(double)r->errors\[RECORD_UNSENT\];/0;/' \
    results adherence_counts_the_late_and_the_unsent
mutant "the ideal queue serves the short ones first" tail \
    's/^		if (free_at\[first\] < r->at)/		if (r->work < 1000000 || free_at[first] < r->at)/' \
    tail the_ideal_is_the_shared_queue
mutant "a target that drops connections is cheap, and wins" results_close \
    's/verdict == STATS_BETTER \&\& own > other/0/' \
    results dropping_requests_is_never_better
mutant "what was closed, reset or refused is not lost" results_measure \
    's/return (broken_of(r) + share_of/return (share_of/' \
    results every_way_to_lose_a_request_is_read
mutant "what was never sent was sent" record \
    's/^	hist_record_signed(&r->lateness, (int64_t)(now - intended));/	r->sent++;\n&/' \
    record bad_ends_are_infinite_and_never_latencies
mutant "who drops connections is overloaded" gates \
    's/!(r->broken > 0)/1/' \
    gates dropping_is_no_overload
mutant "a gap is counted from behind the end" engine_books \
    's/uint64_t until = t < e->end ? t : e->end;/uint64_t until = t;/; s/at > c->last_us \&\& //' \
    engine test_gap_that_ends_in_the_drain
mutant "a pipe to perf is overwritten by another" counter \
    's/^	control = fcntl(.*/	;/; s/^	ack = fcntl(.*/	;/' \
    account test_counting_with_any_descriptors
mutant "only the first process is counted" account \
    's/^	if (l->count++ < l->most)/	if (l->count == 0 \&\& l->count++ < l->most)/' \
    account test_processes_of_a_session
mutant "each pair of numbers has one vote on the slope" results_slopes \
    's/^	return (xx > 0 ? xy \/ xx : NAN);/	double slope = NAN; (void)xy; return (n > 1 \&\& stats_slope(x, y, n, \&slope) == 0 ? slope : NAN);/' \
    results what_fills_at_few_connections_is_no_slope
mutant "the search does not confirm" search \
    's/^		s->step = SEARCH_CONFIRM;$/		s->step = SEARCH_FOUND;/' \
    search steps_down_when_the_confirmation_fails

mutant "the client's lateness is the target's miss" judge \
    's/return (RESULTS_LIMITED);/return (RESULTS_MISSED);/' \
    judge the_client_is_not_the_target
mutant "a rate that was void has failed" judge \
    's/^		return (RESULTS_UNSURE);/		return (RESULTS_MISSED);/' \
    judge a_noisy_machine_says_nothing
mutant "wrong replies are fast replies" judge \
    's/if (failed & ~BIT(GATE_STEADY)) {/if (0) {/' \
    judge the_target_misses

echo "$count mutants"
exit $failed
