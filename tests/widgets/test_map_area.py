"""The map of pictures: where things are, what the wheel and the mouse do, what a crowd's picture stands for."""

import unittest
from itertools import combinations

import numpy as np
from AnyQt.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from AnyQt.QtGui import QColor, QMouseEvent, QPalette, QWheelEvent
from AnyQt.QtTest import QTest
from child import wait_until
from orangewidget.tests.base import GuiTest

from orangecontrib.imaging.core.thumbnails import Thumbnail
from orangecontrib.imaging.widgets.parts.map_area import MapArea
from orangecontrib.imaging.widgets.parts.map_axes import MapAxes, normalised
from orangecontrib.imaging.widgets.parts.map_painter import MapLook, count_text
from orangecontrib.imaging.widgets.parts.map_scene import GAP_PX, MapPoints
from orangecontrib.imaging.widgets.parts.row_items import RowItems
from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PLAIN, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
TEAL = np.array([0, 128, 128, 255], np.uint8)


def read_teal(path, size_px, reading):
    return Thumbnail(np.full((16, 16, 3), (0, 200, 90), np.uint8), 16, 16, ())


class TestMapAxes(unittest.TestCase):
    def test_coordinates_of_one_unit_keep_their_shape_and_others_fill_the_map(self):
        points = np.array([[0, 0], [100, 10], [50, 5]], float)
        np.testing.assert_allclose(normalised(points, True), [[-0.5, -0.05], [0.5, 0.05], [0, 0]], atol=1e-12)
        np.testing.assert_allclose(normalised(points, False), [[-0.5, -0.5], [0.5, 0.5], [0, 0]], atol=1e-12)

    def test_rows_without_a_place_change_nothing_for_the_others(self):
        points = np.array([[0, 0], [np.nan, 7], [np.inf, 1], [4, 4]])
        places = normalised(points, True)
        self.assertEqual(np.isnan(places).any(axis=1).tolist(), [False, True, True, False])
        self.assertTrue(np.isnan(places[1]).all())
        self.assertEqual(places[3].tolist(), [0.5, 0.5])

    def test_equal_places_lie_in_the_middle_and_huge_ones_do_not_overflow(self):
        self.assertEqual(normalised(np.full((3, 2), 7.0), True).tolist(), [[0, 0]] * 3)
        huge = normalised(np.array([[-1.7e308, 0], [1.7e308, 1]]), False)
        np.testing.assert_allclose(huge, [[-0.5, -0.5], [0.5, 0.5]])

    def test_all_points_fit_with_their_margin(self):
        points = normalised(np.random.default_rng(0).normal(size=(50, 2)) * (5, 1), True)
        pixels = MapAxes.fitting(700, 500, np.array([points.min(axis=0), points.max(axis=0)]), 30).to_window(points)
        self.assertGreaterEqual(pixels.min(), 30 - 1e-6)
        self.assertLessEqual(pixels[:, 0].max(), 670 + 1e-6)
        self.assertAlmostEqual(np.ptp(pixels[:, 0]), 640)

    def test_y_is_upwards_and_the_way_back_is_the_inverse(self):
        axes = MapAxes(0.1, 0.2, 300, 400, 200)
        points = np.array([[0.1, 0.2], [0.1, 0.3]])
        self.assertEqual(axes.to_window(points)[0].tolist(), [200, 100])
        self.assertLess(axes.to_window(points)[1, 1], 100)
        np.testing.assert_allclose(axes.to_map(axes.to_window(points)), points)

    def test_counts_are_short(self):
        self.assertEqual([count_text(count) for count in (2, 999, 1000, 1249, 9949, 9950, 34_400)],
                         ["2", "999", "1.0k", "1.2k", "9.9k", "10k", "34k"])


