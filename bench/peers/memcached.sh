#!/bin/sh
# memcached with one worker thread, asked for `mn`, its no-op: the cost of a
# well-tuned libevent server that does nothing. Lines that end with CR LF.
set -eu

check()
{
	command -v memcached > /dev/null || { echo "memcached is missing"; exit 1; }
	memcached --version
}

run()
{
	# It wants some descriptors more than it may have connections.
	# shellcheck disable=SC3045 # the shells of Debian have -H
	exec memcached -u nobody -t 1 -c $(($(ulimit -Hn) - 100)) -b 4096 \
	    -U 0 -l "$1" -p "$2"
}

about()
{
	echo "frame line"
	echo "crlf"
	echo "request mn"
}

"$@"
