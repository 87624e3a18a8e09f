#!/usr/bin/env python3
"""The reverse server's client: the same message as often as one says y."""
import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 12345

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((host, port))
while True:
    client.send("hello from client".encode("ascii"))
    data = client.recv(1024)
    print("Received from server:", data.decode("ascii"))
    if input("Do you want to continue (y/n): ") != "y":
        break
client.close()
