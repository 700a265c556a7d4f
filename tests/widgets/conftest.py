"""No test of a widget leaves a mouse button pressed: with Qt 6, no test after it could click a window.

But for the left one, which the next click releases: Qt 6 counts it as pressed after `QTest.mouseDClick`.
"""

import pytest


@pytest.fixture(autouse=True)
def released():
    """Fails a test after which a button is held."""
    yield
    from AnyQt.QtCore import Qt
    from AnyQt.QtWidgets import QApplication
    held = QApplication.mouseButtons() if QApplication.instance() else Qt.MouseButton.NoButton
    if held not in (Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton):
        pytest.fail("a mouse button is still pressed; release it in the test")
