"""What in a workflow can run somebody's code: widgets by their nature, files by their reader or their name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from Orange.data.io import FileFormat, PickleReader
from Orange.data.io_base import MissingReaderException
from Orange.widgets.data.owfile import OWFile
from orangecanvas.scheme import SchemeNode
from orangewidget.utils.filedialogs import RecentPath

from ..core.paths import escape_path
from .check import code_in, refusal

_FILE = "Orange.widgets.data.owfile.OWFile"

#: Widgets whose purpose is to run code, or to load what can.
_RUNS_CODE = {
    "Orange.widgets.data.owpythonscript.OWPythonScript": "runs the Python code in it",
    "Orange.widgets.model.owloadmodel.OWLoadModel": "loads a model file, which can run code",
}

#: What Orange saves of a recent file; another, as ``resolve``, would be taken in the place of a method.
_OF_RECENT = vars(RecentPath("", None, None)).keys()

_DATA_ENDINGS = (*FileFormat.writers, ".pkcls", ".dst")


def check_nodes(flow: Path, nodes: list[SchemeNode]) -> None:
    """Refuse a workflow with a widget that runs code, opens data which can, or writes what could be run.

    Args:
        flow: the file, to be named, and to find what lies beside it.
        nodes: what Orange made of it: old names of widgets are resolved, settings read.

    Raises:
        WorkflowError: there is such a widget.
    """
    for node in nodes:
        name = node.description.qualified_name
        danger = _danger_in_file(node.properties, flow.parent) if name == _FILE else _RUNS_CODE.get(name)
        if danger := danger or _danger_in_saving(node.properties):
            raise refusal(flow, f"{node.title!r} {danger}")


def _danger_in_file(settings: dict[str, Any], folder: Path) -> str:
    """What a File would open that can run code; ``""`` if nothing. It opens the first of its recent files."""
    if settings.get("source", OWFile.LOCAL_FILE) != OWFile.LOCAL_FILE:
        return "loads data from the network, and a pickle from there can run code"
    match settings.get("recent_paths"):
        case None | []:
            return ""
        case [RecentPath(abspath=str(), relpath=str() | None, file_format=str() | None) as first, *_] if (
                vars(first).keys() <= _OF_RECENT):
            dangers = (_danger_in_data(path, first.file_format) for path in _places(first, folder))
            return next(filter(None, dangers), "")
    return "has recent files that Orange did not write"


def _danger_in_saving(settings: dict[str, Any]) -> str:
    """What one of Orange's Save widgets would write that somebody may run later: its text can be chosen."""
    name = settings.get("stored_name")
    if not (settings.get("auto_save") and name) or str(name).lower().endswith(_DATA_ENDINGS):
        return ""
    return f"saves by itself to {escape_path(str(name))}, which is no name of data"


def _places(recent: RecentPath, folder: Path) -> list[str]:
    """Wherever Orange could find a recent file, on this computer and the one where it was chosen."""
    folders = [str(folder.resolve()), *(place for _, place in OWFile.SEARCH_PATHS)]
    names = [name for name in (recent.relpath, recent.basename) if name]
    return [recent.abspath, *(os.path.join(place, name) for place in folders for name in names)]


def _danger_in_data(path: str, reader_name: str | None) -> str:
    """What is dangerous in a data file; `reader_name` is the reader that was chosen for it, if any."""
    shown = escape_path(path)
    readers = {reader.qualified_name(): reader for reader in FileFormat.readers.values()}
    if reader_name and reader_name not in readers:
        return f"opens {shown} with {reader_name}, which is no reader of Orange"
    try:
        reader = readers[reader_name] if reader_name else type(FileFormat.get_reader(path))
    except MissingReaderException:
        return ""  # Orange does not open it either
    if issubclass(reader, PickleReader):
        return f"opens {shown}, and a pickle can run code"
    return _danger_in_attributes(Path(path + ".metadata"))


def _danger_in_attributes(file: Path) -> str:
    """Orange unpickles it with the table that it lies beside."""
    try:
        loaded = code_in(file.read_bytes()) if file.is_file() else ""
    except OSError as error:
        return f"opens {escape_path(str(file))}, which cannot be read here ({(error.strerror or 'refused').lower()})"
    return f"opens {escape_path(str(file))}, which would load {loaded}" if loaded else ""
