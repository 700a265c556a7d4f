"""The Qt application and the widgets of this environment, where no canvas has made them."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import tempfile

from AnyQt.QtCore import qInstallMessageHandler
from AnyQt.QtWidgets import QApplication
from orangecanvas.registry import WidgetRegistry
from orangewidget.settings import set_widget_settings_dir_components

_log = logging.getLogger(__name__)
_kept: list[QApplication] = []  # Python would delete what nobody holds


def start_application() -> QApplication:
    """Return the running Qt application, or a new one without a screen.

    With a new one, a run depends on the workflow file alone and leaves no trace in Orange's own
    settings: those of the user's widgets are neither read nor written.
    """
    running = QApplication.instance()
    if running is not None:
        return running
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    import Orange
    from Orange.widgets.utils import webview  # noqa: F401  Qt wants it before the application

    settings = tempfile.TemporaryDirectory(prefix="orange-imaging-")
    atexit.register(settings.cleanup)
    set_widget_settings_dir_components(settings.name, Orange.__version__)
    qInstallMessageHandler(_hear_qt)
    _kept.append(QApplication([sys.argv[0]]))
    return _kept[0]


def discover_widgets() -> WidgetRegistry:
    """All widgets that Orange finds in this environment."""
    from Orange.canvas.config import Config
    from orangecanvas import config

    configuration = Config()
    config.set_default(configuration)
    config.init()
    registry = WidgetRegistry()
    configuration.widget_discovery(registry).run(configuration.widgets_entry_points())
    return registry


def _hear_qt(_: object, __: object, text: str) -> None:
    """Qt's remarks on a screen that is not there are for programmers."""
    _log.debug("Qt: %s", text)