class MapCase(GuiTest):
    """A map of 300 points in three groups."""

    def setUp(self):
        self.thumbnails = Thumbnails(read=read_teal, threads=1)
        self.area = MapArea(self.thumbnails)
        self.area.resize(800, 600)
        rng = np.random.default_rng(0)
        groups = np.repeat([[0, 0], [10, 0], [5, 8]], 100, axis=0)
        self.places = normalised(groups + rng.normal(0, 1, (300, 2)), True)
        self._show(self.places)
        self.area.show()
        QCoreApplication.processEvents()
        self.heard = []
        self.area.selection_changed.connect(self._hear)

    def tearDown(self):
        self.thumbnails.close()
        self.area.close()
        super().tearDown()

    def _hear(self):
        self.heard.append(np.flatnonzero(self.area.selected).tolist())

    def _show(self, places, subset=None, items=True):
        count = len(places)
        colors = np.tile(TEAL, (count, 1))
        paths = [f"/nowhere/{row}.png" for row in range(count)] if items else []
        self.area.set_points(MapPoints(places, colors, subset), RowItems(paths, [""] * len(paths)))

    def _settle(self):
        self._wait(lambda: not self.area._asking.isActive() and self.thumbnails.is_idle)
        QCoreApplication.processEvents()

    def _wait(self, until):
        self.assertTrue(wait_until(lambda: (QCoreApplication.processEvents(), until())[1]))

    def _pixels(self):
        return self.area.axes.to_window(self.area.scene.places)

    def _turn(self, at, eighths=120, area=None):
        event = QWheelEvent(QPointF(at), QPointF(at), QPoint(0, 0), QPoint(0, eighths), Qt.MouseButton.NoButton, PLAIN,
                            Qt.ScrollPhase.NoScrollPhase, False)
        self.area.wheelEvent(event)

    def _drag(self, points, modifier=PLAIN):
        QTest.mousePress(self.area, LEFT, modifier, points[0])
        for point in points[1:]:
            self._move(point, LEFT, modifier)
        QTest.mouseRelease(self.area, LEFT, modifier, points[-1])

    def _move(self, to, button=LEFT, modifier=PLAIN):
        self.area.mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, QPointF(to), QPointF(to), button, button, modifier))

    def _blank(self):
        """A pixel far from everything."""
        return QPoint(6, 6)


