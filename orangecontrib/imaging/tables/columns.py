"""Image columns: text columns of a table whose values say where the pictures are.

A column of file names is an image column when its attribute ``type`` is ``image``. Values that are not absolute start
from the folder or address in its attribute ``origin``; they are written as files are named, not quoted for an address.
How its files become pictures is said by its attribute ``reading`` (``recipe:`` and JSON, see `core.reading`: Orange
takes a label that begins otherwise for Python, and would read another one from a .tab file). Names that UTF-8 cannot
hold are in the escaped form of `core.paths.escape_path`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote

from Orange.data import StringVariable, Table

from ..core.addresses import file_of, host_of, is_web_address
from ..core.errors import WrongUse, first_line
from ..core.files import JOINT
from ..core.images import IMAGE_SUFFIXES
from ..core.paths import escape_path, unescape_path
from ..core.reading import Reading
from ..core.unhurried import unhurried

READING_ATTRIBUTE, CHANNELS_ATTRIBUTE = "reading", "channels"
_RECIPE, _NAMES = "recipe:", "names:"
_LOOKED_AT = 50  # values of a column


def image_variable(name: str, origin: str, reading: Reading = Reading(),
                   channels: Sequence[str] = ()) -> StringVariable:
    """A text column for pictures.

    Args:
        name: the column's name.
        origin: the folder (str, the system's own form) that relative values start from.
        reading: how its files become pictures.
        channels: the names of those that stand on their own.
    """
    variable = StringVariable(name)
    variable.attributes["type"] = "image"
    variable.attributes["origin"] = escape_path(origin)
    if reading != Reading():
        variable.attributes[READING_ATTRIBUTE] = _RECIPE + reading.to_json()
    if channels:
        variable.attributes[CHANNELS_ATTRIBUTE] = _NAMES + json.dumps(list(channels))
    return variable


def image_reading(column: StringVariable) -> Reading:
    """How the files of a column become pictures.

    Raises:
        WrongUse: what its attribute ``reading`` says is no recipe.
    """
    text = str(column.attributes.get(READING_ATTRIBUTE, "{}")).removeprefix(_RECIPE)
    try:
        return Reading.from_json(text)
    except (ValueError, TypeError, RecursionError, WrongUse) as error:
        raise WrongUse(f"Column {column.name!r} does not say rightly how its pictures are to be read "
                       f"({first_line(error)}). Import the pictures again.") from error


def separate_channels(column: StringVariable) -> tuple[str, ...]:
    """The names of the channels that stand on their own, in their order; ``()`` where none do.

    Raises:
        WrongUse: as `image_reading`.
    """
    reading = image_reading(column)
    if not reading.separate:
        return ()
    numbered = tuple(f"channel {number + 1}" for number in reading.channels)
    try:
        names = json.loads(str(column.attributes.get(CHANNELS_ATTRIBUTE, "[]")).removeprefix(_NAMES))
    except ValueError:
        return numbered
    fit = isinstance(names, list) and len(set(map(str, names))) == len(numbered)
    return tuple(map(str, names)) if fit else numbered


def is_image_column(variable: object) -> bool:
    """Whether a column says of itself that it holds pictures."""
    return isinstance(variable, StringVariable) and variable.attributes.get("type") == "image"


def text_column(data: Table, name: str) -> StringVariable | None:
    """The text column of this name, or None."""
    try:
        column = data.domain[name]
    except KeyError:
        return None
    return column if isinstance(column, StringVariable) else None


def image_columns(data: Table | None) -> list[StringVariable]:
    """The columns that may hold pictures: image columns first, then text columns with names of files, then others."""
    if data is None:
        return []
    texts = [variable for variable in data.domain.metas if isinstance(variable, StringVariable)]
    named = {variable: names_pictures(data, variable) for variable in texts}
    return sorted(texts, key=lambda variable: (not is_image_column(variable), not named[variable]))


def names_pictures(data: Table, column: StringVariable) -> bool:
    """Whether some of its first values end as names of pictures do, or are web addresses."""
    return _name_pictures(map(str, data.get_column(column)[:_LOOKED_AT]))


def why_no_column(data: Table) -> str:
    """Why a table without a text column has no pictures, and what to do, in sentences."""
    for variable in (*data.domain.variables, *data.domain.metas):
        if variable.is_discrete and _name_pictures(variable.values[:_LOOKED_AT]):
            return (f"Column {variable.name!r} names pictures, but as categories. Make it text in the widget File, or "
                    "in Edit Domain.")
    return ("This data names no pictures: it has no text column. Connect Import Images, or a table with a column of "
            "file names.")


def _name_pictures(values: Iterable[str]) -> bool:
    """Whether some of these values end as names of pictures do, or are web addresses."""
    return any(host_of(value) or os.path.splitext(value)[1].lower() in IMAGE_SUFFIXES for value in values)


def image_paths(table: Table, column: StringVariable, reading: Reading | None = None) -> list[str]:
    """Where each row's picture is; looks at no file.

    Args:
        reading: in place of what the column says of it.

    Returns:
        One str a row, in the system's own form: an absolute path, a web address, or ``""`` where the value is
        missing. Where the column has no origin a relative name stays relative; `why_no_file` refuses it. Where the
        channels of a picture lie in files of their own, all of them with ``|`` between.

    Raises:
        WrongUse: as `image_reading`.
    """
    origin = unescape_path(str(column.attributes.get("origin", "")))
    origin = file_of(origin) or origin
    values = table.get_column(column)
    if not (reading or image_reading(column)).joined:
        return [_full_path(value, origin) for value in unhurried(values)]
    return [JOINT.join(_full_path(one, origin) for one in value.split(JOINT)) if isinstance(value, str) else ""
            for value in unhurried(values)]


def why_no_file(path: str, hosts: Collection[str] = ()) -> str | None:
    """Why a path of `image_paths` leads to no picture, as a clause for the user; None when it may. Looks at no file.

    Args:
        hosts: of web addresses, those that the user agreed to.
    """
    if not path:
        return "the image column has no value in this row"
    if is_web_address(path):
        return _why_no_address(path, hosts)
    if not os.path.isabs(path):
        return ("the table does not say in which folder of this computer it lies; press Find the Folder… in Image "
                "Viewer or Image Embedder")
    return None


def _why_no_address(url: str, hosts: Collection[str]) -> str | None:
    if host := host_of(url):
        not_allowed = f"it lies at {host}, and you have not allowed to fetch pictures from there"
        return None if host in hosts else not_allowed
    if url.lower().startswith("file:"):
        return "a file address may not name another computer; write the picture's path instead"
    return "only http, https and file addresses can be read"


def _full_path(value: object, origin: str) -> str:
    """Missing text is ``""``, None or NaN in Orange's tables."""
    if not isinstance(value, str) or not value:
        return ""
    path = unescape_path(value)
    if is_web_address(path):
        return file_of(path) or path
    if is_web_address(origin):
        return f"{origin.rstrip('/')}/{quote(path, errors='surrogatepass')}"
    if path[1:3] == ":\\":  # written on Windows; elsewhere a backslash may be part of a name
        path = path.replace("\\", "/")
    name = path.rfind("/") + 1
    if path[name:] in (".", ".."):
        name = len(path)
    return _full_folder(path[:name], origin) + path[name:]


@lru_cache(1024)
def _full_folder(folder: str, origin: str) -> str:
    """Up to the last separator; found out once, for 20,000 pictures lie in a few folders."""
    full = os.path.normpath(os.path.join(origin, folder.replace("/", os.sep)))
    return os.path.join(full, "") if full != "." else ""
