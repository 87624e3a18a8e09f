#!/bin/sh
# Go, a goroutine per connection. Built once, in a folder of temporary files.
# Line and raw framing, echo.
set -eu

: "${THRONG_PEER_BUILD:=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/throng-peers}"
program="$THRONG_PEER_BUILD/go-echo"

check()
{
	command -v go > /dev/null || { echo "go is missing (golang-go)"; exit 1; }
	[ -x "$program" ] || build || { echo "go cannot build the server"; exit 1; }
	go version
}

build()
{
	mkdir -p "$THRONG_PEER_BUILD/go-src"
	cat > "$THRONG_PEER_BUILD/go-src/main.go" << 'END'
package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
)

func serve(client net.Conn, line bool) {
	defer client.Close()
	// Small: a goroutine per connection keeps it for as long as it lives.
	buffer := make([]byte, 4096)
	kept := 0
	for {
		n, err := client.Read(buffer[kept:])
		if err != nil {
			return
		}
		end := kept + n
		if line {
			end = bytes.LastIndexByte(buffer[:kept+n], '\n') + 1
		}
		if end > 0 {
			if _, err := client.Write(buffer[:end]); err != nil {
				return
			}
		}
		kept = copy(buffer, buffer[end:kept+n])
		if kept == len(buffer) {
			buffer = append(buffer, make([]byte, len(buffer))...)
		}
	}
}

func main() {
	host, port, frame, handler := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	if (frame != "line" && frame != "raw") || handler != "echo" {
		fmt.Fprintln(os.Stderr, "go: only --frame line or raw, echo")
		os.Exit(2)
	}
	listener, err := net.Listen("tcp4", host+":"+port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("listening on %s:%s\n", host, port)
	for {
		client, err := listener.Accept()
		if err != nil {
			continue
		}
		go serve(client, frame == "line")
	}
}
END
	(cd "$THRONG_PEER_BUILD/go-src" &&
	    GO111MODULE=off GOFLAGS='' go build -o "$program" main.go) >&2
}

run()
{
	exec "$program" "$@"
}

about()
{
	:
}

"$@"
