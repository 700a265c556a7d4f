"""A chosen folder of pictures as it stands in settings, and the way from there to the disk.

In settings a folder is text: an escaped path, or ``samples:NAME`` for one of the drawn sample
sets. A path may be relative to the folder that the workflow lies in.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from ...core.paths import cache_folder, escape_path, unescape_path
from ...core.samples import DRAWING_VERSION, SAMPLE_SETS, write_samples

SAMPLES = "samples:"
#: The titles of sample sets in the user's language; those of `SAMPLE_SETS` stand in files, and so are always English.
_SAMPLE_TITLES = {
    "nuclei": "Oocyte nuclei",
    "yeast": "Yeast cells with a GFP signal",
    "plates": "Cells on ten plates",
    "yeast-new": "New yeast cells, without classes",
    "mislabeled": "Yeast cells, some in the wrong folder",
    "backgrounds": "Algae, each kind on its own background",
    "backgrounds-exchanged": "Algae, backgrounds exchanged",
    "backgrounds-mixed": "Algae, backgrounds mixed",
    "stained": "Weakly and strongly stained nuclei, 16 bits",
}
_Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FolderChoice:
    """What was chosen, and where else to look for it.

    Attributes:
        text: the folder as it stands in settings.
        workflow_folder: that the workflow lies in, in the system's own form; "" if not saved.
        beside: the folder relative to the workflow, as it was when it was chosen; "" if unknown.
    """

    text: str
    workflow_folder: str = ""
    beside: str = ""

    @property
    def is_sample(self) -> bool:
        """Whether a sample set was chosen."""
        return self.text.startswith(SAMPLES)

    @property
    def place(self) -> str:
        """Where it was when it was chosen, in the system's own form; it looks at no disk."""
        return os.path.join(self.workflow_folder, unescape_path(self.text))

    def locate(self, on_progress: _Progress, cancelled: Callable[[], bool]) -> str:
        """The folder on disk, in the system's own form; sample pictures are drawn if need be.

        It looks at the disk, so call it in a thread. A folder that is not there is returned all
        the same, for the error to name it.

        Raises:
            WrongUse: there are no such samples.
            OutputError, OSError: the samples cannot be written.
            Cancelled: `cancelled` said so.
        """
        if self.is_sample:
            root, name = cache_folder() / "samples" / f"v{DRAWING_VERSION}", self.text.removeprefix(SAMPLES)
            write_samples(root, [name], on_progress=on_progress, cancelled=cancelled)
            return str(root / name)
        beside = unescape_path(self.beside)
        # Some workflows that were saved on Windows hold "\".
        ways = [beside, beside.replace("\\", "/")] if self.workflow_folder and beside else []
        places = [self.place, *(os.path.join(self.workflow_folder, way) for way in ways)]
        return next(filter(os.path.exists, places), self.place)


def as_setting(path: str) -> str:
    """A folder of the disk as text for settings."""
    return escape_path(os.path.abspath(path))


def beside_workflow(text: str, workflow_folder: str) -> str:
    """A folder relative to the workflow, with "/" on every system, as text for settings; "" if it lies elsewhere."""
    path = PurePath(unescape_path(text))
    if not workflow_folder or text.startswith(SAMPLES):
        return ""
    inside = path.is_relative_to(workflow_folder)
    return escape_path(path.relative_to(workflow_folder).as_posix()) if inside else ""


def title_of(text: str) -> str:
    """A short name for people: the last two parts of the path, or the name of the samples."""
    if text.startswith(SAMPLES):
        title = _SAMPLE_TITLES.get(text.removeprefix(SAMPLES), text)
        return f"Sample (synthetic): {title}"
    parts = PurePath(text).parts
    return os.path.join(*parts[-2:]) if len(parts) > 2 else text


def sample_choices() -> list[str]:
    """All sample sets, as text for settings."""
    return [SAMPLES + name for name in SAMPLE_SETS]
