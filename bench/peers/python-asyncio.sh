#!/bin/sh
# Python, asyncio with a protocol class (the faster of its two interfaces).
# Line and raw framing, echo.
set -eu

check()
{
	command -v python3 > /dev/null || { echo "python3 is missing"; exit 1; }
	python3 --version
}

run()
{
	exec python3 -u - "$1" "$2" "$3" "$4" << 'END'
import asyncio, resource, sys

host, port, frame, handler = sys.argv[1:]
if frame not in ("line", "raw") or handler != "echo":
    sys.exit("python-asyncio: only --frame line or raw, echo")
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

class Echo(asyncio.Protocol):
    __slots__ = ("transport", "rest")

    def connection_made(self, transport):
        self.transport = transport
        self.rest = b""

    def data_received(self, data):
        if frame == "line":
            data = self.rest + data
            end = data.rfind(b"\n") + 1
            data, self.rest = data[:end], data[end:]
        if data:
            self.transport.write(data)

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, host, int(port), backlog=4096)
    print("listening on %s:%s" % (host, port))
    await server.serve_forever()

asyncio.run(main())
END
}

about()
{
	:
}

"$@"
