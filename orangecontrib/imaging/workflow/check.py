"""What a workflow file is, judged before Orange opens it.

Orange restores the settings of a widget with `pickle` where the file says so, and a pickle can
run any code. Orange itself writes such settings for widgets that remember a choice per data set.
Here they are opened only if they hold nothing but those records.
"""

from __future__ import annotations

import base64
import io
import pickle
from ast import literal_eval
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..core.errors import WorkflowError, WrongUse
from ..core.paths import escape_path

#: What Orange's own settings hold besides numbers and text; judged by a stand-in, `_Record`.
_HARMLESS = frozenset({
    ("orangewidget.settings", "Context"),
    ("Orange.widgets.settings", "Context"),
    ("orangewidget.utils.filedialogs", "RecentPath"),
    ("Orange.widgets.utils.filedialogs", "RecentPath"),
    ("Orange.data.variable", "ContinuousVariable"),
    ("Orange.data.variable", "DiscreteVariable"),
    ("Orange.data.variable", "StringVariable"),
    ("Orange.data.variable", "TimeVariable"),
    ("Orange.data.variable", "make_variable"),
})
_SETS = frozenset({("builtins", "set"), ("builtins", "frozenset")})

#: NumPy's numbers, which some widgets save in the place of Python's; see `_NumberType`.
_NUMPY = {("numpy", "dtype"): "_NumberType", ("numpy.core.multiarray", "scalar"): "_number",
          ("numpy._core.multiarray", "scalar"): "_number"}
_NUMBER_TYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")

_VERSIONS = ("2.0", "2.1")

#: What `literal_eval`, `base64` and `pickle` raise on nonsense.
_DAMAGED = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, EOFError, LookupError,
            AttributeError, ImportError, OverflowError, pickle.UnpicklingError)


class _CodeInSettings(pickle.UnpicklingError):
    """A pickle asks for something that is not among the harmless records."""


class _Unchangeable(type):
    """Of the stand-in: a pickle can set attributes of a class, which would hold for all of Orange."""

    def __setattr__(cls, name: str, value: object) -> None:
        raise _CodeInSettings(f"a change of Orange's own records ({name!r})")


class _Record(metaclass=_Unchangeable):
    """In the place of Orange's own records, and of what makes them."""

    def __new__(cls, *_: object, **__: object) -> _Record:
        return super().__new__(cls)


class _NumberType:
    """In the place of `numpy.dtype`: only types of plain numbers, for others can hold objects."""

    def __new__(cls, code: object = "", *_: object) -> _NumberType:
        if code not in _NUMBER_TYPES:
            raise _CodeInSettings("numpy.dtype")
        made = super().__new__(cls)
        made.bytes = int(str(code)[1:])
        return made

    bytes: int

    def __setstate__(self, state: object) -> None:
        if not (isinstance(state, tuple) and state[1:2] in (("<",), (">",), ("|",))
                and (state[0], *state[2:]) == (3, None, None, None, -1, -1, 0)):
            raise _CodeInSettings("numpy.dtype")


def _number(kind: object, content: object) -> int:
    """In the place of NumPy's function that makes a number of bytes."""
    if type(kind) is not _NumberType or type(content) is not bytes or len(content) != kind.bytes:
        raise _CodeInSettings("numpy.core.multiarray.scalar")
    return 0


class _SettingsUnpickler(pickle.Unpickler):
    """Goes through what a pickle makes, with stand-ins, and refuses everything else before it is called.

    Attributes:
        admitted: the last that was asked for; ``""`` while only numbers and text have come.
    """

    admitted = ""

    def find_class(self, module: str, name: str) -> Any:
        self.admitted = f"{module}.{name}"
        if (module, name) in _NUMPY:
            return globals()[_NUMPY[module, name]]
        if (module, name) in _HARMLESS:
            return _Record
        if (module, name) in _SETS:
            return super().find_class(module, name)
        raise _CodeInSettings(self.admitted)


def read_flow(flow: Path, *, trust: bool = False) -> bytes:
    """Read a workflow file whose settings are safe to open.

    Whether its widgets run code is judged by `trust.check_nodes`, once Orange knows them by their names of today.

    Args:
        flow: an ``.ows`` file.
        trust: do not ask whether the settings could run code.

    Raises:
        WrongUse: the file is missing.
        WorkflowError: it is unreadable, no Orange workflow, or (unless trusted) settings in it
            could run code.
    """
    content = _read_file(flow)
    root = _parse(flow, content)
    titles = {node.get("id", ""): node.get("title", "") for node in root.iterfind("nodes/node")}
    for settings in root.iterfind("node_properties/properties"):
        title = titles.get(settings.get("node_id", ""), "")
        in_attribute = root.get("version") == "2.0" and "data" in settings.attrib
        text = settings.get("data") if in_attribute else settings.text
        _check_settings(flow, title, settings.get("format"), text or "", trust)
    return content


def code_in(content: bytes) -> str:
    """Name what a pickle would load besides Orange's own records; ``""`` if nothing, or if it is no pickle.

    One that a stand-in cannot go on with counts as dangerous: the real one could, and what follows is not judged.
    """
    pickled = _SettingsUnpickler(io.BytesIO(content))
    try:
        pickled.load()
    except _CodeInSettings as error:
        return str(error)
    except _DAMAGED:
        return pickled.admitted
    return ""


def refusal(flow: Path, why: str) -> WorkflowError:
    """What is raised for a workflow that could run code; `why` is a clause."""
    return WorkflowError(f"{_shown(flow)}: not opened, because this workflow can run somebody's "
                         f"code on this computer: {why}. If you know where it comes from, "
                         "run it with --trust.")


def _read_file(flow: Path) -> bytes:
    try:
        return flow.read_bytes()
    except FileNotFoundError as error:
        raise WrongUse(f"{_shown(flow)}: there is no such file. Check the path.") from error
    except OSError as error:
        reason = (error.strerror or "refused").lower()
        raise WorkflowError(f"{_shown(flow)}: the file cannot be read ({reason}). "
                            "Ask for the right to read it.") from error


def _parse(flow: Path, content: bytes) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise WorkflowError(f"{_shown(flow)}: this is not an Orange workflow, or it is damaged "
                            f"({error}). Save it again from Orange.") from error
    if root.tag != "scheme":
        raise WorkflowError(f"{_shown(flow)}: this is not an Orange workflow. "
                            "Choose an .ows file.")
    if root.get("version") not in _VERSIONS:
        raise WorkflowError(f"{_shown(flow)}: the workflow has format {root.get('version')}, known "
                            f"are {' and '.join(_VERSIONS)}. Open and save it in a current Orange.")
    return root


def _check_settings(flow: Path, title: str, form: str | None, text: str, trust: bool) -> None:
    if form == "pickle" and trust:
        return
    try:
        settings = _unpickle(text) if form == "pickle" else literal_eval(text)
    except _CodeInSettings as error:
        raise refusal(flow, f"the settings of {title!r} would load {error}") from error
    except _DAMAGED as error:
        raise _damaged(flow, title) from error
    if not isinstance(settings, dict):  # Orange would unpickle them if they were bytes
        raise _damaged(flow, title)


def _unpickle(text: str) -> Any:
    return _SettingsUnpickler(io.BytesIO(base64.decodebytes(text.encode("ascii")))).load()


def _damaged(flow: Path, title: str) -> WorkflowError:
    return WorkflowError(f"{_shown(flow)}: the settings of {title!r} are damaged. "
                         "Save the workflow again from Orange.")


def _shown(flow: Path) -> str:
    return escape_path(str(flow))
