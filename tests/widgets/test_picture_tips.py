"""Tips of pictures: what they say, and that a picture comes into the tip that waits for it."""

import threading
from dataclasses import replace

import numpy as np
from AnyQt.QtCore import QEvent, QPoint, QRect
from AnyQt.QtGui import QColor, QHelpEvent, QPixmap, QTextDocument
from AnyQt.QtWidgets import QApplication, QLabel, QToolTip, QWidget
from orangewidget.tests.base import WidgetTest

from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.thumbnails import Thumbnail
from orangecontrib.imaging.widgets.parts.picture_area import PictureArea, PictureItem
from orangecontrib.imaging.widgets.parts.picture_tips import TIP_PX, PictureTip, picture_tag, tip_text
from orangecontrib.imaging.widgets.parts.thumbnail_entries import Entry
from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails


class _Reader:
    def __init__(self):
        self.sizes, self.open = [], threading.Event()
        self.open.set()

    def __call__(self, path, size_px, reading):
        self.sizes.append((path, size_px))
        self.open.wait(10)
        if path.startswith("bad"):
            raise UnreadableImage(path, "<b>the file</b> is empty")
        return Thumbnail(np.full((60, 90, 3), (200, 10, 30), np.uint8), 640, 480, ("first of 3 frames",))


def _entry(width, height, full=None):
    """Of a thumbnail of this size, of a picture of that."""
    pixmap = QPixmap(width, height)
    pixmap.fill(QColor(200, 10, 30))
    return Entry(max(width, height), pixmap, "", *(full or (width, height)))


def _lines(html):
    document = QTextDocument()
    document.setHtml(html)
    text = document.toPlainText().replace("\u200b", "")  # where a line may end
    return [line for line in text.splitlines() if line.strip("\ufffc")]


def _drawn_size(html):
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setHtml(html)
    return document.size().toSize()


