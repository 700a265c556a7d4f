"""Which controls of each widget have a number in its help page, and where these numbers stand in its picture.

A control is named as people find it: by the text on or beside it, or by the name that is read out to the blind. The
page lists the same names in the same order (a test compares), and the place comes from the widget's own geometry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

RADIUS_PX = 9
#: side -> where a badge's middle is: shares of the control's width and height, and radii to the right and down
_SIDES = {"left": (0.0, 0.5, -1.3, 0.0), "corner": (1.0, 0.0, -0.3, 0.3), "before": (0.0, 0.0, 0.0, 0.0),
          "below": (0.5, 1.0, 0.0, 0.9)}


@dataclass(frozen=True)
class Control:
    """A control with a number: its name in the page, what it is found by (else its name), and the badge's side."""

    title: str
    by: str = ""
    side: str = "left"


#: page of doc/widgets: its controls, from number 1 on
PAGES: dict[str, tuple[Control, ...]] = {
    "import-images": (
        Control("Folder", "Folder of pictures"), Control("Browse…", side="before"), Control("Add…", side="before"),
        Control("Reload", side="corner"), Control("Only files like"), Control("Sub-folders"),
        Control("Look for new pictures every few seconds"), Control("Class"), Control("Names like"),
        Control("Join the files of a picture's channels"), Control("Pictures", side="after"),
        Control("How Pictures Are Read", side="after"), Control("Next picture", side="below"),
        Control("What people and networks see"), Control("Contrast"), Control("Reset", side="corner")),
    "open-embeddings": (
        Control("Folder or file"), Control("Browse Folder…", side="before"), Control("Browse File…", side="before"),
        Control("Reload", side="corner"), Control("Contents", side="after"), Control("All rows"),
        Control("Random sample"), Control("Random, in proportion by"), Control("Most different pictures"),
        Control("Pictures in the sample"), Control("Random seed"), Control("Cancel", side="corner"),
        Control("Apply Automatically", side="corner")),
    "image-embedder": (
        Control("Image column"), Control("Network"), Control("Weights"), Control("Folder", side="before"),
        Control("Run on"), Control("Device"), Control("Preset"), Control("More options"),
        Control("Status", side="after"), Control("Cancel", side="corner"),
        Control("Apply Automatically", side="corner")),
    "image-viewer": (
        Control("Search", "Search captions and texts"), Control("Labels", side="corner"), Control("Column"),
        Control("Captions"), Control("Size"), Control("Sort by"), Control("Descending"), Control("Group by"),
        Control("Color by"), Control("Selection", side="after"), Control("Send Automatically", side="corner")),
    "image-grid": (
        Control("Column"), Control("Caption"), Control("Color by"), Control("Fill the cells"), Control("Layout"),
        Control("Cells"), Control("Lay Out Again", side="corner"), Control("Send Automatically", side="corner")),
    "image-map": (
        Control("Layout"), Control("Cancel", side="corner"), Control("Column"), Control("Caption"), Control("Color by"),
        Control("Shown when pointing"), Control("Show"), Control("Size"), Control("Opacity"),
        Control("Selection", side="after"), Control("Send Automatically", side="corner"),
        Control("Move", side="corner"), Control("Rectangle", side="corner"), Control("Lasso", side="corner"),
        Control("Zoom in", side="corner"), Control("Show All", side="corner")),
    "save-images": (
        Control("Image column"), Control("Folder"), Control("Choose…", side="corner"), Control("Sub-folders"),
        Control("Names"), Control("Format"), Control("Size"), Control("If a file exists"), Control("Contact sheet"),
        Control("What Will Be Written", side="after"), Control("Save", side="corner"), Control("Cancel", side="corner"),
        Control("Open Folder", side="corner")),
    "group-folds": (
        Control("Group By", side="after"), Control("A group agrees in all of several columns"),
        Control("Number of folds"), Control("Balanced by class"), Control("Random seed"),
        Control("What the Folds Hold", side="after")),
}


def badges(widget: Any, page: str) -> list[tuple[int, int, int]]:
    """Numbers of a page's controls, and where the middles of their badges are in the widget, in pixels."""
    return [(number, *_place(widget, control)) for number, control in enumerate(PAGES[page], 1)]


def find_control(widget: Any, by: str) -> Any:
    """The one control in sight with this text, or this name; LookupError where there is none, or another one too.

    Texts of labels and buttons come before names read out, and those before titles of boxes.
    """
    for texts in (_text, _spoken, _title):
        found = [one for one in _in_sight(widget) if bare(texts(one)) == by]
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(f"{len(found)} controls are called {by!r}")
    raise LookupError(f"no control in sight is called {by!r}")


def bare(text: str) -> str:
    """A text without what marks its keyboard letter, and without a colon at its end."""
    return text.replace("&", "").strip().removesuffix(":")


def _in_sight(widget: Any) -> Iterator[Any]:
    from AnyQt.QtWidgets import QWidget

    return (one for one in widget.findChildren(QWidget) if one.isVisibleTo(widget))


def _text(one: Any) -> str:
    from AnyQt.QtWidgets import QAbstractButton, QLabel

    return str(one.text()) if isinstance(one, QAbstractButton | QLabel) else ""


def _spoken(one: Any) -> str:
    return str(one.accessibleName())


def _title(one: Any) -> str:
    from AnyQt.QtWidgets import QGroupBox

    return str(one.title()) if isinstance(one, QGroupBox) else ""


def _place(widget: Any, control: Control) -> tuple[int, int]:
    one = find_control(widget, control.by or control.title)
    corner = one.mapTo(widget, one.rect().topLeft())
    if control.side == "after":  # the title of a box
        letters = one.fontMetrics()
        return corner.x() + letters.horizontalAdvance(_title(one)) + 2 * RADIUS_PX, corner.y() + letters.height() // 2
    across, down, right, below = _SIDES[control.side]
    return (round(corner.x() + across * one.width() + right * RADIUS_PX),
            round(corner.y() + down * one.height() + below * RADIUS_PX))
