#!/usr/bin/env python3
"""The process_input server's client: a prompt, and a message a line."""
import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8000
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        client.connect((host, port))
    except OSError:
        print("Connection error")
        sys.exit()

    print("Please enter 'quit' to exit")
    message = input(" -> ")
    while message != "quit":
        client.sendall(message.encode("utf8"))
        # The acknowledgement is waited for, whatever it says.
        client.recv(5120)
        message = input(" -> ")
    client.send(b"--quit--")
    client.close()


if __name__ == "__main__":
    main()
