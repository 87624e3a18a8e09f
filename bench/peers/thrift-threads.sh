#!/bin/sh
# Apache Thrift, TThreadedServer: a thread per client.
set -eu
. "$(dirname "$0")/thrift-common"

run()
{
	exec "$program" threads "$1" "$2"
}

"$@"
