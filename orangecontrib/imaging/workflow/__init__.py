"""Workflows without a screen: what a file holds, run it to its end, keep what its widgets made.

::

    check.py        what a workflow file is, judged before Orange opens it
    trust.py        which widgets can run code, judged before they are made
    application.py  the Qt application, and the widgets that are installed
    session.py      Orange's canvas classes without a canvas: widgets, signals, the end
    run.py          run_workflow(): from the file to the results
    results.py      tables as CSV, pictures as PNG
    demo_flow.py    the Explore workflow on sample pictures

Orange and Qt are imported when a workflow is run, not with this package.
"""

from __future__ import annotations

from pathlib import Path

from .check import read_flow

__all__ = ["demo", "read_flow", "run_workflow"]


def run_workflow(flow: Path, *, folder: Path | None = None, out: Path | None = None,
                 trust: bool = False) -> list[Path]:
    """Run a workflow without a screen until all its widgets are done.

    Args:
        flow: an ``.ows`` file.
        folder: the pictures to run it on, in place of the folder that its Import Images names.
        out: where to write every table (CSV) and every widget's picture (PNG), named after widget
            and output; made if missing. None: nothing is written.
        trust: open it even if it could run somebody's code.

    Returns:
        The files that were written, tables first, in the order of the widgets in the workflow.

    Raises:
        WorkflowError: the file cannot be opened, a widget of it is not installed, failed, or shows
            an error (what the other widgets made is in `out` all the same), or nothing moved for
            30 minutes.
        WrongUse: the file is missing; or the workflow has no Import Images for `folder`, or
            several; or it has one without a folder.
        FolderError: `folder` is missing, unreadable, or holds no picture.
        OutputError: `out` cannot be written.
    """
    from .run import run_flow

    return run_flow(flow, folder=folder, out=out, trust=trust)


def demo(out: Path, *, screen: bool | None = None) -> list[Path]:
    """Run the Explore workflow on sample pictures; show it in Orange where there is a screen.

    Args:
        out: gets ``pictures`` (the samples), ``explore.ows`` (the workflow on them) and the
            results; made if missing.
        screen: open Orange and wait until it is closed; None finds out whether there is a screen.

    Returns:
        The results: tables and pictures.

    Raises:
        What `run_workflow` raises.
    """
    from .demo_flow import run_demo

    return run_demo(out, screen=screen)
