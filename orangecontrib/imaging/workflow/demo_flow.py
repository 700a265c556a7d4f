"""The Explore workflow on sample pictures: what a newcomer sees first."""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

from ..core.errors import WorkflowError
from ..core.paths import escape_path
from ..core.placing import placed
from ..core.samples import write_samples
from .run import IMPORT_IMAGES, run_flow

_SAMPLES = "nuclei"


def run_demo(out: Path, *, screen: bool | None) -> list[Path]:
    """See `orangecontrib.imaging.workflow.demo`."""
    shown = has_screen() if screen is None else screen
    environment = dict(os.environ)  # the run changes it: its own application has no screen
    pictures = out / "pictures"
    write_samples(pictures, [_SAMPLES])
    flow = out / "explore.ows"
    _write_flow(flow, pictures / _SAMPLES)
    written = run_flow(flow, folder=None, out=out, trust=False)
    if shown:
        _open_canvas(flow, environment)
    return written


def has_screen() -> bool:
    """Tell whether a window could be shown: on Windows and macOS, and where a display is named."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in ("offscreen", "minimal"):
        return False
    named = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform in ("win32", "darwin") or bool(named)


def _write_flow(flow: Path, folder: Path) -> None:
    """Copy the Explore tutorial with its Import Images set to `folder`."""
    content = files("orangecontrib.imaging.tutorials").joinpath("explore.ows").read_bytes()
    root = ElementTree.fromstring(content)
    importer = root.find(f"nodes/node[@qualified_name='{IMPORT_IMAGES}']")
    settings = importer is not None and root.find(
        f"node_properties/properties[@node_id='{importer.get('id')}']")
    if not isinstance(settings, ElementTree.Element):
        raise WorkflowError("explore.ows: the tutorial has no Import Images with settings. "
                            "Install Orange3-Imaging again.")
    chosen = {**literal_eval(settings.text or "{}"), "folder": escape_path(str(folder.resolve()))}
    settings.text = repr(chosen)
    with placed(flow) as beside:
        beside.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _open_canvas(flow: Path, environment: dict[str, str]) -> None:
    """Open Orange with this workflow, until its window is closed."""
    command = [sys.executable, "-P", "-W", "ignore", "-m", "Orange.canvas", "--no-welcome",
               str(flow.resolve())]
    ended = subprocess.run(command, env=environment, check=False).returncode
    if ended:
        raise WorkflowError(f"Orange ended with code {ended}. The results are in "
                            f"{escape_path(str(flow.parent))}; open {flow.name} in Orange.")
