"""Run a command that can reach no other machine, its child processes included.

usage: closed_network.py COMMAND [ARGUMENT …]

On Linux it gets a network of its own that holds nothing but the loopback. Where the system does not allow that (some
containers, other systems) this is said, and the command runs all the same: the tests then rely on their own guard,
which sees their own process only.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
_SIOCSIFFLAGS = 0x8914  # linux/sockios.h
_IFF_UP_RUNNING = 0x1 | 0x40  # linux/if.h


def close_network() -> str | None:
    """Leave the machine's network for an empty one.

    Returns:
        None, or why it was not possible.
    """
    if sys.platform != "linux":
        return f"not possible on {sys.platform}"
    user, group = os.getuid(), os.getgid()
    system = ctypes.CDLL(None, use_errno=True)
    if system.unshare(_CLONE_NEWNET | (_CLONE_NEWUSER if user else 0)):
        return os.strerror(ctypes.get_errno()).lower()
    if user:
        # The same user as before: tests of unreadable files must not gain root's rights.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _raise_loopback()
    return None


def _raise_loopback() -> None:
    request = struct.pack("16sh22x", b"lo", _IFF_UP_RUNNING)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def main() -> None:
    """Close the network, then become the command."""
    if why := close_network():
        print(f"The network stays open to child processes ({why}); the tests' own guard is on.", flush=True)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
