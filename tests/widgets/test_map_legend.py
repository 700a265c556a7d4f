"""The legend of a map: all of its words can be read."""

from AnyQt.QtGui import QFontMetrics
from AnyQt.QtWidgets import QWidget
from orangewidget.tests.base import GuiTest

from orangecontrib.imaging.widgets.parts.color_legend import Legend
from orangecontrib.imaging.widgets.parts.map_legend import MapLegend


class TestMapLegend(GuiTest):
    def test_a_title_longer_than_the_names_below_it_is_shown_whole(self):
        area = QWidget()
        legend = MapLegend(area)
        legend.show_legend(Legend("category of cells", [("a", (255, 0, 0))]))
        bold = legend.font()
        bold.setBold(True)
        texts = []
        legend._write = lambda painter, place, text, color, bold=False: texts.append((text, place.width(), bold))
        legend.grab()
        title, width, is_bold = texts[0]
        self.assertTrue(is_bold)
        self.assertGreaterEqual(width, QFontMetrics(bold).horizontalAdvance(title))
