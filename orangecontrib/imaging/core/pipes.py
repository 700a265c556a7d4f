"""The pipes of a child process to its parent."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO


def private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Our own copies of the pipes; a stray print goes to standard error, a stray read finds nothing."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return incoming, outgoing
