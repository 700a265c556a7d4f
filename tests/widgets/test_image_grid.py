"""The grid of pictures: where its cells are, what a click chooses, what it asks to be read."""

import threading
import unittest
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from AnyQt.QtGui import QMouseEvent, QWheelEvent
from AnyQt.QtTest import QTest
from orangewidget.tests.base import WidgetTest

from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.thumbnails import Thumbnail
from orangecontrib.imaging.widgets.parts.grid_layout import GridLayout
from orangecontrib.imaging.widgets.parts.image_grid import ImageGrid
from orangecontrib.imaging.widgets.parts.picture_area import PictureItem
from orangecontrib.imaging.widgets.parts.picture_items import Arrangement, Groups, PictureItems
from orangecontrib.imaging.widgets.parts.row_selection import RowSelection
from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PLAIN, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


class TestGridLayout(unittest.TestCase):
    def test_cells_are_evenly_spaced_and_do_not_overlap(self):
        grid = GridLayout(count=10, width=350, cell_width=100, cell_height=120)
        self.assertEqual((grid.columns, grid.lines), (3, 4))
        lefts = [grid.cell(index).left() for index in range(3)]
        self.assertEqual(lefts, [12, 125, 238])
        self.assertEqual(350 - (lefts[2] + 100), 12)
        self.assertEqual(grid.cell(3).top() - grid.cell(0).top(), grid.line_height)

    def test_each_cell_is_found_at_its_centre_and_none_between_cells(self):
        grid = GridLayout(10, 350, 100, 120)
        for index in range(10):
            self.assertEqual(grid.index_at(grid.cell(index).center()), index)
        self.assertIsNone(grid.index_at(QPoint(118, 60)))
        self.assertIsNone(grid.index_at(grid.cell(9).center() + QPoint(113, 0)))
        self.assertIsNone(grid.index_at(QPoint(-5, 60)))

    def test_the_cells_in_sight_are_those_whose_lines_touch_the_band(self):
        grid = GridLayout(100, 350, 100, 120)
        self.assertEqual(grid.visible(0, grid.line_height), range(3))
        self.assertEqual(grid.visible(grid.line_height * 2 + 30, 20), range(6, 9))
        self.assertEqual(grid.visible(10**6, 500), range(100, 100))

    def test_a_width_too_small_for_one_cell_still_has_one_column(self):
        self.assertEqual(GridLayout(4, 20, 100, 120).columns, 1)

    def test_an_area_touches_only_the_cells_it_overlaps(self):
        grid = GridLayout(10, 350, 100, 120)
        area = QRect(grid.cell(1).center(), grid.cell(5).center())
        self.assertEqual(grid.touched(area).tolist(), [1, 2, 4, 5])

    def test_groups_begin_with_a_line_of_their_own_below_their_heading(self):
        grid = GridLayout(7, 350, 100, 120, group_sizes=(4, 1, 2), heading_height=30)
        self.assertEqual([list(grid.cells_of(line)) for line in range(grid.lines)], [[0, 1, 2], [3], [4], [5, 6]])
        for group, first in ((0, 0), (1, 4), (2, 5)):
            self.assertEqual(grid.heading(group).bottom() + 1, grid.cell(first).top())
            self.assertIsNone(grid.index_at(grid.heading(group).center()))
        for index in range(7):
            self.assertEqual(grid.index_at(grid.cell(index).center()), index)
        self.assertEqual(grid.height, grid.cell(6).bottom() + 1 + grid.line_gap)
        area = QRect(grid.cell(3).center(), grid.cell(6).center())
        self.assertEqual(grid.touched(area).tolist(), [3, 4, 5, 6])
        self.assertEqual(list(grid.headings(0, grid.height)), [0, 1, 2])
        self.assertEqual(list(grid.headings(grid.cell(3).top(), 10)), [0])

    def test_cells_of_100000_pictures_in_groups_are_found_where_they_are(self):
        sizes = np.random.default_rng(0).integers(1, 60, 3300)
        grid = GridLayout(int(sizes.sum()), 900, 100, 120, sizes, 30)
        for index in range(0, grid.count, 997):
            self.assertEqual(grid.index_at(grid.cell(index).center()), index)
            self.assertIn(index, grid.visible(grid.cell(index).top(), 1))


