"""run_flow(): a workflow file, run without a screen, to tables and pictures."""

from __future__ import annotations

import logging
from pathlib import Path

from Orange.data import Table
from Orange.evaluation import Results
from orangecanvas.scheme import SchemeNode
from orangewidget.widget import OWBaseWidget

from ..core.errors import WorkflowError, WrongUse
from ..core.folders import scan_folder
from ..core.paths import escape_path
from .check import read_flow
from .results import ResultFolder, lay_out
from .scores import score_table
from .session import Session, StalledError
from .trust import check_nodes

IMPORT_IMAGES = "orangecontrib.imaging.widgets.owimportimages.OWImportImages"
_STALL_S = 1800.0
_OLDER_FOLDERS = "recent_paths"  # in settings that the older add-on saved

_log = logging.getLogger(__name__)


def run_flow(flow: Path, *, folder: Path | None, out: Path | None, trust: bool,
             stall_s: float = _STALL_S) -> list[Path]:
    """See `orangecontrib.imaging.workflow.run_workflow`.

    `stall_s` is the longest time, in seconds, without any widget sending data or showing progress.
    """
    content = read_flow(flow, trust=trust)
    if folder is not None:
        scan_folder(folder, probe=False)
    session = Session(content, flow.parent)
    try:
        _check_loaded(flow, session)
        if not trust:
            check_nodes(flow, session.nodes)
        _choose_folder(flow, session.nodes, folder)
        results = ResultFolder(out) if out is not None else None
        _run(flow, session, stall_s)
        if results is not None:
            _write_results(session, results)
        _report(flow, session)
    finally:
        session.close()
    return results.written if results is not None else []


def _check_loaded(flow: Path, session: Session) -> None:
    if session.failures:
        reasons = "; ".join(reason for _, reason in session.failures)
        raise WorkflowError(f"{escape_path(str(flow))}: {reasons}. "
                            "Install the add-on that this workflow needs.")
    if not session.nodes:
        raise WorkflowError(f"{escape_path(str(flow))}: there are no widgets in this workflow.")


def _choose_folder(flow: Path, nodes: list[SchemeNode], folder: Path | None) -> None:
    """Put `folder` into the settings of the one Import Images; none may be left without."""
    importers = [node for node in nodes if node.description.qualified_name == IMPORT_IMAGES]
    shown = escape_path(str(flow))
    if folder is not None and len(importers) != 1:
        raise WrongUse(f"{shown}: --folder needs one Import Images in the workflow; there are "
                       f"{len(importers)}. Choose the folders in Orange, and leave out --folder.")
    for node in importers:
        if folder is not None:
            others = {name: value for name, value in node.properties.items() if name != _OLDER_FOLDERS}
            node.properties = {**others, "folder": escape_path(str(folder.resolve()))}
        if not (node.properties.get("folder") or node.properties.get(_OLDER_FOLDERS)):
            raise WrongUse(f"{shown}: {node.title!r} has no folder of pictures. "
                           "Name one with --folder.")


def _run(flow: Path, session: Session, stall_s: float) -> None:
    try:
        session.run(stall_s, lay_out)
    except StalledError as error:
        failed = f" Failed: {_named(session.failures)}." if session.failures else ""
        raise WorkflowError(f"{escape_path(str(flow))}: stopped, because nothing moved for "
                            f"{stall_s:.0f} s. Still working: {error}.{failed}") from error


def _write_results(session: Session, results: ResultFolder) -> None:
    for node, output, value in session.outputs():
        if isinstance(value, Table):
            results.add_table(f"{node.title} - {output}", value)
        elif isinstance(value, Results):
            results.add_table(f"{node.title} - Scores", score_table(value))
    for node, widget in session.widgets():
        # k-Means, for one, hides its main area while there is nothing to compare in it
        if widget.want_main_area and widget.mainArea.isVisibleTo(widget) and session.has_data(node):
            results.add_picture(node.title, widget)


def _report(flow: Path, session: Session) -> None:
    for title, text in session.messages(OWBaseWidget.Warning.severity):
        _log.warning("%s: %s", title, text)
    errors = session.failures + session.messages(OWBaseWidget.Error.severity)
    if errors:
        raise WorkflowError(f"{escape_path(str(flow))}: {_named(errors)}")


def _named(errors: list[tuple[str, str]]) -> str:
    return "; ".join(f"{title or 'Orange'}: {text}" for title, text in errors)
