"""Files that Qt paints, whole or not at all: it paints in memory, as its own files swallow what a full disk says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOMEM
from pathlib import Path
from typing import BinaryIO

from AnyQt.QtCore import QBuffer, QByteArray, QIODevice
from AnyQt.QtGui import QImage, QPaintDevice, QPainter

from ...core.placing import placed


class PaintedFile(QBuffer):
    """A device to paint on, in memory; what it holds is moved on to a file by `pour`."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.open(QIODevice.OpenModeFlag.WriteOnly)

    def pour(self) -> None:
        """Write what was painted since the last time to the disk. Raises OSError."""
        self._file.write(self.data())
        self._file.flush()
        self.close()
        self.setData(QByteArray())
        self.open(QIODevice.OpenModeFlag.WriteOnly)

    def take_png(self, image: QImage) -> None:
        """Hold an image as PNG. Raises OSError."""
        if not image.save(self, "PNG"):
            raise _no_memory()


@contextmanager
def painted_file(path: Path, replaces: bool = True) -> Iterator[PaintedFile]:
    """Give a device to paint on; what it holds at the end is at `path` then, see `core.placing.placed`.

    Raises:
        OutputError: the system refuses, at once where nothing can be written there at all.
    """
    with placed(path, replaces) as beside, beside.open("wb") as file:
        device = PaintedFile(file)
        yield device
        device.pour()


def painter_on(device: QPaintDevice) -> QPainter:
    """Begin to paint. Raises OSError where there is no memory for it."""
    painter = QPainter()
    if not painter.begin(device):
        raise _no_memory()
    return painter


def _no_memory() -> OSError:
    return OSError(ENOMEM, os.strerror(ENOMEM))