class TestLooking(MapCase):
    def test_all_is_in_sight_at_first_pictures_at_the_edge_too(self):
        self.assertTrue(self.area.is_whole)
        for look in (MapLook(24, 1, "Pictures"), MapLook(120, 1, "Both")):
            self.area.set_look(look)
            tiles = self.area.tiles()
            self.assertGreaterEqual(tiles.corners.min(), 0)
            self.assertTrue((tiles.corners + tiles.side_px <= (800, 600)).all())

    def test_the_whole_map_is_shown_beside_what_is_at_the_left(self):
        self.area.left_px = 130
        self._show(self.places)
        for size in ((800, 600), (500, 700)):
            self.area.resize(*size)
            tiles = self.area.tiles()
            self.assertGreaterEqual(tiles.corners[:, 0].min(), 130)
            self.assertTrue((tiles.corners + tiles.side_px <= size).all())
            self.assertTrue(self.area.is_whole)
        self.area.resize(250, 600)  # too narrow for both
        self.assertLess(self.area.tiles().corners[:, 0].min(), 130)

    def test_the_wheel_keeps_the_point_under_the_pointer(self):
        at = QPoint(300, 220)
        for eighths in (120, 240, 120, -120, 360):
            before = self.area.axes.to_map(np.array([[300.0, 220.0]]))
            scale = self.area.axes.scale
            self._turn(at, eighths)
            np.testing.assert_allclose(self.area.axes.to_map(np.array([[300.0, 220.0]])), before, atol=1e-9)
            self.assertAlmostEqual(self.area.axes.scale / scale, 1.25 ** (eighths / 120))

    def test_zooming_ends_at_both_ends(self):
        for _ in range(100):
            self._turn(QPoint(400, 300), -120)
        farthest = self.area.axes.scale
        for _ in range(200):
            self._turn(QPoint(400, 300), 120)
        self.assertLess(self.area.axes.scale / farthest, 1e5)
        self.area.grab()

    def test_dragging_moves_the_map_with_the_pointer(self):
        self._turn(QPoint(400, 300), 240)
        before = self._pixels()
        self._drag([QPoint(400, 300), QPoint(420, 310), QPoint(455, 280)])
        np.testing.assert_allclose(self._pixels() - before, np.tile([55, -20], (300, 1)), atol=1e-6)
        self.assertEqual(self.heard, [])

    def test_the_map_cannot_be_lost(self):
        for _ in range(60):
            QTest.keyClick(self.area, Qt.Key.Key_Left)
        self.assertLess(self._pixels()[:, 0].min(), 800)

    def test_keys_move_zoom_and_show_all(self):
        fitting = self.area.axes
        QTest.keyClick(self.area, Qt.Key.Key_Plus)
        self.assertGreater(self.area.axes.scale, fitting.scale)
        x = self.area.axes.x
        QTest.keyClick(self.area, Qt.Key.Key_Right)
        self.assertGreater(self.area.axes.x, x)
        y = self.area.axes.y
        QTest.keyClick(self.area, Qt.Key.Key_Up)
        self.assertGreater(self.area.axes.y, y)
        for key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            QTest.keyClick(self.area, Qt.Key.Key_Minus)
            QTest.keyClick(self.area, key)
            self.assertEqual(self.area.axes, fitting)

    def test_a_map_that_shows_all_still_does_in_a_window_of_another_size(self):
        self.area.resize(500, 700)
        self.assertTrue(self.area.is_whole)
        self._turn(QPoint(100, 100), 480)
        scale = self.area.axes.scale
        self.area.resize(800, 600)
        self.assertEqual(self.area.axes.scale, scale)

    def test_moving_shifts_what_is_drawn_and_draws_anew_only_at_the_margin(self):
        self._turn(QPoint(400, 300), 480)
        self.area.grab()
        layer = self.area._layer
        self.area.move_by(30, -20)
        self.area.grab()
        self.assertIs(self.area._layer, layer)
        self.area.move_by(150, 0)
        self.area.grab()
        self.assertIsNot(self.area._layer, layer)

    def test_a_shifted_layer_shows_what_a_new_one_would(self):
        self._settle()
        self._turn(QPoint(400, 300), 600)
        self._settle()
        self.area.move_by(37, -21)
        shifted = self.area.grab().toImage()
        self.area.redraw()
        self.assertEqual(shifted, self.area.grab().toImage())

    def test_the_overview_comes_when_zoomed_in_and_a_click_goes_there(self):
        self.assertFalse(self.area.overview.isVisible())
        self._turn(QPoint(400, 300), 1200)
        self.assertTrue(self.area.overview.isVisible())
        overview = self.area.overview
        [[x, y]] = overview._axes.to_window(self.places[[250]])
        QTest.mouseClick(overview, LEFT, PLAIN, QPoint(round(x), round(y)))
        [[right, down]] = self.area.axes.to_window(self.places[[250]])
        px = self.area.axes.scale / overview._axes.scale
        self.assertLess(abs(right - 400), px)
        self.assertLess(abs(down - 300), px)
        self.assertEqual(self.heard, [])
        self.area.show_all()
        self.assertFalse(overview.isVisible())

    def test_an_empty_map_says_why(self):
        self.area.message = "Nothing here."
        self._show(np.empty((0, 2)))
        self.assertNotEqual(self.area.grab().toImage().pixel(5, 5), 0)
        for key in (Qt.Key.Key_Plus, Qt.Key.Key_0, Qt.Key.Key_Left):
            QTest.keyClick(self.area, key)
        self._turn(QPoint(100, 100))

    def test_one_point_and_points_at_one_place_can_be_looked_at(self):
        for count in (1, 5):
            self._show(normalised(np.ones((count, 2)), True))
            self._turn(QPoint(400, 300), 1200)
            self.assertEqual(self.area.tiles().counts.tolist(), [count])
            self.area.grab()


