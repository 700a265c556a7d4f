"""Tables whose pictures were moved."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from functools import cache

from Orange.data import Domain, StringVariable, Table

from ..core.addresses import is_web_address
from ..core.files import JOINT
from ..core.moved import Place, spread
from ..core.paths import escape_path

_SAMPLE = 200


def place_key(column: StringVariable, paths: Sequence[str]) -> str:
    """What a place is remembered by, so that it is used for no other table.

    A full path tells by its beginning whether a place is meant for it. A relative one does not, and other tables may
    have the same names: then their number and some of them must be the same.

    Args:
        column: the image column.
        paths: its `columns.image_paths`.
    """
    origin = str(column.attributes.get("origin", ""))
    relative = [] if os.path.isabs(origin) else [
        path for path in paths if path and not os.path.isabs(path) and not is_web_address(path)]
    known = [column.name, origin, len(relative), *spread(relative, _SAMPLE)]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def with_place(table: Table, column: StringVariable, paths: Sequence[str], place: Place) -> tuple[Table, list[str]]:
    """The table with a column of the same name that says where its pictures lie now, and their paths; looks at no file.

    All else is kept; the table that was given stays as it was.

    Args:
        table: of any rows.
        column: one of its metas.
        paths: its `columns.image_paths`.
        place: where pictures lie now.
    """
    moved = StringVariable(column.name)
    moved.attributes = {**column.attributes, "type": "image", "origin": escape_path(place.folder)}
    domain = table.domain
    metas = tuple(moved if meta is column else meta for meta in domain.metas)
    result = table.transform(Domain(domain.attributes, domain.class_vars, metas))
    metas_now = result.metas.copy()  # until here the table's own
    pairs = _moved(paths, place)
    metas_now[:, metas.index(moved)] = [written for _, written in pairs]
    with result.unlocked_reference():
        result.metas = metas_now
    return result, [path for path, _ in pairs]


def _moved(paths: Sequence[str], place: Place) -> list[tuple[str, str]]:
    """Where pictures lie now, and how the column says so: relative to the place's folder where they lie in it.

    What is to be said of a folder is found out once, for 20,000 pictures lie in a few of them.
    """
    inside = place.folder + os.sep

    @cache
    def starts(before: str) -> tuple[str, str]:
        now = place.start(before)
        return now, now[len(inside):].replace(os.sep, "/") if now.startswith(inside) else now

    def one(path: str) -> tuple[str, str]:
        cut = path.rfind(os.sep) + 1
        name = path[cut:]
        now, written = starts(path[:cut])
        return now + name, escape_path(written + name)

    def all_files(path: str) -> tuple[str, str]:
        files, written = zip(*map(one, path.split(JOINT)))
        return JOINT.join(files), JOINT.join(written)

    return [(path, path) if not path or is_web_address(path) else
            all_files(path) if JOINT in path else one(path) for path in paths]
