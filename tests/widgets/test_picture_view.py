"""Zoom and pan: what lies under the pointer stays there, and no side of the picture leaves a gap."""

import numpy as np
import pytest
from AnyQt.QtCore import QPoint, QPointF, Qt
from AnyQt.QtGui import QWheelEvent
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication
from orangewidget.tests.base import GuiTest
from window_case import move

from orangecontrib.imaging.widgets.parts.picture_levels import levels_of
from orangecontrib.imaging.widgets.parts.picture_view import PictureView, Viewpoint

NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


def checks(width=400, height=300):
    """(height, width, 3) uint8: single pixels in black and white by turns."""
    rows, columns = np.mgrid[:height, :width]
    return np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)


def wheel(view, point, notches):
    event = QWheelEvent(QPointF(point), QPointF(view.mapToGlobal(QPoint(*map(round, (point.x(), point.y()))))),
                        QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, NONE,
                        Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(view, event)


class TestView(GuiTest):
    def setUp(self):
        self.view = PictureView()
        self.view.resize(216, 216)
        self.view.show()
        self.view.show_levels(levels_of(checks()), 400, 300)
        self.told = []
        self.view.pointed.connect(self.told.append)

    def tearDown(self):
        self.view.close()

    def test_a_picture_is_fitted_at_first(self):
        self.assertEqual(self.view.percent, 50)
        self.assertEqual(self.view.point_of(0, 0), QPointF(8, 33))
        self.assertEqual(self.view.point_of(400, 300), QPointF(208, 183))

    def test_the_wheel_zooms_around_the_pointer(self):
        self.view.zoom_to(150)
        point = self.view.point_of(214.5, 114.5)
        before = self.view.pixel_at(point)
        for notches in (2, 3, -1):
            wheel(self.view, point, notches)
            self.assertEqual(self.view.pixel_at(point), before)
        self.assertAlmostEqual(self.view.percent, 150 * 1.25 ** 4)
        self.assertEqual(self.told[-1], before)

    def test_the_wheel_ends_at_the_whole_picture_and_at_large_pixels(self):
        wheel(self.view, QPointF(100, 100), 100)
        self.assertEqual(self.view.percent, 6400)
        wheel(self.view, QPointF(10, 10), -100)
        self.assertEqual(self.view.viewpoint(), Viewpoint())

    def test_dragging_moves_the_picture_with_the_pointer(self):
        self.view.zoom_to(400)
        before = self.view.pixel_at(QPointF(100.5, 100.5))
        QTest.mousePress(self.view, LEFT, NONE, QPoint(100, 100))
        for point in (QPoint(110, 104), QPoint(140, 84)):
            move(self.view, point)
        QTest.mouseRelease(self.view, LEFT, NONE, QPoint(140, 84))
        self.assertEqual(self.view.pixel_at(QPointF(140.5, 84.5)), before)
        move(self.view, QPoint(10, 10))
        self.assertEqual(self.view.pixel_at(QPointF(140.5, 84.5)), before)

    def test_no_gap_is_left_beside_a_picture_that_is_larger_than_its_place(self):
        self.view.zoom_to(100)
        self.view.pan(-10_000, -10_000)
        self.assertEqual(self.view.point_of(0, 0), QPointF(0, 0))
        self.view.pan(10_000, 10_000)
        self.assertEqual(self.view.point_of(400, 300), QPointF(216, 216))

    def test_a_double_click_goes_to_one_pixel_on_one_and_back(self):
        point = QPoint(60, 70)
        before = self.view.pixel_at(QPointF(point))
        QTest.mouseDClick(self.view, LEFT, NONE, point)
        self.assertEqual(self.view.percent, 100)
        x, y = self.view.pixel_at(QPointF(point))
        self.assertLessEqual(max(abs(x - before[0]), abs(y - before[1])), 1)
        QTest.mouseDClick(self.view, LEFT, NONE, point)
        self.assertEqual(self.view.viewpoint(), Viewpoint())

    def test_a_fitted_picture_follows_its_place(self):
        self.view.resize(416, 416)
        self.assertEqual(self.view.percent, 100)

    def test_enlarged_pixels_are_hard_squares(self):
        self.view.zoom_to(800)
        image = self.view.grab().toImage()
        colors = {image.pixelColor(x, y).red() for x in range(20, 180) for y in range(20, 180, 7)}
        self.assertEqual(colors, {0, 255})

    def test_made_small_they_are_averaged(self):
        image = self.view.grab().toImage()
        colors = {image.pixelColor(x, y).red() for x in range(20, 180, 3) for y in range(40, 170, 7)}
        self.assertTrue(all(120 <= color <= 135 for color in colors), colors)

    def test_outside_the_picture_there_is_no_pixel(self):
        move(self.view, QPoint(100, 100))
        move(self.view, QPoint(100, 5))
        self.assertEqual([self.told[0] is None, self.told[-1]], [False, None])

    def test_another_picture_of_the_same_size_is_seen_at_the_same_place(self):
        self.view.zoom_to(300, QPointF(50, 60))
        before = self.view.viewpoint()
        self.view.show_preview(None, 0, 0)
        self.view.show_levels(levels_of(checks()), 400, 300)
        self.assertEqual(self.view.viewpoint(), before)
        self.assertAlmostEqual(self.view.percent, 300)

    def test_views_of_other_sizes_look_at_the_same_share(self):
        other = PictureView()
        other.resize(416, 316)
        other.show_levels(levels_of(checks(200, 150)), 200, 150)
        self.view.zoom_to(400, QPointF(50, 60))
        other.set_viewpoint(self.view.viewpoint())
        here, there = self.view.viewpoint(), other.viewpoint()
        self.assertAlmostEqual(here.x, there.x)
        self.assertAlmostEqual(here.zoom, there.zoom)
        other.set_viewpoint(Viewpoint())
        self.assertEqual(other.viewpoint(), Viewpoint())

    def test_without_a_picture_nothing_happens(self):
        view = PictureView()
        view.zoom_by(2)
        view.fit()
        view.pan(3, 3)
        self.assertIsNone(view.pixel_at(QPointF(4, 4)))
        view.show_reason("it is odd")
        self.assertFalse(view.grab().isNull())


@pytest.mark.parametrize(("scale", "level"), [(2, 0), (1, 0), (0.51, 0), (0.5, 1), (0.26, 1), (0.25, 2), (0.001, 2)])
def test_the_smallest_level_with_all_that_is_seen_is_drawn(scale, level):
    levels = levels_of(checks(2000, 300))
    assert [image.width() for image in levels.images] == [2000, 1000, 500]
    assert levels.best(scale) == level
