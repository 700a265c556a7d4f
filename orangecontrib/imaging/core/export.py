"""Vectors to a file: NumPy, CSV or Parquet, by its ending; and the list of what was skipped."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import WrongUse
from .paths import escape_path
from .placing import placed, writing

TABLE_ENDINGS = (".tab", ".pkl")
_SKIPPED_HEADER = ("path", "reason")
_NEEDED = {
    ".parquet": ("pyarrow", "pip install pyarrow"),
    ".tab": ("Orange", "pip install Orange3"),
    ".pkl": ("Orange", "pip install Orange3"),
}


@dataclass(frozen=True)
class Exported:
    """What a file of vectors holds.

    Attributes:
        vectors: (n, d) float32, one row a picture.
        paths: n names of pictures, relative to their folder, ``/`` between the parts.
        categories: n sub-folders; ``""`` for a picture in the folder itself.
        identity: JSON; all that the numbers depend on besides the pictures.
    """

    vectors: NDArray[np.float32]
    paths: Sequence[str]
    categories: Sequence[str]
    identity: str


def check_output(out: Path) -> None:
    """See, before any work, that a file of vectors can be written.

    A file that is there already is no obstacle: it will be replaced.

    Raises:
        WrongUse: the ending is not known, or not to Orange in capitals; a library for it is absent;
            or the place cannot be written.
    """
    ending, shown = out.suffix.lower(), escape_path(str(out))
    if ending not in ENDINGS:
        raise WrongUse(f"{shown}: the ending {ending!r} is not known. Choose one of: "
                       f"{', '.join(ENDINGS)}.")
    if ending in TABLE_ENDINGS and out.suffix != ending:
        raise WrongUse(f"{shown}: Orange opens {ending} only in small letters. "
                       f"Write {escape_path(out.with_suffix(ending).name)}.")
    module, command = _NEEDED.get(ending, ("numpy", ""))
    if find_spec(module) is None:
        raise WrongUse(f"{shown}: writing {ending} needs {module}, which is not installed. "
                       f"Install it ({command}), or choose another ending.")
    if not out.parent.is_dir():
        raise WrongUse(f"{shown}: there is no folder {escape_path(str(out.parent))}. Make it, or "
                       "choose another place.")
    if not os.access(out.parent, os.W_OK) or (out.exists() and not out.is_file()):
        raise WrongUse(f"{shown}: no file can be written there. Choose another place.")
    _check_replaceable(skipped_path(out))


def write_vectors(out: Path, exported: Exported) -> None:
    """Write vectors to a ``.npz``, ``.csv`` or ``.parquet`` file; one that is there is replaced.

    * ``.npz``: arrays ``vectors`` (n, d) float32, ``paths`` (n,) and ``categories`` (n,) text, and
      ``identity``, a text without axes.
    * ``.csv``: columns path, category, n0, n1 …; UTF-8, and numbers with the 9 digits that give
      back the same float32.
    * ``.parquet``: the same columns, float32, with ``identity`` in the schema's metadata.

    Paths and categories are written as `escape_path` gives them.

    Raises:
        OutputError: the file cannot be written.
    """
    write = _WRITERS[out.suffix.lower()]
    with placed(out) as beside:
        write(beside, exported)


def skipped_path(out: Path) -> Path:
    """Where the skipped pictures of a file of vectors are listed: ``vectors.npz.skipped.csv``."""
    return out.with_name(f"{out.name}.skipped.csv")


def write_skipped(out: Path, skipped: Iterable[tuple[str, str]]) -> Path | None:
    """List the skipped pictures beside a file of vectors, as (path, reason).

    Where nothing was skipped there is no list, and that of an earlier run goes.

    Returns:
        The list's place, or None.

    Raises:
        OutputError: the list cannot be written.
    """
    path, rows = skipped_path(out), list(skipped)
    if not rows:
        with writing(path):
            path.unlink(missing_ok=True)
        return None
    with placed(path) as beside, open(beside, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_SKIPPED_HEADER)
        writer.writerows((escape_path(name), reason) for name, reason in rows)
    return path


def _check_replaceable(path: Path) -> None:
    """Refuse to touch a file that is no list of skipped pictures."""
    if not path.exists():
        return
    try:
        with open(path, "rb") as file:
            first = file.readline(100)
    except OSError:
        first = b""
    if first.strip() != ",".join(_SKIPPED_HEADER).encode():
        raise WrongUse(f"{escape_path(str(path))}: this file is in the way; skipped pictures would "
                       "be listed there. Move it, or choose another name for the vectors.")


def _write_npz(path: Path, exported: Exported) -> None:
    with open(path, "wb") as file:  # given a name, NumPy may add to it
        np.savez(file, vectors=np.asarray(exported.vectors, dtype=np.float32),
                 paths=_texts(exported.paths), categories=_texts(exported.categories),
                 identity=np.str_(exported.identity))


def _texts(texts: Sequence[str]) -> NDArray[np.str_]:
    """(n,) text array that NumPy reads without pickle."""
    return np.array([escape_path(text) for text in texts], dtype=np.str_)


def _write_csv(path: Path, exported: Exported) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "category", *_columns(exported)))
        for name, category, vector in zip(exported.paths, exported.categories, exported.vectors):
            # 9 significant digits tell every float32 from its neighbours.
            numbers = [f"{number:.9g}" for number in vector.tolist()]
            writer.writerow((escape_path(name), escape_path(category), *numbers))


def _write_parquet(path: Path, exported: Exported) -> None:
    import pyarrow
    import pyarrow.parquet

    columns = {"path": list(map(escape_path, exported.paths)),
               "category": list(map(escape_path, exported.categories)),
               **dict(zip(_columns(exported), np.ascontiguousarray(exported.vectors.T)))}
    texts = [pyarrow.field("path", pyarrow.string()), pyarrow.field("category", pyarrow.string())]
    numbers = [pyarrow.field(name, pyarrow.float32()) for name in _columns(exported)]
    schema = pyarrow.schema([*texts, *numbers], metadata={"identity": exported.identity})
    pyarrow.parquet.write_table(pyarrow.table(columns, schema=schema), path)


def _columns(exported: Exported) -> list[str]:
    return [f"n{number}" for number in range(exported.vectors.shape[1])]


_WRITERS: dict[str, Callable[[Path, Exported], None]] = {
    ".npz": _write_npz, ".parquet": _write_parquet, ".csv": _write_csv,
}
ENDINGS = (*_WRITERS, *TABLE_ENDINGS)  # of files of vectors
