"""The widgets' tests of this environment ran on PyQt6."""

from importlib.util import find_spec

from AnyQt import QtCore


def test_qt_is_that_of_pyqt6():
    assert QtCore.QT_VERSION_STR.startswith("6.")
    assert find_spec("PyQt5") is None
