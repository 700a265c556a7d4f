"""Write the scripting reference from the docstrings: doc/reference.rst.

usage: reference_pages.py [FILE]

A test compares the page with what this writes. It is committed rather than made by Sphinx, for Sphinx builds the pages
of the wheel where neither numpy nor Orange is installed.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "doc" / "reference.rst"
_NOTE = ".. Written by scripts/reference_pages.py from the docstrings: change those."
_HEADING = "Scripting reference"
_INTRODUCTION = """\
Everything under ``orangecontrib.imaging.core`` needs neither Orange nor a window, and everything under
``orangecontrib.imaging.tables`` no window. :doc:`scripting` shows how these work together.
"""
#: heading: module -> names
CONTENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "Find pictures": {"core.folders": ("scan_folder", "Scan"), "core.found": ("FoundImage", "Skipped"),
                      "core.folder_walk": ("FileFilter",), "core.name_patterns": ("parse_pattern", "NamePattern"),
                      "core.samples": ("write_samples",)},
    "Read pictures": {"core.images": ("read_image", "Picture", "read_planes"), "core.planes": ("Planes", "Channel"),
                      "core.reading": ("Reading",), "core.folder_range": ("with_folder_range",)},
    "Turn pictures into vectors": {
        "core.embed": ("embed",), "core.options": ("Options",), "core.embeddings": ("Embeddings", "Batch"),
        "core.store": ("Store",), "core.export": ("write_vectors",)},
    "Networks": {"core.catalogue": ("all_cards", "find_network"), "core.cards": ("ModelCard", "Layer", "Weights"),
                 "core.download": ("fetch_weights",), "core.own": ("own_card",)},
    "Lay vectors out": {"core.projection": ("project", "project_distances"),
                        "core.picture_grid": ("grid_shape", "assign_cells"), "core.neighbours": ("nearest",),
                        "core.components": ("to_components",)},
    "Millions of pictures, in shards": {
        "core.shards.lists": ("read_list",), "core.shards.listing": ("make_listing", "Listing"),
        "core.shards.job": ("Job",), "core.shards.manifest": ("plan", "begin", "finish", "read_manifest", "Manifest"),
        "core.shards.files": ("missing_shards",), "core.shards.running": ("run_shards",),
        "core.shards.reading": ("open_vectors", "Vectors"), "core.shards.skips": ("read_skipped",),
        "core.shards.sampling": ("sample_rows",), "core.shards.merging": ("merge_shards", "Merged")},
    "On a Dask cluster": {
        "core.cluster.embedding": ("embed_on_cluster",), "core.cluster.addresses": ("parse_scheduler",),
        "core.cluster.opening": ("open_cluster", "OpenCluster"), "core.cluster.shards": ("run_on_cluster",)},
    "Orange tables": {"tables.imports": ("images_table", "Labels"),
                      "tables.embeddings": ("embed_table", "embedded_table", "skipped_table"),
                      "tables.columns": ("image_columns", "image_paths", "image_reading"),
                      "tables.sharded": ("table_of", "table_bytes", "skipped_table_of")},
    "Errors": {"core.errors": ("ImagingError", "WrongUse", "UnknownNetwork", "UnknownLayer", "UnknownDevice",
                               "FolderError", "UnreadableImage", "WeightsError", "WeightsMissing", "OutputError",
                               "WorkerError", "NoRoom", "Unreachable", "Cancelled")},
}
_SECTIONS = {"Args": "Arguments", "Attributes": "Attributes", "Returns": "Returns", "Yields": "Yields",
             "Raises": "Raises"}


def main(arguments: Sequence[str]) -> None:
    """Write the page."""
    (Path(arguments[0]) if arguments else PAGE).write_text(page(), encoding="utf-8")


def page() -> str:
    """The page's text."""
    parts = [_NOTE, f"{_HEADING}\n{'=' * len(_HEADING)}", _INTRODUCTION.strip()]
    for heading, modules in CONTENTS.items():
        parts.append(f"{heading}\n{'-' * len(heading)}")
        for short, names in modules.items():
            module = f"orangecontrib.imaging.{short}"
            parts += [f".. py:currentmodule:: {module}", f"``from {module} import {', '.join(names)}``"]
            parts += [_described(getattr(import_module(module), name)) for name in names]
    return "\n\n".join(parts) + "\n"


def _described(one: Any) -> str:
    """A function or class, with its methods."""
    if not inspect.isclass(one):
        return _block("function", _signature(one.__name__, one), one)
    if issubclass(one, Exception):
        return _block("exception", one.__name__, one)
    methods = [_block(kind, signature, member) for kind, signature, member in _members(one)]
    return "\n\n".join([_block("class", _signature(one.__name__, one), one), *map(_indented, methods)])


def _members(one: type) -> Iterator[tuple[str, str, Any]]:
    for name, member in vars(one).items():
        if name.startswith("_") or dataclasses.is_dataclass(member):
            continue
        if isinstance(member, property):
            yield "property", name, member
        elif isinstance(member, classmethod):
            yield "classmethod", _signature(name, getattr(one, name)), member.__func__
        elif inspect.isfunction(member):
            yield "method", _signature(name, member), member


def _block(kind: str, signature: str, one: Any) -> str:
    return "\n\n".join([f".. py:{kind}:: {signature}", _indented(in_rst(inspect.getdoc(one) or "", types_of(one)))])


def _indented(text: str) -> str:
    return textwrap.indent(text, "   ")


def _signature(name: str, one: Callable[..., Any]) -> str:
    """Names and defaults; types stand beside the arguments' descriptions."""
    shown = [parameter.replace(annotation=parameter.empty, default=_shown_default(parameter.default))
             for parameter in inspect.signature(one).parameters.values() if parameter.name != "self"]
    return f"{name}{inspect.Signature(shown)}"


def _shown_default(default: Any) -> Any:
    """A recipe of many fields is shown by its name, and what only code can tell by dots."""
    is_record = dataclasses.is_dataclass(default) and not isinstance(default, type)
    return _Text(f"{type(default).__name__}()") if is_record else (
        _Text("…") if repr(default) == "<factory>" or inspect.isfunction(default) else default)


class _Text(str):
    """Shown as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def types_of(one: Any) -> dict[str, str]:
    """The types of a function's arguments, or of a class's fields, as they are written."""
    return {name: kind for name, kind in getattr(one, "__annotations__", {}).items() if isinstance(kind, str)}


def in_rst(docstring: str, types: dict[str, str]) -> str:
    """A docstring of our kind (text, then sections such as *Args:*) as reStructuredText."""
    lines, texts = [], re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", docstring).splitlines()
    section = ""
    for line in texts:
        if line.removesuffix(":") in _SECTIONS and line.endswith(":"):
            section = line.removesuffix(":")
            lines.append(f"**{_SECTIONS[section]}**\n")
        elif section in {"Args", "Attributes", "Raises"} and re.match(r" {4}\S", line):
            lines.append(_entry(line.strip(), types))
        else:
            lines.append(line.removeprefix("    ") if section else line)
    return "\n".join(lines)


def _entry(line: str, types: dict[str, str]) -> str:
    """``name: text`` as an entry of a list of definitions."""
    name, text = line.split(": ", 1)
    kind = f" : ``{types[name]}``" if name in types else ""
    return f"``{name}``{kind}\n    {text}"


if __name__ == "__main__":
    main(sys.argv[1:])
