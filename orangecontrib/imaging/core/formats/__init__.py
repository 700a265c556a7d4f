"""Formats of instruments and phones that a reader of their own is needed for; each is an extra of the installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import first_line
from ..reading import Reading
from ..refusal import Refused
from ..stack import Stack
from ..versions import with_version

START_BYTES = 132  # of a file, by which its format is known
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True)
class Format:
    """A format and what reads it.

    Attributes:
        title: for people.
        suffixes: endings of its files, in small letters.
        extra: of the installation, which brings the reader.
        requires: the module that reads it.
        distributions: whose versions decide on the pixels.
        module, reader: ours, in this package: a `Stack` made of (path, bytes on disk, recipe).
        companions: endings of its files whose pixels lie in other files beside them.
    """

    title: str
    suffixes: tuple[str, ...]
    extra: str
    requires: str
    distributions: tuple[str, ...]
    module: str
    reader: str
    companions: tuple[str, ...] = ()

    @property
    def is_installed(self) -> bool:
        """Whether its reader is on this computer; it is not imported."""
        return find_spec(self.requires) is not None

    @cached_property
    def version(self) -> str:
        """What reads it, such as ``"nd2 0.12.0"``; the bare name of what is not installed."""
        return " ".join(map(with_version, self.distributions))

    def has_name(self, path: str) -> bool:
        """Whether a file is named like this format's."""
        return path.lower().endswith(self.suffixes)

    def has_companions(self, path: str) -> bool:
        """Whether the pixels lie in other files than this one."""
        return path.lower().endswith(self.companions)


CZI = Format("Zeiss CZI", (".czi",), "microscopy", "pylibCZIrw", ("pylibCZIrw",), "czi", "Czi")
ND2 = Format("Nikon ND2", (".nd2",), "microscopy", "nd2", ("nd2",), "nd2_file", "Nd2")
LIF = Format("Leica LIF", (".lif",), "microscopy", "liffile", ("liffile",), "lif", "Lif")
SLIDE = Format("whole slide", (".svs", ".ndpi", ".scn", ".mrxs", ".bif", ".vms", ".vmu", ".svslide"), "slides",
               "openslide", ("openslide-python", "openslide-bin"), "slide", "open_slide", (".mrxs", ".vms", ".vmu"))
DICOM = Format("DICOM", (".dcm", ".dicom"), "dicom", "pydicom", ("pydicom",), "dicom", "Dicom")
HEIF = Format("HEIC", (".heic", ".heif", ".hif"), "heif", "pillow_heif", ("pillow-heif",), "heif", "Heif")
FORMATS = (CZI, ND2, LIF, SLIDE, DICOM, HEIF)
SUFFIXES = frozenset(suffix for one in FORMATS for suffix in one.suffixes)


def find_format(start: bytes, path: str) -> Format | None:
    """The format of a file by how it begins; slides, many of which are TIFF files, by their ending.

    Args:
        start: the first `START_BYTES` bytes of the file, or all of them.
    """
    if SLIDE.has_name(path):
        return SLIDE
    if start.startswith(b"ZISRAWFILE"):
        return CZI
    if start.startswith(b"\xda\xce\xbe\x0a"):
        return ND2
    if start.startswith(b"\x70\0\0\0") and start[8:9] == b"\x2a":
        return LIF
    if start[128:132] == b"DICM":
        return DICOM
    return HEIF if start[4:8] == b"ftyp" and start[8:12] in _HEIF_BRANDS else None


def reader_by_name(path: str) -> str:
    """What reads files named like this one, with its version; ``""`` where none of these formats is named so."""
    return next((kind.version for kind in FORMATS if kind.has_name(path)), "")


def open_format(kind: Format, path: str, size: int, reading: Reading) -> Stack:
    """A file of one of these formats, opened; close it.

    Raises:
        Refused: its reader is not installed, or as the reader says.
    """
    if not kind.is_installed:
        raise Refused(f"a {kind.title} file; to read it, install the extra '{kind.extra}': "
                      f'pip install "Orange3-Imaging[{kind.extra}]"')
    module = import_module(f"{__name__}.{kind.module}")
    with _told(module.ERRORS):
        return _Told(getattr(module, kind.reader)(path, size, reading), module.ERRORS)


class _Told(Stack):
    """A stack whose reader's own errors become refusals."""

    def __init__(self, stack: Stack, errors: tuple[type[Exception], ...]) -> None:
        self._stack, self._errors = stack, errors
        self.info, self.orientation, self.notes = stack.info, stack.orientation, stack.notes

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        with _told(self._errors):
            return self._stack.channel(number, time, z)

    def colours(self, time: int, z: int) -> NDArray[Any]:
        with _told(self._errors):
            return self._stack.colours(time, z)

    def alpha(self, time: int, z: int) -> NDArray[np.uint8] | None:
        with _told(self._errors):
            return self._stack.alpha(time, z)

    def has_plane(self, number: int, time: int, z: int) -> bool:
        return self._stack.has_plane(number, time, z)

    def close(self) -> None:
        self._stack.close()


@contextmanager
def _told(errors: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        raise Refused(f"the file is damaged ({first_line(error)})") from error