class TestCrowds(MapCase):
    def test_no_two_pictures_overlap_at_any_zoom(self):
        for shown in ("Both", "Pictures"):
            self.area.set_look(MapLook(40, 1, shown))
            for _ in range(40):
                self._turn(QPoint(410, 290), 80)
                tiles = self.area.tiles()
                rects = [tiles.rect(tile) for tile in range(len(tiles.rows))]
                self.assertFalse(any(one.intersects(other) for one, other in combinations(rects, 2)))
            self.area.show_all()

    def test_counts_of_the_pictures_of_the_whole_map_sum_up_to_all(self):
        for side in (24, 60, 150):
            self.area.set_look(MapLook(side, 1, "Pictures"))
            self.assertEqual(self.area.tiles().counts.sum(), 300)

    def test_the_whole_map_is_full_of_pictures(self):
        for side in (24, 32, 40, 48, 56, 64):
            self.area.set_look(MapLook(side, 1, "Pictures"))
            tiles = self.area.tiles()
            room = side + GAP_PX
            occupied = len(np.unique(np.floor(self._pixels() / room), axis=0))
            self.assertGreater(len(tiles.rows), 0.8 * occupied, side)

    def test_zooming_in_splits_crowds_until_each_picture_stands_for_itself(self):
        before = self.area.tiles().counts.max()
        self.assertGreater(before, 20)
        at = self._pixels()[17]
        for _ in range(40):
            self._turn(QPoint(*map(int, at)), 120)
        self.assertEqual(set(self.area.tiles().counts.tolist()) - {1}, set())

    def test_moving_keeps_who_stands_for_whom(self):
        self._turn(QPoint(400, 300), 360)
        before = dict(zip(self.area.tiles().rows.tolist(), self.area.tiles().counts.tolist()))
        level = self.area.scene.level
        for _ in range(30):
            self.area.move_by(7, 3)
            now = self.area.tiles()
            self.assertEqual(self.area.scene.level, level)
            for row, count in zip(now.rows.tolist(), now.counts.tolist()):
                self.assertEqual(before.get(row, count), count)

    def test_a_picture_is_near_its_point(self):
        self._turn(QPoint(400, 300), 360)
        tiles = self.area.tiles()
        middle = tiles.corners + tiles.side_px / 2
        points = self.area.axes.to_window(self.places[tiles.rows])
        self.assertLessEqual(np.abs(middle - points).max(), tiles.side_px)

    def test_dots_alone_ask_for_no_picture(self):
        self.area.set_look(MapLook(40, 1, "Dots"))
        self.assertEqual(len(self.area.tiles().rows), 0)
        self._settle()
        self.assertEqual(self.thumbnails.bytes, 0)

    def test_pictures_appear_when_they_were_read(self):
        self.area.set_look(MapLook(60, 1, "Pictures"))
        tiles = self.area.tiles()
        place = tiles.rect(0).center()
        self.assertNotEqual(self.area.grab().toImage().pixelColor(place).green(), 200)
        self._settle()
        self.assertEqual(self.area.grab().toImage().pixelColor(place).getRgb()[:3], (0, 200, 90))

    def test_only_pictures_in_sight_are_asked_for(self):
        asked = []
        self.thumbnails.request = lambda paths, size_px: asked.append((set(paths), size_px))
        self._turn(QPoint(*map(int, self._pixels()[:100].mean(axis=0))), 1200)
        self.area.grab()
        self._wait(lambda: not self.area._asking.isActive())
        paths, size_px = asked[-1]
        self.assertTrue(paths)
        self.assertTrue(paths <= {f"/nowhere/{row}.png" for row in range(100)})
        self.assertEqual(size_px, 96)

    def test_a_hidden_map_asks_for_nothing_and_one_shown_again_asks_anew(self):
        asked = []
        self.area.grab()
        self._settle()
        self.thumbnails.request = lambda paths, size_px: asked.append((list(paths), size_px))
        self.area.hide()
        self.assertEqual(asked, [([], 0)])
        self.area.show()
        self._wait(lambda: len(asked) > 1)
        paths, size_px = asked[1]
        self.assertEqual(set(paths), {f"/nowhere/{row}.png" for row in self.area.tiles().rows})
        self.assertEqual(size_px, 96)