class TestRowSelection(unittest.TestCase):
    def test_a_plain_click_selects_one_row_alone(self):
        selection = RowSelection(9, [1, 2])
        selection.choose(5)
        self.assertEqual(selection.rows, {5})

    def test_ctrl_turns_single_rows_on_and_off(self):
        selection = RowSelection(9)
        for row in (3, 7, 3):
            selection.choose(row, toggle=True)
        self.assertEqual(selection.rows, {7})

    def test_shift_selects_from_the_last_chosen_row_and_may_turn_back(self):
        selection = RowSelection(9)
        selection.choose(4)
        selection.choose(7, extend=True)
        self.assertEqual(selection.rows, {4, 5, 6, 7})
        selection.choose(2, extend=True)
        self.assertEqual(selection.rows, {2, 3, 4})

    def test_ctrl_and_shift_together_add_a_range(self):
        selection = RowSelection(9, [0])
        selection.choose(4, toggle=True)
        selection.choose(6, extend=True, toggle=True)
        self.assertEqual(selection.rows, {0, 4, 5, 6})

    def test_a_rubber_band_replaces_or_adds_and_can_shrink(self):
        selection = RowSelection(9, [0])
        selection.start_band(keep=True)
        selection.stretch_band([3, 4, 5])
        selection.stretch_band([3])
        self.assertEqual(selection.rows, {0, 3})
        selection.start_band(keep=False)
        selection.stretch_band([7])
        self.assertEqual(selection.rows, {7})

    def test_a_range_goes_through_the_rows_as_they_are_shown_and_keeps_no_others(self):
        selection = RowSelection(6, [1])
        selection.arrange(Arrangement(np.array([5, 1, 3, 0]), 6))
        selection.choose(0, extend=True)
        self.assertEqual(selection.rows, {1, 3, 0})
        selection.choose_all()
        self.assertEqual(selection.rows, {0, 1, 3, 5})
        selection.choose(5)
        selection.arrange(Arrangement(np.array([2, 4]), 6))
        self.assertEqual(selection.rows, {5})
        selection.choose(4, extend=True)
        self.assertEqual(selection.rows, {2, 4})

    def test_rows_beyond_the_end_are_not_selected(self):
        self.assertEqual(RowSelection(3, [1, 3, -1]).rows, {1})


class _Reader:
    def __init__(self):
        self.read = []
        self.open, self.entered = threading.Event(), threading.Event()
        self.open.set()

    def __call__(self, path, size_px, reading):
        self.read.append(path)
        self.entered.set()
        self.open.wait(10)
        if path.startswith("bad"):
            raise UnreadableImage(path, "<b>the file</b> is empty")
        return Thumbnail(np.full((60, 90, 3), 77, np.uint8), 640, 480, ("first of 3 frames",))


def _event(kind, point, modifiers=PLAIN):
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else LEFT
    return QMouseEvent(kind, QPointF(point), LEFT, held, modifiers)


class _GridCase(WidgetTest):
    def setUp(self):
        self.reader = _Reader()
        self.thumbnails = Thumbnails(read=self.reader, threads=1)  # so that they are read in the order of asking
        self.grid = ImageGrid(self.thumbnails)
        self.grid.resize(640, 480)
        self.changes = 0
        self.opened = []
        self.grid.selection_changed.connect(self._count)
        self.grid.opened.connect(self.opened.append)

    def tearDown(self):
        self.thumbnails.close()
        self.grid.close()
        self.grid.deleteLater()

    def _count(self):
        self.changes += 1

    def _fill(self, count):
        self.grid.show()
        self.grid.set_items([PictureItem(f"p{row}", f"picture {row}") for row in range(count)])
        self.process_events()

    def _click(self, row, modifiers=PLAIN):
        QTest.mouseClick(self.grid.viewport(), LEFT, modifiers, self.grid.cell_rect(row).center())

    def _key(self, key, modifiers=PLAIN):
        QTest.keyClick(self.grid, key, modifiers)

    @property
    def rows(self):
        return set(self.grid.selection.rows)


