#!/bin/sh
# throng-bench for real, against its own reference servers: exact counts and
# what it says to bad input. Nothing here depends on how fast the machine is.
set -u

: "${BENCH:=./throng-bench}"
: "${srcdir:=.}"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

fail()
{
	echo "FAIL: $*"
	sed 's/^/	/' "$dir/out" "$dir/err"
	failed=1
}

# expect STATUS PATTERN WORD...: the status, and a line on standard error
# that has the pattern; "" wants no line at all.
expect()
{
	want=$1 pattern=$2
	shift 2
	"$BENCH" "$@" > "$dir/out" 2> "$dir/err"
	status=$?
	[ "$status" -eq "$want" ] || fail "status $status, not $want: $*"
	if [ -z "$pattern" ]; then
		[ ! -s "$dir/err" ] || fail "talks: $*"
	else
		grep -q -e "$pattern" "$dir/err" || fail "no '$pattern': $*"
		[ "$(wc -l < "$dir/err")" -le 2 ] || fail "many lines: $*"
	fi
}

# A short run: 10 connections, 200 requests in an open loop.
run()
{
	want=$1 pattern=$2
	shift 2
	expect "$want" "$pattern" run --gate off --warmup 0us --rate 1000 \
	    --arrival constant --connections 10 --duration 200ms \
	    --drain 10s --json "$dir/json" "$@"
}

count()
{
	sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$dir/json" | head -1
}

# Wrong command lines: one line, status 2.
expect 2 'a command comes first'
expect 2 'no command' nonsense
expect 2 'connections 0' run --connections 0
expect 2 'frame lines' run --frame lines
expect 2 'rate x' run --rate x
expect 2 'gate' run --gate 'steal>1%' --target limit
expect 2 'unknown' compare --target no-such-thing
expect 2 'given twice' compare --target limit --target limit
expect 2 'no such target' compare --target a=@b
expect 2 'service' run --target limit --service maybe
expect 2 '^throng-bench: unrecognized option' run --nonsense
expect 2 "^throng-bench: option '--seed' requires" run --seed
expect 2 'active N: more than' run --target limit --active 5 --connections 4
expect 0 '' --version
expect 0 '' --help

# The manual has what --help has, in the same words.
words='s/\\//g; s/"//g; s/[.]*$//; s/  */ /g'
"$BENCH" --help | awk '
/^  --/ { if (text != "") print text; name = $1; sub(/^--/, "", name)
    sub(/^  --[^ ]* ?([A-Z<:,.]+( |$))?/, ""); text = name ": " $0; next }
/^             / { sub(/^ */, ""); text = text " " $0; next }
{ if (text != "") print text; text = "" }' | sed "$words" | tr "[:upper:]" "[:lower:]" \
    > "$dir/out"
awk '/^\.It Fl/ { sub(/^-/, "", $3); gsub(/\\/, "", $3); name = $3; getline
    print name ": " $0 }' "$srcdir/doc/throng-bench.1" | sed "$words" |
    tr "[:upper:]" "[:lower:]" > "$dir/err"
[ "$(wc -l < "$dir/out")" -gt 40 ] || fail "no options in --help"
diff "$dir/out" "$dir/err" || fail "throng-bench.1 is not as --help"

# What cannot be done: one line, status 1.
run 1 'cannot connect to 127.0.0.1:1' --target 127.0.0.1:1
run 1 'gone: ended with status 3$' --target 'gone=sh -c "exit 3"'
grep -q '^gone did not run: ended with status 3\.$' "$dir/out" ||
    fail "the headline does not say why"
run 1 'not found\|status 127' --target 'none=/no/such/program {addr}'
expect 1 'cannot write' run --target limit --json /no/such/folder/x
expect 1 'cannot write' compare --target limit --out /no/such/folder/x
run 1 'first request: content\|first request: length' \
    --target limit --handler hello

# A rate beyond the client: what no plan holds is refused, what it cannot send
# is counted and said, and neither takes longer than it should.
expect 1 'the client cannot offer 100000000' run --rate 100000000 \
    --duration 5s --target limit
run 0 '' --target limit --rate 100000000 --duration 100ms --drain 100ms
[ "$(count unsent)" -gt 0 ] || fail "sent a hundred million a second"
grep -q 'more than the client can offer' "$dir/out" || fail "nothing said"

# Sound runs, closed and open, and what they write.
run 0 '' --target limit
[ "$(count planned)" = 200 ] || fail "planned $(count planned), not 200"
[ "$(count replies)" = 200 ] || fail "replies $(count replies), not 200"
for frame in line len32 len16 netstring; do
	run 0 '' --target bufferevent --frame "$frame" --size 1000
	[ "$(count replies)" = 200 ] || fail "$frame: $(count replies) replies"
