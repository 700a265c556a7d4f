"""Widgets for pictures: import them, look at them, turn them into numbers."""

from pathlib import Path

from AnyQt.QtCore import QSettings
from orangecanvas.localization import DEFAULT_LANGUAGE

from .. import language

# What Orange's own texts go by; before any of our modules with texts is imported.
language.choose(QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "biolab.si", "Orange").value(
    "application/language", DEFAULT_LANGUAGE, str))

from ..tables.embedding_service import set_service  # noqa: E402 (texts are in the language chosen above)
from .canvas_service import shared_service  # noqa: E402

NAME = "Imaging"
DESCRIPTION = "Pictures: import, view, and describe them by deep networks on this computer."
BACKGROUND = "#C9E3DD"
ICON = "icons/Category-Imaging.svg"
PRIORITY = 200

WIDGET_HELP_PATH = (
    # A checkout, once `make doc` has built the pages; {DEVELOP_ROOT} is the canvas's own name for it.
    ("{DEVELOP_ROOT}/build/doc/index.html", None),
    # An installed package carries them.
    (str(Path(__file__).parent.parent / "help" / "index.html"), None),
)

# Orange imports this package when it starts; from then on models and tables that need vectors get them this way.
set_service(shared_service())
