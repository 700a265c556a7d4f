"""The table of an imported folder: one row a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from ..core.folders import FoundImage, Scan, count_categories
from ..core.paths import escape_path
from .columns import image_variable

NAME_COLUMN = "image name"
IMAGE_COLUMN = "image"
CATEGORY_COLUMN = "category"


def images_table(scan: Scan, *, with_categories: bool = True) -> Table:
    """The readable pictures of a scanned folder.

    Metas: image name (text, the file's name without its ending), image (text, relative to the
    folder; ``type`` is image, ``origin`` the folder), size (bytes on disk), width and height
    (pixels); the numbers are missing where the scan read no headers. The class *category* is
    there when at least one sub-folder holds a readable picture; it is missing for pictures that
    lie in the folder itself.

    Args:
        scan: what `core.folders.scan_folder` found.
        with_categories: False leaves the class out.
    """
    categories = category_names(scan.images) if with_categories else ()
    classes = [DiscreteVariable(CATEGORY_COLUMN, values=tuple(map(escape_path, categories)))]
    domain = Domain([], classes if categories else [], metas=_metas(scan.folder))
    count = len(scan.images)
    table = Table.from_numpy(
        domain, np.empty((count, 0)),
        _class_column(scan.images, categories) if categories else np.empty((count, 0)),
        metas=_meta_rows(scan.images))
    table.name = escape_path(os.path.basename(scan.folder) or scan.folder)
    return table


def category_names(images: Sequence[FoundImage]) -> list[str]:
    """The sub-folders that hold these pictures, in the pictures' order."""
    return [name for name in count_categories(images) if name]


def _metas(folder: str) -> list[StringVariable | ContinuousVariable]:
    numbers = [ContinuousVariable(name, number_of_decimals=0)
               for name in ("size", "width", "height")]
    return [StringVariable(NAME_COLUMN), image_variable(IMAGE_COLUMN, folder), *numbers]


def _class_column(images: Sequence[FoundImage], categories: list[str]) -> NDArray[np.float64]:
    """(n,) float64: index of each picture's category, NaN for none."""
    index = {name: float(at) for at, name in enumerate(categories)}
    return np.array([index.get(image.category, np.nan) for image in images], dtype=float)


def _meta_rows(images: Sequence[FoundImage]) -> NDArray[np.object_]:
    """(n, 5) object: name, relative path, bytes, width, height."""
    rows = np.empty((len(images), 5), dtype=object)
    for at, image in enumerate(images):
        stem = os.path.splitext(os.path.basename(image.path))[0]
        rows[at, :2] = escape_path(stem), escape_path(image.name)
        info = image.info
        rows[at, 2:] = (info.bytes, info.width, info.height) if info else (np.nan,) * 3
    return rows