done
run 0 '' --target limit --frame raw
[ "$(count replies)" = 200 ] || fail "raw: $(count replies) replies"
run 0 '' --target limit --service fixed:10us --reply 100
[ "$(count replies)" = 200 ] || fail "work: $(count replies) replies"
run 0 '' --target limit --handler hello --request 'a\x62c' --expect 'Hello ABC'
[ "$(count replies)" = 200 ] || fail "hello: $(count replies) replies"
run 0 '' --target limit --idle 50 --processes 2
[ "$(count replies)" = 200 ] || fail "processes: $(count replies) replies"
expect 0 '' run --gate off --warmup 10ms --duration 50ms --connections 20 \
    --depth 3 --drain 10s --target limit --json "$dir/json"
[ "$(count replies)" -ge 60 ] || fail "closed loop: $(count replies)"
[ "$(count planned)" = "$(count replies)" ] || fail "closed loop lost some"
"$BENCH" compare --gate off --closed --warmup 10ms --duration 50ms \
    --blocks 2 --target limit --out "$dir/reports" > "$dir/out" 2> "$dir/err"
for file in report.html report.json report.md limit.hgrm; do
	[ -s "$dir/reports/$file" ] || fail "no $file"
done

# The reports again, from the JSON: the same.
"$BENCH" report "$dir/reports/report.json" --out "$dir/again" \
    > "$dir/out" 2> "$dir/err" || fail "report"
for file in report.html report.json report.md; do
	cmp "$dir/reports/$file" "$dir/again/$file" || fail "another $file"
done
expect 2 'which report.json' report
expect 1 'No such file' report /no/such/file
echo '{}' > "$dir/empty.json"
expect 1 'is no report' report "$dir/empty.json"

# The same run again: the same rates, though they were shares, and plans. Long
# enough that there is a capacity.
"$BENCH" compare --gate off --no-control --no-count --rate 20%,40% \
    --warmup 10ms --duration 200ms --blocks 1 --connections 10 \
    --target limit --target bufferevent --json "$dir/json" \
    > "$dir/out" 2> "$dir/err"
"$BENCH" replay "$dir/json" --json "$dir/second" > "$dir/out" 2> "$dir/err"
sed -n 's/.*\("rate": .*"plan_hash.*\)/\1/p' "$dir/json" > "$dir/points"
sed -n 's/.*\("rate": .*"plan_hash.*\)/\1/p' "$dir/second" > "$dir/points2"
[ "$(wc -l < "$dir/points")" = 2 ] || fail "compare: not two loads"
cmp -s "$dir/points" "$dir/points2" || fail "replay: other rates or plans"
expect 2 'replay which' replay
expect 1 'no report' replay "$dir/empty.json"

# A connection for each request.
expect 0 '' run --gate off --churn --warmup 10ms --duration 50ms \
    --drain 10s --connections 4 --target limit --json "$dir/json"
[ "$(count replies)" -ge 4 ] || fail "churn: $(count replies) replies"
[ "$(count planned)" = "$(count replies)" ] || fail "churn lost some"

# A tail against theory, and what it does not go together with.
"$BENCH" tail --gate off --workers 4 --connections 50 --blocks 1 \
    --duration 100ms --service wait-exp:1ms --load 0.5 --json - \
    > "$dir/json" 2> "$dir/err" || fail "tail"
grep -q '"name": "p99", "ratio": [0-9]' "$dir/json" || fail "tail: no p99"
expect 2 'wait-' tail --service exp:1ms
expect 2 'takes --load' tail --rate 100
expect 2 'load' tail --load 1
expect 2 'only with tail' run --target limit --load 0.5

# What the machine holds, what the instrument costs, what a request takes; the
# figures are the machine's.
expect 0 '' doctor --connections 1
grep -q '^1 connections: pool yes' "$dir/out" || fail "doctor: no answer"
"$BENCH" doctor --connections 10000000 > "$dir/out" 2> "$dir/err"
grep -q '^10000000 connections: pool .*generators' "$dir/out" ||
    fail "doctor: no answer for ten million"
expect 0 '' calibrate
grep -q 'top rate' "$dir/out" || fail "calibrate: no top rate"
grep -q 'live line' "$dir/out" || fail "calibrate: no cost of the live line"
"$BENCH" count --gate off --closed --warmup 10ms --duration 50ms \
    --connections 4 --target limit > "$dir/out" 2> "$dir/err"
grep -q 'system calls per request of limit at 4\|perf\|strace' "$dir/out" ||
    fail "count: neither a figure nor a reason"