class TestChoosing(_GridCase):
    def test_click_ctrl_click_and_shift_click(self):
        self._fill(20)
        self._click(3)
        self.assertEqual(self.rows, {3})
        self._click(5, CTRL)
        self.assertEqual(self.rows, {3, 5})
        self._click(7, SHIFT)
        self.assertEqual(self.rows, {5, 6, 7})
        self.assertEqual(self.changes, 3)

    def test_a_click_between_pictures_clears_the_selection(self):
        self._fill(20)
        self._click(3)
        QTest.mouseClick(self.grid.viewport(), LEFT, PLAIN, QPoint(1, 1))
        self.assertEqual(self.rows, set())

    def test_the_rubber_band_selects_what_it_touches(self):
        self._fill(20)
        columns = self.grid.grid.columns
        start, end = self.grid.cell_rect(1).center(), self.grid.cell_rect(columns + 2).center()
        self.grid.mousePressEvent(_event(QEvent.Type.MouseButtonPress, start))
        self.grid.mouseMoveEvent(_event(QEvent.Type.MouseMove, end))
        self.assertEqual(self.rows, {1, 2, columns + 1, columns + 2})
        before = self.changes
        self.grid.mouseReleaseEvent(_event(QEvent.Type.MouseButtonRelease, end))
        self.assertEqual(self.changes, before + 1)
        self.grid.mouseMoveEvent(_event(QEvent.Type.MouseMove, start))
        self.assertEqual(self.rows, {1, 2, columns + 1, columns + 2})

    def test_the_rubber_band_selects_the_rows_that_are_shown_where_it_is(self):
        self._fill(20)
        self.grid.rearrange(self.grid.items, Arrangement(np.arange(20)[::-1], 20))
        start, end = self.grid.cell_rect(19).center(), self.grid.cell_rect(18).center()
        self.grid.mousePressEvent(_event(QEvent.Type.MouseButtonPress, start))
        self.grid.mouseMoveEvent(_event(QEvent.Type.MouseMove, end))
        self.grid.mouseReleaseEvent(_event(QEvent.Type.MouseButtonRelease, end))
        self.assertEqual(self.rows, {19, 18})

    def test_the_arrow_keys_move_and_shift_extends(self):
        self._fill(20)
        columns = self.grid.grid.columns
        self._key(Qt.Key.Key_Right)
        self.assertEqual(self.rows, {0})
        self._key(Qt.Key.Key_Down)
        self.assertEqual(self.rows, {columns})
        self._key(Qt.Key.Key_Left, SHIFT)
        self.assertEqual(self.rows, {columns - 1, columns})
        self._key(Qt.Key.Key_Home)
        self._key(Qt.Key.Key_Up)
        self.assertEqual(self.rows, {0})
        self._key(Qt.Key.Key_End)
        self.assertEqual(self.rows, {19})

    def test_down_to_a_shorter_last_line_goes_to_its_end(self):
        self._fill(20)
        columns = self.grid.grid.columns
        lines = 20 // columns
        self._click(lines * columns - 1)
        self._key(Qt.Key.Key_Down)
        self.assertEqual(self.rows, {19} if 20 % columns else {lines * columns - 1})

    def test_ctrl_a_selects_all_and_space_turns_one_off_with_ctrl_and_without(self):
        for held in (CTRL, PLAIN):
            self._fill(20)
            self._click(3)
            self._key(Qt.Key.Key_A, CTRL)
            self._key(Qt.Key.Key_Space, held)
            self.assertEqual(self.rows, set(range(20)) - {3})

    def test_ctrl_and_an_arrow_move_without_choosing(self):
        self._fill(20)
        self._click(3)
        self._key(Qt.Key.Key_Right, CTRL)
        self.assertEqual((self.rows, self.grid.selection.current), ({3}, 4))

    def test_a_double_click_and_enter_open_a_picture(self):
        self._fill(20)
        QTest.mouseDClick(self.grid.viewport(), LEFT, PLAIN, self.grid.cell_rect(2).center())
        self._click(4)
        self._key(Qt.Key.Key_Return)
        self._key(Qt.Key.Key_Enter)
        self.assertEqual(self.opened, [2, 4, 4])

    def test_ctrl_and_the_wheel_zoom(self):
        self._fill(20)
        steps = []
        self.grid.zoomed.connect(steps.append)
        middle = QPointF(100, 100)
        for turn in (120, -120):
            self.grid.wheelEvent(QWheelEvent(
                middle, middle, QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, CTRL,
                Qt.ScrollPhase.NoScrollPhase, False))
        self.assertEqual(steps, [1, -1])

    def test_keys_do_nothing_where_there_are_no_pictures(self):
        self._fill(0)
        for key in (Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_End, Qt.Key.Key_PageDown):
            self._key(key)
        self.assertEqual((self.rows, self.opened, self.changes), (set(), [], 0))


