#!/bin/sh
# Apache Thrift, TNonblockingServer: one I/O thread and two workers.
set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/thrift-common"

run()
{
	# shellcheck disable=SC2154 # set by thrift-common
	exec "$program" pool "$1" "$2"
}

"$@"
