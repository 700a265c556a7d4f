"""The picture of the groups that lies over a grid."""

import numpy as np
from orangewidget.tests.base import GuiTest

from orangecontrib.imaging.widgets.parts.cell_groups import GROUP_COLORS, groups_pixmap
from orangecontrib.imaging.widgets.parts.cell_painter import frame_px


def colors(pixmap, *places):
    image = pixmap.toImage()
    return [image.pixelColor(*place).getRgb() for place in places]


class TestGroups(GuiTest):
    def test_a_chosen_cell_has_a_frame_a_dark_line_and_a_light_fill_and_its_caption_nothing(self):
        width = frame_px(40)
        pixmap = groups_pixmap(np.array([[0, 2]]), 40, 55)
        assert (pixmap.width(), pixmap.height()) == (80, 55)
        frame, line, fill, caption, other = colors(pixmap, (40, 0), (40 + width, 20), (60, 20), (60, 45), (20, 20))
        assert frame == GROUP_COLORS[1].getRgb()
        assert line == (0, 0, 0, 255)
        assert 0 < fill[3] < 128
        assert caption[3] == other[3] == 0

    def test_small_cells_have_no_dark_line_and_the_smallest_are_all_frame(self):
        edge, inside = colors(groups_pixmap(np.array([[1]]), 6, 6), (0, 3), (1, 3))
        assert edge == GROUP_COLORS[0].getRgb()
        assert 46 < inside[3] < 255
        assert inside[:3] != (0, 0, 0)
        for side in (1, 2):
            assert colors(groups_pixmap(np.array([[1]]), side, side), (0, 0), (side - 1, side - 1)) == [
                GROUP_COLORS[0].getRgb()] * 2

    def test_more_groups_than_colors_begin_with_the_first_color_again(self):
        count = len(GROUP_COLORS)
        first, again = colors(groups_pixmap(np.array([[1], [count + 1]]), 4, 4), (0, 0), (0, 4))
        assert first == again
