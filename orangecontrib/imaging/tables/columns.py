"""Image columns: text columns of a table whose values say where the pictures are.

A column of file names is an image column when its attribute ``type`` is ``image``. Values that are not absolute start
from the folder or web address in its attribute ``origin``. Names that UTF-8 cannot hold are in the escaped form of
`core.paths.escape_path`.
"""

from __future__ import annotations

import os
import re

from Orange.data import Domain, StringVariable, Table

from ..core.paths import escape_path, unescape_path

_WEB_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def image_variable(name: str, origin: str) -> StringVariable:
    """A text column for pictures.

    Args:
        name: the column's name.
        origin: the folder (str, the system's own form) that relative values start from.
    """
    variable = StringVariable(name)
    variable.attributes["type"] = "image"
    variable.attributes["origin"] = escape_path(origin)
    return variable


def is_image_column(variable: object) -> bool:
    """Whether a column says of itself that it holds pictures."""
    return isinstance(variable, StringVariable) and variable.attributes.get("type") == "image"


def image_columns(domain: Domain | None) -> list[StringVariable]:
    """The columns that may hold pictures: image columns first, then the other text columns."""
    if domain is None:
        return []
    texts = [variable for variable in domain.metas if isinstance(variable, StringVariable)]
    return sorted(texts, key=lambda variable: not is_image_column(variable))


def image_paths(table: Table, column: StringVariable) -> list[str]:
    """Where each row's picture is; looks at no file.

    Returns:
        One str a row, in the system's own form: an absolute path, a web address, or ``""`` where the value is
        missing. Where the column has no origin a relative name stays relative; `why_no_file` refuses it.
    """
    origin = unescape_path(str(column.attributes.get("origin", "")))
    return [_full_path(value, origin) for value in table.get_column(column)]


def why_no_file(path: str) -> str | None:
    """Why a path of `image_paths` leads to no file, as a clause for the user; None when it may. Looks at no file."""
    if not path:
        return "the image column has no value in this row"
    if _is_web_address(path):
        return "pictures at web addresses cannot be read so far; save them in a folder"
    if not os.path.isabs(path):
        return ("this is not a full path, and the column does not say in which folder it lies; "
                "name that folder in Edit Domain, as the column's label 'origin'")
    return None


def _is_web_address(text: str) -> bool:
    return _WEB_ADDRESS.match(text) is not None


def _full_path(value: object, origin: str) -> str:
    """Missing text is ``""``, None or NaN in Orange's tables."""
    if not isinstance(value, str) or not value:
        return ""
    path = unescape_path(value)
    if _is_web_address(path):
        return path
    if _is_web_address(origin):
        return f"{origin.rstrip('/')}/{path}"
    return os.path.normpath(os.path.join(origin, path.replace("/", os.sep)))
