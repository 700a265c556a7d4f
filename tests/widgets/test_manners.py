"""What every widget of Orange has: a help page, keywords, an icon for light and dark, names of its controls."""

import inspect
import re
from importlib import import_module
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
from AnyQt.QtCore import QPoint, Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
)
from orangewidget.tests.base import GuiTest
from orangewidget.widget import OWBaseWidget

from orangecontrib.imaging import widgets

SOURCE = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in Path(widgets.__file__).parent.glob("ow*.py"))
CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
COLOR = re.compile(r"(?:fill|stroke)\s*[:=]\s*\"?\s*(#[0-9a-fA-F]{3,6})")


def widget_class(module):
    names = vars(import_module(f"orangecontrib.imaging.widgets.{module}"))
    found = [one for one in names.values()
             if inspect.isclass(one) and issubclass(one, OWBaseWidget) and one.__module__.endswith(f".{module}")]
    assert len(found) == 1, f"{module}: the canvas takes the first class with a name"
    return found[0]


@pytest.mark.parametrize("module", MODULES)
def test_a_widget_is_described_and_found(module):
    one = widget_class(module)
    assert one.name == one.name.title()
    assert one.description.endswith(".")
    assert len(one.keywords) >= 4, "keywords that people may type"
    assert one.settings_version >= 100, "older workflows bring the settings of another add-on"
    assert one.want_main_area or not one.resizing_enabled


def test_no_two_widgets_stand_at_one_place_in_the_toolbox():
    priorities = [widget_class(module).priority for module in MODULES]
    assert len(set(priorities)) == len(priorities)


@pytest.mark.parametrize("module", MODULES)
def test_a_widget_has_a_help_page_under_its_name(module):
    name = widget_class(module).name
    page = SOURCE / "doc" / "widgets" / f"{name.lower().replace(' ', '-')}.rst"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"{name}\n{'=' * len(name)}\n"), "F1 looks for the title"
    assert "**Inputs**" in text or not list(vars(widget_class(module).Inputs))


@pytest.mark.parametrize("icon", sorted(path.name for path in files(widgets).joinpath("icons").iterdir()))
def test_an_icon_takes_the_colors_of_light_and_dark(icon):
    text = files(widgets).joinpath("icons", icon).read_text(encoding="utf-8")
    assert 'id="current-color-scheme"' in text
    drawn = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    assert not COLOR.findall(drawn), "a fixed color does not turn with the scheme"
    assert "ColorScheme-Text" in drawn


@pytest.fixture(scope="module")
def opened():
    """Every widget, as it opens."""
    GuiTest.setUpClass()
    found = [widget_class(module)() for module in MODULES]
    for widget in found:
        widget.show()
    yield found
    for widget in found:
        widget.onDeleteWidget()
        widget.deleteLater()
    QTest.qWait(0)


def test_every_control_that_the_keyboard_reaches_tells_its_name(opened):
    silent = []
    for widget in opened:
        assert len(_controls(widget)) > 2, widget.name
        buddies = {label.buddy() for label in widget.findChildren(QLabel)}
        for control in _controls(widget):
            text = control.text() if isinstance(control, QAbstractButton) else ""
            if not (control.accessibleName() or text or control in buddies):
                silent.append(f"{widget.name}: {type(control).__name__} {control.objectName()} {control.toolTip()}")
    assert silent == []


def test_the_keyboard_goes_through_the_controls_of_a_column_from_top_to_bottom(opened):
    wrong = []
    for widget in opened:
        order = [control for control in _tab_order(widget) if _in_control_area(widget, control)]
        for first, second in pairwise(order):
            if _top(widget, second) < _top(widget, first) - 8 and _same_column(widget, first, second):
                wrong.append(f"{widget.name}: {_name(second)} stands above {_name(first)}")
    assert wrong == []


def test_no_two_mnemonics_of_a_widget_are_alike(opened):
    twice = []
    for widget in opened:
        texts = [one.text().replace("&&", "") for one in
                 [*widget.findChildren(QAbstractButton), *widget.findChildren(QLabel)] if one.isVisible()]
        keys = [text[text.index("&") + 1].lower() for text in texts if "&" in text and "<" not in text]
        twice += [f"{widget.name}: {key}" for key in set(keys) if keys.count(key) > 1]
    assert twice == []


def test_a_widget_without_data_is_reported_under_its_name(opened):
    for widget in opened:
        widget.create_report_html()
        assert widget.name in widget.report_html


def _controls(widget):
    """Those that show, that Tab reaches, and that are not parts of another control or Orange's own."""
    return [one for one in widget.findChildren(CONTROLS)
            if one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not isinstance(one.parent(), (QAbstractSpinBox, QComboBox))
            and type(one).__name__ != "_StatusBarButton" and one.toolTip() not in _AUTOMATIC]


_AUTOMATIC = ("Apply Automatically", "Send Automatically", "Save Automatically")


def _tab_order(widget):
    order, current = [], widget.nextInFocusChain()
    while current is not widget:
        order.append(current)
        current = current.nextInFocusChain()
    reached = set(map(id, _controls(widget)))
    return [one for one in order if id(one) in reached]


def _in_control_area(widget, control):
    return widget.want_control_area and widget.controlArea.isAncestorOf(control)


def _name(control):
    return control.accessibleName() or type(control).__name__


def _top(widget, control):
    return control.mapTo(widget, QPoint(0, 0)).y()


def _same_column(widget, first, second):
    """Whether one lies below the other, not beside it."""
    (left, right), (from_px, to_px) = (
        (one.mapTo(widget, QPoint(0, 0)).x(), one.mapTo(widget, QPoint(one.width(), 0)).x()) for one in (first, second))
    return left < to_px and from_px < right
