#!/bin/sh
# Python, a thread per client: what the five systems of doc/PROTOCOL were
# written in, afresh. Line and raw framing, echo.
set -eu

check()
{
	command -v python3 > /dev/null || { echo "python3 is missing"; exit 1; }
	python3 --version
}

run()
{
	exec python3 -u - "$1" "$2" "$3" "$4" << 'END'
import resource, socket, sys, threading

host, port, frame, handler = sys.argv[1:]
if frame not in ("line", "raw") or handler != "echo":
    sys.exit("python-threads: only --frame line or raw, echo")
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
threading.stack_size(128 * 1024)

def serve(client):
    # What has arrived goes back, up to the last line end: the same bytes as
    # line by line, in one send, as the others here do it.
    rest = b""
    try:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            data = client.recv(65536)
            if not data:
                break
            if frame == "line":
                data = rest + data
                end = data.rfind(b"\n") + 1
                data, rest = data[:end], data[end:]
            if data:
                client.sendall(data)
    except OSError:
        pass
    client.close()

listener = socket.create_server((host, int(port)), backlog=4096)
print("listening on %s:%s" % (host, port))
while True:
    client, _ = listener.accept()
    threading.Thread(target=serve, args=(client,), daemon=True).start()
END
}

about()
{
	:
}

"$@"