class TestChoosing(MapCase):
    def _tile(self, least=2):
        tiles = self.area.tiles()
        tile = int(np.flatnonzero(tiles.counts >= least)[0])
        return tiles.rect(tile).center(), self.area.scene.members(int(tiles.crowds[tile])).tolist()

    def test_a_click_on_a_picture_selects_all_that_it_stands_for(self):
        at, members = self._tile()
        QTest.mouseClick(self.area, LEFT, PLAIN, at)
        self.assertEqual(self.heard, [members])
        QTest.mouseClick(self.area, LEFT, PLAIN, self._blank())
        self.assertEqual(self.heard[-1], [])

    def test_ctrl_turns_a_crowd_on_and_off_and_shift_adds(self):
        at, members = self._tile()
        self.area.select([members[0]])
        QTest.mouseClick(self.area, LEFT, CTRL, at)
        self.assertEqual(self.heard[-1], members)
        QTest.mouseClick(self.area, LEFT, CTRL, at)
        self.assertEqual(self.heard[-1], [])
        other = sorted(set(range(300)) - set(members))[:2]
        self.area.select(other)
        QTest.mouseClick(self.area, LEFT, SHIFT, at)
        self.assertEqual(self.heard[-1], sorted([*members, *other]))
        QTest.mouseClick(self.area, LEFT, SHIFT, self._blank())
        self.assertEqual(len(self.heard), 3)

    def test_a_click_on_a_dot_selects_its_row(self):
        self.area.set_look(MapLook(40, 1, "Dots"))
        pixels = self._pixels()
        apart = [row for row in range(300)
                 if np.sort(np.hypot(*(np.round(pixels[row]) - pixels).T))[1] > 4]
        QTest.mouseClick(self.area, LEFT, PLAIN, QPoint(*map(round, pixels[apart[0]])))
        self.assertEqual(self.heard, [[apart[0]]])

    def test_a_lasso_selects_exactly_the_points_inside(self):
        self.area.set_mode("Lasso")
        [x, y] = self._pixels()[200:].mean(axis=0)
        angles = np.linspace(0, 2 * np.pi, 40)
        outline = [QPoint(round(x + 60 * np.cos(angle)), round(y + 45 * np.sin(angle))) for angle in angles]
        self._drag(outline)
        corners = np.array([(point.x(), point.y()) for point in outline[:-1]], float)
        around = corners[None] - self._pixels()[:, None]
        turned = np.diff(np.unwrap(np.arctan2(around[..., 1], around[..., 0])), axis=1).sum(axis=1)
        self.assertEqual(self.heard, [np.flatnonzero(np.abs(turned) > 4).tolist()])
        self.assertGreater(len(self.heard[0]), 30)

    def test_a_rectangle_selects_exactly_the_points_inside(self):
        self.area.set_mode("Rectangle")
        pixels = self._pixels()
        self._drag([QPoint(500, 500), QPoint(300, 300), QPoint(180, 150)])
        heard, = self.heard
        for margin, check in ((-1, self.assertLessEqual), (1, self.assertGreaterEqual)):  # of those on its edge, either
            inside = ((pixels > (180 + margin, 150 + margin)) & (pixels < (500 - margin, 500 - margin))).all(axis=1)
            check(set(heard), set(np.flatnonzero(inside).tolist()))
        self.assertEqual(self.area.axes, self.area._fitting)

    def test_shift_and_dragging_adds_a_rectangle_while_moving(self):
        self.area.select([0])
        pixels = self._pixels()
        low, high = pixels[200:].min(axis=0).astype(int) - 1, pixels[200:].max(axis=0).astype(int) + 2
        self._drag([QPoint(*low), QPoint(*((low + high) // 2)), QPoint(*high)], SHIFT)
        self.assertEqual(self.heard, [[0, *range(200, 300)]])

    def test_all_and_none_by_keys(self):
        places = self.places.copy()
        places[5] = np.nan
        self._show(places)
        QTest.keyClick(self.area, Qt.Key.Key_A, CTRL)
        self.assertEqual(self.heard[-1], [row for row in range(300) if row != 5])
        QTest.keyClick(self.area, Qt.Key.Key_Escape)
        self.assertEqual(self.heard[-1], [])

    def test_another_button_changes_nothing_while_one_is_held(self):
        right, middle = Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
        at, members = self._tile()
        for mode in ("Rectangle", "Lasso", "Move"):
            self.area.set_mode(mode)
            for other in (right, middle):
                self.area.select([])
                self.heard.clear()
                QTest.mousePress(self.area, LEFT, PLAIN, at)
                QTest.mousePress(self.area, other, PLAIN, self._blank())
                QTest.mouseRelease(self.area, other, PLAIN, self._blank())
                self.assertEqual(self.heard, [], mode)
                QTest.mouseRelease(self.area, LEFT, PLAIN, at)
                self.assertEqual(self.heard, [members], mode)
        axes = self.area.axes
        QTest.mousePress(self.area, middle, PLAIN, at)
        QTest.mousePress(self.area, LEFT, PLAIN, at)
        QTest.mouseRelease(self.area, LEFT, PLAIN, at)
        self._move(at + QPoint(30, 20), middle)
        QTest.mouseRelease(self.area, middle, PLAIN, at + QPoint(30, 20))
        self.assertEqual(self.heard, [members])
        self.assertNotEqual(self.area.axes, axes)

    def test_a_press_whose_release_never_came_holds_nothing_up(self):
        at, members = self._tile()
        QTest.mousePress(self.area, Qt.MouseButton.MiddleButton, PLAIN, self._blank())
        self.area.hide()
        self.area.show()
        QTest.mouseClick(self.area, LEFT, PLAIN, at)
        self.assertEqual(self.heard, [members])
        QTest.mouseRelease(self.area, Qt.MouseButton.MiddleButton, PLAIN, at)  # else no test after it could click

    def test_escape_ends_a_drag_and_keeps_what_is_selected(self):
        for mode, cursor in (("Move", Qt.CursorShape.OpenHandCursor), ("Lasso", Qt.CursorShape.CrossCursor)):
            self.area.set_mode(mode)
            self.area.select([4, 9])
            QTest.mousePress(self.area, LEFT, PLAIN, QPoint(300, 300))
            for x in (320, 360):
                self._move(QPoint(x, 330))
            QTest.keyClick(self.area, Qt.Key.Key_Escape)
            self.assertEqual(self.area.cursor().shape(), cursor)
            QTest.mouseRelease(self.area, LEFT, PLAIN, QPoint(360, 330))
            self.assertEqual(self.heard, [])
            self.assertEqual(np.flatnonzero(self.area.selected).tolist(), [4, 9])
        QTest.keyClick(self.area, Qt.Key.Key_Escape)
        self.assertEqual(self.heard, [[]])

    def test_a_crowd_shows_whether_all_or_some_of_it_are_selected(self):
        self._settle()
        _, members = self._tile()
        looks = []
        for rows in ([], members[:1], members):
            self.area.select(rows)
            looks.append(self.area.grab().toImage())
        self.assertNotEqual(looks[0], looks[1])
        self.assertNotEqual(looks[1], looks[2])
        self.assertEqual(self.area.scene.chosen_shares(self.area.selected).max(), 1)

    def test_the_sign_of_what_is_chosen_is_apart_from_a_frame_of_its_color(self):
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Highlight, QColor(*TEAL[:3].tolist()))
        self.area.setPalette(palette)
        ground = palette.color(QPalette.ColorRole.Base).getRgb()[:3]
        self.area.set_look(MapLook(48, 1, "Pictures"))
        self.area.select(list(range(300)))
        self._settle()
        image, tiles = self.area.grab().toImage(), self.area.tiles()
        picture = tiles.rect(0)
        seen = [image.pixelColor(picture.left() - away, picture.center().y()).getRgb()[:3] for away in range(1, 6)]
        teal = tuple(TEAL[:3].tolist())
        self.assertEqual(seen, [teal, teal, ground, teal, teal])

    def test_a_double_click_opens_the_picture(self):
        opened = []
        self.area.opened.connect(opened.append)
        tiles = self.area.tiles()
        QTest.mouseDClick(self.area, LEFT, PLAIN, tiles.rect(0).center())
        self.assertEqual(opened, [tiles.rows[0]])
        QTest.mouseDClick(self.area, LEFT, PLAIN, self._blank())
        self.assertEqual(len(opened), 1)
        QTest.keyClick(self.area, Qt.Key.Key_Return)
        self.assertEqual(len(opened), 1)
        self.area.select([4, 9])
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
            QTest.keyClick(self.area, key)
        self.assertEqual(opened[1:], [4, 4])

    def test_a_subset_is_at_full_strength_and_stands_for_its_crowd(self):
        subset = np.zeros(300, bool)
        subset[[7, 150]] = True
        self.area.set_look(MapLook(48, 1, "Pictures"))
        self._show(self.places, subset)
        self._settle()
        image, tiles = self.area.grab().toImage(), self.area.tiles()
        self.assertTrue({7, 150} <= set(tiles.rows.tolist()))
        greens = {int(row): image.pixelColor(tiles.rect(tile).center()) for tile, row in enumerate(tiles.rows)}
        self.assertEqual(greens[7].getRgb()[:3], (0, 200, 90))
        faded = [color.red() for row, color in greens.items() if row not in (7, 150)]
        self.assertTrue(faded)
        self.assertGreater(min(faded), 180)

    def test_the_tip_says_how_many_a_picture_stands_for(self):
        told = []
        self.area._tip.show_for = lambda item, lines, *where: told.append((item.caption, lines))
        self.area.tell_of = lambda row: [f"row {row}"]
        at, members = self._tile()
        self.area.show_tip(at, self.area.mapToGlobal(at))
        [(caption, lines)] = told
        self.assertEqual(lines, [f"{len(members)} pictures; a click selects all of them", f"row {caption}"])


if __name__ == "__main__":
    unittest.main()
