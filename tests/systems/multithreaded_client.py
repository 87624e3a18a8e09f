#!/usr/bin/env python3
"""One thread for each connection, each to a server, all at the same time."""
import socket
import sys
import threading


def talk(host, port, everyone):
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.connect((host, port))
    # Nobody speaks before everybody is connected.
    everyone.wait()
    for number in range(3):
        client.sendall(f"message {number}".encode())
        print(f"{host}:{port} says {client.recv(1024).decode()}\n", end="")
    client.close()


servers = [address.rsplit(":", 1) for address in sys.argv[1:]]
everyone = threading.Barrier(len(servers))
threads = [
    threading.Thread(target=talk, args=(host, int(port), everyone))
    for host, port in servers
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
