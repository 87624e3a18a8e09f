#!/bin/sh
# Apache Thrift, TThreadedServer: a thread per client.
set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/thrift-common"

run()
{
	# shellcheck disable=SC2154 # set by thrift-common
	exec "$program" threads "$1" "$2"
}

"$@"