"$srcdir/bench/c1m/run" --help | grep -q 'default: 1000000$' ||
    fail "c1m: not a million by default"

# Peers, as far as they are there: whoever runs has a version, and whoever does
# not is named with the reason.
THRONG_PEERS=$srcdir/bench/peers "$BENCH" compare --gate off --closed \
    --no-count --no-control --warmup 10ms --duration 50ms --blocks 1 \
    --connections 4 --target limit --peers socat,python-threads \
    --json "$dir/json" > "$dir/out" 2> "$dir/err"
for peer in socat python-threads; do
	grep -A3 "\"name\": \"$peer\"" "$dir/json" |
	    grep -q '"version": "[a-zA-Z]* [0-9]' ||
	    grep -q "$peer is left out: " "$dir/err" || fail "no $peer"
done
grep -q '"version": "throng-limit' "$dir/json" || fail "limit has no version"
grep -q '"servers": 1' "$dir/json" || fail "no number of servers"
expect 2 'no such recipe' run --peers no-such --target limit

# Those who do not behave, at every other load; a probe, measured apart.
expect 0 '' run --gate off --warmup 10ms --duration 150ms --connections 4 \
    --rate 500 --drain 10s --target pool --json "$dir/json" --probe 200 \
    --disturb slow-read:2,dribble:2,half:2,reset:2,churn:2,silent:2
[ "$(grep -c '"disturbed": true' "$dir/json")" = 1 ] || fail "not disturbed"
grep -q '"probe_p99_us": [0-9]' "$dir/json" || fail "no probe"
[ "$(count planned)" = "$(count replies)" ] || fail "disturbed: lost some"
expect 2 'slow-read' run --target limit --disturb slow

# The highest rate: an answer for each number of connections, with its trials.
# What is no answer says why, and is status 4.
expect 0 '' run --gate off --slo 'p99<10s' --connections 2,20 --warmup 10ms \
    --duration 200ms --drain 20s --target limit --json "$dir/json"
[ "$(grep -c '"outcome": "passed"' "$dir/json")" -ge 2 ] || fail "slo: no trial"
grep -q '^limit at 20 connections p99<10s: at least' "$dir/out" ||
    fail "slo: no answer at 20 connections"
expect 4 '' run --gate 'foreign<off,steal<off,client<0' --slo 'p99<10s' \
    --connections 2 --warmup 10ms --duration 200ms --drain 20s --target limit
grep -q 'p99<10s: the client is the limit' "$dir/out" || fail "slo: no reason"

# Ctrl-C: what was measured is kept, marked as partial, with the status that it
# gives. The target says when it is started; at its second start, one trial is
# over.
interrupt()
{
	starts=$1
	shift
	: > "$dir/starts"
	"$BENCH" "$@" --target "slow=sh -c \"echo >> '$dir/starts'; \
	    exec ./throngd --listen {addr} --handler work --workers 4\"" \
	    > "$dir/out" 2> "$dir/err" &
	pid=$!
	while [ "$(wc -l < "$dir/starts")" -lt "$starts" ] &&
	    kill -0 "$pid" 2> /dev/null; do
		:
	done
	kill -INT "$pid"
	wait "$pid"
	status=$?
	[ ! -s "$dir/err" ] || fail "talks: $*"
}
interrupt 3 tail --gate off --workers 4 --connections 50 --blocks 1000 \
    --duration 50ms --service wait-exp:1ms --load 0.5 --out "$dir/tail"
[ "$status" -eq 0 ] || fail "status $status, not 0: tail, interrupted"
grep -q '"partial": true' "$dir/tail/tail.json" || fail "tail: not partial"
grep -q 'medians over [1-9][0-9]\{0,2\} blocks' "$dir/tail/tail.md" || fail "tail: blocks"
grep -q '^| machine ' "$dir/tail/tail.md" || fail "tail: no machine card"
interrupt 3 run --gate off --service wait-fixed:1ms --connections 4 \
    --warmup 10ms --duration 50ms --blocks 1000 --json "$dir/json"
[ "$status" -eq 0 ] || fail "status $status, not 0: run, interrupted"
grep -q '"partial": true' "$dir/json" || fail "run: not partial"
interrupt 1 run --gate off --service wait-fixed:1ms --connections 4 \
    --warmup 10ms --duration 50s --json "$dir/json"
[ "$status" -eq 4 ] || fail "status $status, not 4: nothing was measured"

# Every injected fault, once, under its kind.
"$BENCH" selftest --exact > "$dir/out" 2> "$dir/err" || fail "selftest"

[ "$failed" -eq 0 ] && echo "PASS: smoke"
exit "$failed"
