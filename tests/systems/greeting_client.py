#!/usr/bin/env python3
"""A client of the greeting server: says something, prints the answer."""
import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 5000

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((host, port))
client.send(b"Hi, this is a client")
print(client.recv(1024).decode())
# The server closes: whoever waits for more is told so.
if client.recv(1024) == b"":
    print("Connection closed by the server")
client.close()
