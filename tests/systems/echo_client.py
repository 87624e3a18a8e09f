#!/usr/bin/env python3
"""The echo server's client: says hello once and prints what comes back."""
import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((host, port))
client.send("Hello, Server!".encode())
print(f"Server responded: {client.recv(1024).decode()}")
client.close()
