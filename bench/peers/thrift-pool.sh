#!/bin/sh
# Apache Thrift, TNonblockingServer: one I/O thread and two workers.
set -eu
. "$(dirname "$0")/thrift-common"

run()
{
	exec "$program" pool "$1" "$2"
}

"$@"
