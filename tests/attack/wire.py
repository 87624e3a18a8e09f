"""Frames as clients write them."""
import struct


def len32(payload):
    return struct.pack(">I", len(payload)) + payload


def len16(payload):
    return struct.pack(">H", len(payload)) + payload


def netstring(payload):
    return b"%d:%s," % (len(payload), payload)


def line(payload):
    return payload + b"\n"


FRAMES = {"len32": len32, "len16": len16, "netstring": netstring,
          "line": line}


def framed(speak, frame):
    """A bystander's lines in another framing."""
    put = FRAMES[frame]

    def other(number):
        request, reply = speak(number)
        return put(request[:-1]), put(reply[:-1])
    return other


def works(number):
    """What a bystander asks of the handler `work`: as many bytes."""
    size = number % 97 + 1
    return b"reply %d\n" % size, b"x" * size + b"\n"
