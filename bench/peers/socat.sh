#!/bin/sh
# A process per connection: socat forks and gives the socket to cat.
set -eu

check()
{
	command -v socat > /dev/null || { echo "socat is missing"; exit 1; }
	socat -V | sed -n 's/^socat version \([^ ]*\).*/socat \1/p'
}

run()
{
	[ "$3" = line ] || [ "$3" = raw ] || exit 2
	[ "$4" = echo ] || exit 2
	# cat on the socket itself, so that socat copies nothing.
	exec socat "TCP4-LISTEN:$2,bind=$1,fork,reuseaddr,nodelay,backlog=4096" \
	    EXEC:cat,nofork
}

about()
{
	:
}

"$@"
