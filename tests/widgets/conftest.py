"""No test of a widget leaves a mouse button pressed: with Qt 6, no test after it could click a window."""

import pytest


@pytest.fixture(autouse=True)
def released():
    """Fails a test after which a button is held."""
    yield
    from AnyQt.QtCore import Qt
    from AnyQt.QtWidgets import QApplication
    if QApplication.instance() and QApplication.mouseButtons() != Qt.MouseButton.NoButton:
        pytest.fail("a mouse button is still pressed; release it in the test")
