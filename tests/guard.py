"""Closes the network, and all folders but a few, to this process: an audit hook sees what Python code opens."""

import fnmatch
import ipaddress
import os
import socket
import sys
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: Events whose first arguments are paths that come into being, change or go.
_CHANGES = {"os.mkdir": 1, "os.remove": 1, "os.rmdir": 1, "os.rename": 2, "os.symlink": 0, "os.link": 2,
            "os.truncate": 1, "os.chmod": 1, "os.utime": 1}
_NAMES_HOST = {"socket.getaddrinfo", "socket.gethostbyname"}


class Refused(RuntimeError):
    """A test reached out of its temporary folder, or off this machine."""


class Guard:
    """Refuses connections to other machines, and writing outside some folders.

    `refused` keeps what was refused, since code under test may swallow the error.
    """

    def __init__(self, folders):
        self.folders = [os.path.realpath(folder) for folder in folders]
        self.refused = []
        self._closed = False
        sys.addaudithook(self._listen)

    def close(self):
        self._closed = True

    def open(self):
        self._closed = False

    def _listen(self, event, arguments):
        if not self._closed:
            return
        if event == "open":
            self._check_open(*arguments)
        elif event in _CHANGES:
            self._check_paths(event, arguments)
        elif event == "sqlite3.connect":
            self._check_database(arguments[0])
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            self._check_address(arguments[0], arguments[1])
        elif event in _NAMES_HOST and not is_here(arguments[0]):
            self._refuse(f"asked for the address of {arguments[0]}")

    def _check_open(self, path, mode, flags):
        if not isinstance(path, int) and (flags or 0) & _WRITING:
            self._check_path("open", path)

    def _check_paths(self, event, arguments):
        relative_to_folder = any(isinstance(one, int) and one != -1 for one in arguments[-2:]) and event in (
            "os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.link")
        if relative_to_folder and not os.path.isabs(os.fspath(arguments[0])):
            return  # inside a folder that was opened before, as shutil.rmtree does
        for path in arguments[:_CHANGES[event]]:
            if not isinstance(path, int):
                self._check_path(event, path)

    def _check_database(self, name):
        text = os.fsdecode(name)
        if text not in ("", ":memory:") and "mode=ro" not in text:
            self._check_path("sqlite3.connect", text.removeprefix("file:").partition("?")[0])

    def _check_path(self, event, path):
        real = os.path.realpath(os.fsdecode(path))
        if not any(real == folder or real.startswith(folder + os.sep) for folder in self.folders):
            self._refuse(f"{event}: {real} is outside the temporary folder")

    def _check_address(self, caller, address):
        on_this_machine = caller.family == getattr(socket, "AF_UNIX", None) or not isinstance(address, tuple)
        if not on_this_machine and isinstance(address[0], str) and not is_here(address[0]):
            self._refuse(f"reached for {address[0]}")

    def _refuse(self, what):
        self.refused.append(what)
        raise Refused(what)


def is_here(host):
    """Whether a host name or address means this machine."""
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(os.fsdecode(host)).is_loopback
    except ValueError:
        return False


def listing(folder, leave_out=(), only=("*",)):
    """The files below a folder, as text; names in `leave_out` are passed over at any depth."""
    found = set()
    for pattern in only:
        for start in Path(folder).glob(pattern):
            found |= _below(start, leave_out)
    return found


def _below(start, leave_out):
    if any(fnmatch.fnmatch(start.name, name) for name in leave_out):
        return set()
    if not start.is_dir() or start.is_symlink():
        return {str(start)}
    return set().union(*(_below(inner, leave_out) for inner in start.iterdir()))
