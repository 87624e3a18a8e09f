#!/bin/sh
# Node.js, the net module. Line and raw framing, echo.
set -eu

check()
{
	command -v node > /dev/null || { echo "node is missing (nodejs)"; exit 1; }
	echo "node $(node --version)"
}

run()
{
	exec node - "$1" "$2" "$3" "$4" << 'END'
const net = require('net');
const [host, port, frame, handler] = process.argv.slice(2);
if (!['line', 'raw'].includes(frame) || handler !== 'echo') {
	console.error('node: only --frame line or raw, echo');
	process.exit(2);
}
const server = net.createServer({ noDelay: true }, (socket) => {
	let rest = null;

	socket.on('error', () => socket.destroy());
	socket.on('data', (data) => {
		if (frame === 'line') {
			if (rest !== null)
				data = Buffer.concat([rest, data]);
			const end = data.lastIndexOf(10) + 1;

			rest = end < data.length ? data.subarray(end) : null;
			data = data.subarray(0, end);
		}
		if (data.length > 0)
			socket.write(data);
	});
});
server.listen({ host, port: Number(port), backlog: 4096 },
    () => console.log(`listening on ${host}:${port}`));
END
}

about()
{
	:
}

"$@"
