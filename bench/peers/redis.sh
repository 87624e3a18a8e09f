#!/bin/sh
# Redis, asked for an inline PING: another well-tuned event loop that does
# nothing, and one that other load generators speak to, for cross-checks.
set -eu

check()
{
	command -v redis-server > /dev/null || {
		echo "redis-server is missing"
		exit 1
	}
	redis-server --version | sed 's/ sha=.*//'
}

run()
{
	# shellcheck disable=SC3045 # the shells of Debian have -H
	exec redis-server --bind "$1" --port "$2" --save "" --appendonly no \
	    --maxclients $(($(ulimit -Hn) - 100)) --tcp-backlog 4096 \
	    --protected-mode no --daemonize no --loglevel warning
}

about()
{
	echo "frame line"
	echo "crlf"
	echo "request PING"
}

"$@"