class TestShowing(_GridCase):
    def _settle(self):
        self.process_events(lambda: self.thumbnails.is_idle)

    def test_of_5000_pictures_only_those_near_sight_are_read_and_those_in_sight_first(self):
        self._fill(5000)
        self._settle()
        seen = self.grid.visible_rows()
        self.assertEqual(seen[0], 0)
        self.assertEqual(set(self.reader.read), {f"p{row}" for row in range(2 * len(seen))})
        self.assertEqual(self.reader.read[:len(seen)], [f"p{row}" for row in seen])

    def test_after_a_jump_the_pictures_there_are_read_and_those_on_the_way_are_not(self):
        self._fill(5000)
        self._settle()
        bar = self.grid.verticalScrollBar()
        for share in (0.2, 0.4, 0.6, 0.8):
            bar.setValue(round(bar.maximum() * share))
        self.process_events()
        self._settle()
        seen = self.grid.visible_rows()
        self.assertTrue({f"p{row}" for row in seen} <= set(self.reader.read))
        self.assertNotIn("p2000", self.reader.read)
        self.assertLess(len(self.reader.read), 5 * len(seen) + 20)

    def test_nothing_is_read_while_the_grid_is_hidden(self):
        self.grid.set_items([PictureItem("p0", "")])
        self.process_events()
        self._settle()
        self.assertEqual(self.reader.read, [])

    def test_the_thumbnail_is_painted_in_its_cell(self):
        self._fill(3)
        self._settle()
        self.process_events()
        shown = self.grid.viewport().grab().toImage()
        cell = self.grid.cell_rect(1)
        self.assertEqual(shown.pixelColor(cell.left() + cell.width() // 2, cell.top() + 68).getRgb(),
                         (77, 77, 77, 255))

    def test_another_size_keeps_the_same_pictures_in_sight(self):
        self._fill(5000)
        bar = self.grid.verticalScrollBar()
        bar.setValue(bar.maximum() // 2)
        first = self.grid.visible_rows()[0]
        self.grid.set_thumbnail_px(64)
        self.assertIn(first, self.grid.visible_rows())
        self.grid.resize(900, 480)
        self.process_events()
        self.assertIn(first, self.grid.visible_rows())

    def test_new_items_start_at_the_top_or_at_their_selection(self):
        self._fill(500)
        self.grid.verticalScrollBar().setValue(2000)
        items = [PictureItem(f"q{row}", "") for row in range(500)]
        self.grid.set_items(items)
        self.assertEqual(self.grid.verticalScrollBar().value(), 0)
        self.grid.set_items(items, [400])
        self.assertIn(400, self.grid.visible_rows())
        self.assertEqual((self.rows, self.changes), ({400}, 0))

    def test_up_and_down_keep_the_column_across_headings(self):
        self._fill(20)
        columns = self.grid.grid.columns
        self.assertGreater(columns, 2)
        self.grid.rearrange(self.grid.items, Arrangement(np.arange(20), 20, Groups(["a", "b"], [3, 17])))
        self._click(1)
        for key, row in ((Qt.Key.Key_Down, 4), (Qt.Key.Key_Down, 4 + columns), (Qt.Key.Key_Up, 4), (Qt.Key.Key_Up, 1),
                         (Qt.Key.Key_Up, 1)):
            self._key(key)
            self.assertEqual(self.rows, {row})

    def test_the_heading_of_the_group_at_the_top_stays_in_sight(self):
        self.grid.show()
        self._fill(200)
        self.grid.rearrange(self.grid.items, Arrangement(np.arange(200), 200, Groups(["first", "b"], [150, 50])))
        with patch.object(self.grid._painter, "paint_heading") as painted:
            self.grid.verticalScrollBar().setValue(700)
            self.grid.viewport().repaint()
        _, place, group = painted.call_args.args
        self.assertEqual((place.top(), group.title), (0, "first"))

    def test_the_same_pictures_with_other_captions_stay_where_they_are(self):
        self._fill(500)
        bar = self.grid.verticalScrollBar()
        bar.setValue(bar.maximum() // 2)
        first = self.grid.visible_rows()[0]
        items = PictureItems([item.path for item in self.grid.items], [("a", "b")] * 500)
        self.grid.rearrange(items, self.grid.arrangement)
        self.assertIn(first, self.grid.visible_rows())
        self.grid.rearrange(items, Arrangement(np.arange(500)[::-1], 500))
        self.assertEqual(bar.value(), 0)
        self.grid.rearrange(items, Arrangement(np.arange(3), 500))
        self.assertTrue(self.grid.cell_rect(9).isNull())
        self.assertEqual(self.grid.visible_rows(), [0, 1, 2])
