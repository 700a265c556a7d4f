"""The ends of Parquet files, read without the rest: which file it is, and what is told of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import WrongUse
from ..paths import escape_path

_MAGIC = b"PAR1"
_TAIL_BYTES = 8  # four of the footer's length, and the magic letters
_READ_BYTES = 16384  # most footers are shorter, and one call reads them


@dataclass(frozen=True)
class Footer:
    """The last part of a Parquet file: bytes of the whole file, and the footer itself."""

    file_bytes: int
    data: bytes

    @property
    def sha256(self) -> str:
        """In hex."""
        return hashlib.sha256(self.data).hexdigest()


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn a refusal of the system into a sentence that names the file or folder; an absent one stays an OSError.

    Raises:
        WrongUse: the block raised another OSError than FileNotFoundError or NotADirectoryError.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WrongUse(f"{escape_path(str(path))}: it cannot be read ({reason}). See that you may read it, or choose "
                       "another folder.") from error


def read_footer(path: Path) -> Footer | None:
    """The end of a Parquet file; None where there is none, or it is no such file or not a whole one.

    Raises:
        WrongUse: it is there, but may not be read.
    """
    try:
        with readable(path), open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _READ_BYTES))
            end = file.read(_READ_BYTES)
            length = int.from_bytes(end[-_TAIL_BYTES:-4], "little") + _TAIL_BYTES
            if not end.endswith(_MAGIC) or not 3 * len(_MAGIC) < length <= size - len(_MAGIC):
                return None
            if length > len(end):
                file.seek(size - length)
                end = file.read(length)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Footer(size, end[-length:])


def read_metadata(path: Path) -> dict[str, str]:
    """What a Parquet file tells of itself; nothing where there is no such file, or not a whole one. Raises WrongUse."""
    import pyarrow
    import pyarrow.parquet

    footer = read_footer(path)
    if footer is None:
        return {}
    try:  # its columns are not looked at
        told = pyarrow.parquet.read_metadata(pyarrow.BufferReader(_MAGIC + footer.data)).metadata
        return {name.decode(): value.decode() for name, value in (told or {}).items()}
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError):  # OSError: how Arrow calls what it cannot decode
        return {}
