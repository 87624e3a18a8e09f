#!/bin/sh
# The same server and the same load, measured by throng-bench and by others:
#
#   redis   redis-benchmark against redis-server, PING, inline
#   wrk     wrk against a small HTTP server in Python, whose reply is constant
#
# Both load it in a closed loop, one request outstanding on each connection.
# They run in turns, so that a bad minute of the machine falls on both. What
# is missing is skipped, by name. Writes a Markdown table.
#
# usage: bench/crosscheck.sh [TURNS [SECONDS]]   (3 turns of 3 s)
# BENCH names throng-bench (./throng-bench), CONNECTIONS how many (50).
set -u

: "${BENCH:=./throng-bench}"
: "${CONNECTIONS:=50}"
turns=${1:-3}
seconds=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) || exit 1
server=
# shellcheck disable=SC2317 # called by the trap
finish()
{
	[ -z "$server" ] || kill "$server" 2> /dev/null
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

# The peers' recipes know how a server is started.
THRONG_PEERS=$here/peers
export THRONG_PEERS

row()
{
	printf '| %s | %s | %s | %s | %s |\n' "$@"
}

# A figure of the only cell of a report.
figure()
{
	sed -n 's/.*"'"$1"'": {"value": \([0-9.e+]*\).*/\1/p' "$dir/json" |
	    head -n 1
}

# ours WHAT WORD...: one run of throng-bench against a running address.
ours()
{
	what=$1
	shift
	if ! "$BENCH" run --quiet --gate off --netns no --warmup 500ms \
	    --duration "${seconds}s" --connections "$CONNECTIONS" \
	    --json "$dir/json" "$@" > /dev/null 2> "$dir/err"; then
		sed 's/^/	/' "$dir/err" >&2
		return
	fi
	row "$what" throng-bench "$(figure throughput | cut -d. -f1)" \
	    "$(figure p50_us | cut -d. -f1)" "$(figure p99_us | cut -d. -f1)"
}

# Wait until somebody listens on 127.0.0.1 at a port.
await()
{
	python3 - "$1" << 'END'
import socket, sys, time
for _ in range(500):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
        sys.exit(0)
    except OSError:
        time.sleep(0.02)
sys.exit(1)
END
}

# A port that nobody has now.
port()
{
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

stop()
{
	kill "$server" 2> /dev/null
	wait "$server" 2> /dev/null
	server=
}

redis()
{
	for tool in redis-server redis-benchmark; do
		command -v $tool > /dev/null && continue
		echo "skipped: $tool is not installed" >&2
		return
	done
	p=$(port)
	sh "$here/peers/redis.sh" run 127.0.0.1 "$p" > /dev/null 2>&1 &
	server=$!
	await "$p" || { echo "redis-server does not start" >&2; stop; return; }
	turn=0
	while [ $turn -lt "$turns" ]; do
		turn=$((turn + 1))
		ours "redis PING" --target "127.0.0.1:$p" --crlf --request PING
		# "test","rps","avg","min","p50","p95","p99","max"; in ms
		redis-benchmark -p "$p" -t ping_inline -c "$CONNECTIONS" \
		    -n $((seconds * 50000)) --csv 2> /dev/null |
		    tr -d '"' | awk -F, '$1 == "PING_INLINE" {
			printf "| redis PING | redis-benchmark | %d | %d | %d |\n",
			    $2, $5 * 1000, $7 * 1000 }'
	done
	stop
}

http_server()
{
	exec python3 - "$1" << 'END'
import asyncio, sys

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

class Http(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.held = b""

    def data_received(self, data):
        parts = (self.held + data).split(b"\r\n\r\n")
        self.held = parts[-1]
        self.transport.write(REPLY * (len(parts) - 1))

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Http, "127.0.0.1", int(sys.argv[1]),
        backlog=4096)
    await server.serve_forever()

asyncio.run(main())
END
}

# "1.23ms" as microseconds.
microseconds()
{
	awk -v t="$1" 'BEGIN {
		f = t ~ /us$/ ? 1 : t ~ /ms$/ ? 1000 : 1000000
		sub(/[a-z]+$/, "", t)
		printf "%d", t * f }'
}

wrk_http()
{
	if ! command -v wrk > /dev/null; then
		echo "skipped: wrk is not installed" >&2
		return
	fi
	p=$(port)
	http_server "$p" &
	server=$!
	await "$p" || { echo "the HTTP server does not start" >&2; stop; return; }
	turn=0
	while [ $turn -lt "$turns" ]; do
		turn=$((turn + 1))
		ours "HTTP" --target "127.0.0.1:$p" --frame raw \
		    --request 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' \
		    --expect 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
		wrk -t 1 -c "$CONNECTIONS" -d "${seconds}s" --latency \
		    "http://127.0.0.1:$p/" > "$dir/wrk" 2>&1
		row "HTTP" wrk "$(awk '/^Requests\/sec/ { printf "%d", $2 }' \
		    "$dir/wrk")" \
		    "$(microseconds "$(awk '$1 == "50%" { print $2 }' \
		    "$dir/wrk")")" \
		    "$(microseconds "$(awk '$1 == "99%" { print $2 }' \
		    "$dir/wrk")")"
	done
	stop
}

row server tool "requests/s" "p50 us" "p99 us"
echo '|---|---|---:|---:|---:|'
redis
wrk_http