class TestTipText(WidgetTest):
    def test_it_names_caption_file_size_notes_and_lines_and_escapes_them(self):
        entry = replace(_entry(90, 60, (640, 480)), notes=("first of 3 <frames>",))
        text = tip_text(PictureItem("p<1>", "a & b"), entry, ["kind: <i>"])
        self.assertIn('<td><img width="320" height="213" src="data:image/bmp;base64,', text)
        self.assertEqual(_lines(text), ["a & b", "p<1>", "640 × 480 pixels, first of 3 <frames>", "kind: <i>"])

    def test_it_says_why_a_picture_cannot_be_shown(self):
        text = tip_text(PictureItem("https://h/a?b&c", "web"), Entry(0, reason="no file & no picture"))
        self.assertEqual(_lines(text), ["web", "https://h/a?b&c",
                                        "This picture cannot be shown: no file & no picture."])

    def test_before_a_picture_is_read_there_is_its_text(self):
        self.assertEqual(_lines(tip_text(PictureItem("p", "p"), None, ["n: 1"])), ["p", "n: 1"])

    def test_long_paths_do_not_make_it_wide(self):
        for name in ("/".join(["folder"] * 40), "f" * 200, "a_b-c." * 40, "https://h/a?" + "b=1&" * 40):
            tip = QLabel(tip_text(PictureItem(name, name), None, [name]), wordWrap=True)  # as Qt's tips are
            self.assertLess(tip.sizeHint().width(), TIP_PX + 10)

    def test_no_side_of_the_picture_is_longer_than_the_tips(self):
        self.assertEqual(_drawn_size(picture_tag(_entry(768, 400))).width(), TIP_PX)
        self.assertEqual(_drawn_size(picture_tag(_entry(96, 768))).width(), 40)

    def test_a_smaller_thumbnail_takes_the_place_of_the_larger_one_that_is_awaited(self):
        for side in (96, 192, 384, 768):
            self.assertIn('<img width="320" height="160" ', picture_tag(_entry(side, side // 2, (4000, 2000))))
        self.assertIn('<img width="200" height="100" ', picture_tag(_entry(96, 48, (200, 100))))

    def test_small_pictures_are_not_enlarged_and_sharp_screens_get_all_pixels(self):
        for ratio in (1.0, 2.0):
            self.assertIn('<img width="40" height="30" ', picture_tag(_entry(40, 30), ratio))
        self.assertIn('<img width="320" height="160" ', picture_tag(_entry(768, 384), 2.0))
        self.assertGreater(len(picture_tag(_entry(640, 320), 2.0)), 640 * 320 * 3)


class TestPictureTip(WidgetTest):
    def setUp(self):
        self.reader = _Reader()
        self.thumbnails = Thumbnails(read=self.reader, threads=1)
        self.area = PictureArea(self.thumbnails)
        self.area.resize(640, 480)
        self.area.show()
        self.area.set_items([PictureItem("a.png", "first"), PictureItem("bad", "second"),
                             PictureItem("", "third", "no value here")])
        self.process_events(lambda: self.thumbnails.find("a.png") and self.thumbnails.find("bad"))
        self.reader.sizes.clear()

    def tearDown(self):
        QToolTip.hideText()
        self.reader.open.set()
        self.thumbnails.close()
        self.area.close()
        self.area.deleteLater()

    def _point_at(self, row):
        at = self.area.cell_rect(row).center()
        QApplication.sendEvent(self.area.viewport(), QHelpEvent(
            QEvent.Type.ToolTip, at, self.area.viewport().mapToGlobal(at)))

    def test_the_text_comes_first_and_the_picture_when_it_is_read(self):
        self.reader.open.clear()
        self.area.set_items([PictureItem("b.png", "first")])
        self._point_at(0)
        self.assertEqual(_lines(QToolTip.text()), ["first", "b.png"])
        self.reader.open.set()
        self.process_events(lambda: "<img" in QToolTip.text())
        self.assertIn("640 × 480 pixels, first of 3 frames", QToolTip.text())

    def test_the_thumbnail_is_shown_at_once_and_the_larger_one_when_it_is_read(self):
        self.reader.open.clear()
        self._point_at(0)
        self.assertIn('<img width="320" height="213"', QToolTip.text())
        self.reader.open.set()
        self.process_events(lambda: self.area._tip._own.is_idle)
        self.assertEqual(self.reader.sizes, [("a.png", 384)])

    def test_a_tip_that_went_does_not_come_back_with_its_picture(self):
        self.reader.open.clear()
        self._point_at(0)
        self.area._tip.hide()
        self.process_events(lambda: not QToolTip.isVisible())
        self.reader.open.set()
        self.process_events(lambda: self.thumbnails.is_idle)
        self.assertFalse(QToolTip.isVisible())

    def test_a_tip_of_somebody_else_stays(self):
        self.reader.open.clear()
        self._point_at(0)
        other = QWidget()
        QToolTip.showText(QPoint(5, 5), "another", other, QRect())
        self.reader.open.set()
        self.process_events(lambda: self.area._tip._own.is_idle)
        self.assertEqual(QToolTip.text(), "another")

    def test_reasons_are_told_and_nothing_is_read_for_what_has_none(self):
        self._point_at(1)
        self.process_events(lambda: "cannot" in QToolTip.text())
        self.assertIn("cannot be shown: &lt;b&gt;the file&lt;/b&gt; is empty.", QToolTip.text())
        self.reader.sizes.clear()
        self._point_at(2)
        self.assertIn("This picture cannot be shown: no value here.", QToolTip.text())
        self.assertEqual(self.reader.sizes, [])

    def test_between_pictures_there_is_no_tip(self):
        self._point_at(0)
        QApplication.sendEvent(self.area.viewport(), QHelpEvent(QEvent.Type.ToolTip, QPoint(1, 1), QPoint(1, 1)))
        self.process_events(lambda: not QToolTip.isVisible())

    def test_the_tip_reads_as_its_view_does(self):
        tip = PictureTip(self.thumbnails)
        self.thumbnails.set_hosts(["h"])
        tip.show_for(PictureItem("a.png", ""), (), QPoint(9, 9), self.area.viewport(), QRect())
        self.assertEqual((tip._own._reading, tip._own._hosts), (self.thumbnails._reading, frozenset({"h"})))

    def test_a_view_that_is_hidden_waits_for_nothing_and_shows_no_tip(self):
        self.reader.open.clear()
        self.area.set_items([PictureItem(f"b{row}", "") for row in range(40)])
        self._point_at(0)
        self.process_events(lambda: not self.thumbnails.is_idle)
        self.area.hide()
        self.assertTrue(self.thumbnails.is_idle)
        self.assertTrue(self.area._tip._own.is_idle)
        self.process_events(lambda: not QToolTip.isVisible())
        self.reader.open.set()
        self.area.show()
        self.process_events(lambda: self.thumbnails.find("b0"))
