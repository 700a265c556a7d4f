"""Sheets of pictures in files for print."""

import os
import re
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from AnyQt.QtCore import Qt
from AnyQt.QtGui import QImage, QPainter
from AnyQt.QtSvg import QSvgRenderer
from AnyQt.QtWidgets import QFileDialog
from full_disk import full_disk
from grid_case import COLORS, GridCase, picture_table
from orangewidget.tests.base import GuiTest
from PIL import Image
from slow_save import slow_save

from orangecontrib.imaging.core.errors import Cancelled, OutputError
from orangecontrib.imaging.widgets import sheet_saving
from orangecontrib.imaging.widgets.parts.color_legend import Legend
from orangecontrib.imaging.widgets.parts.printing import (
    PrintedPicture,
    Sheet,
    print_sheet,
    printed_size,
)
from orangecontrib.imaging.widgets.parts.save_dialog import ask_where

A4_DOTS = (190 / 25.4 * 300, 277 / 25.4 * 300)
WIDE = {"width": 200.0, "height": 100.0}


class TestSheet(GuiTest):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
        random = np.random.default_rng(0)
        self.pixels = random.integers(0, 256, (600, 600, 3), dtype=np.uint8)
        Image.fromarray(self.pixels).save(self.folder / "fine.png")
        Image.new("RGB", (300, 100), (10, 200, 30)).save(self.folder / "wide.png")

    def picture(self, name, left, **more):
        return PrintedPicture(str(self.folder / name), (left, 10.0, 80.0, 80.0), **more)

    def printed(self, *pictures, suffix=".png", **more):
        path = self.folder / f"out{suffix}"
        self.result = print_sheet(Sheet(**WIDE, pictures=pictures, **more), path)
        return path

    def image(self, *pictures, **more):
        with Image.open(self.printed(*pictures, **more)) as image:
            return np.asarray(image.convert("RGB")), image.info

    def test_a_png_is_as_large_as_a4_paper_at_300_dots_an_inch(self):
        pixels, info = self.image(self.picture("wide.png", 10))
        self.assertEqual(pixels.shape[1::-1], (round(A4_DOTS[1]), round(A4_DOTS[1] / 2)))
        self.assertAlmostEqual(info["dpi"][0], 300, delta=0.1)

    def test_a_sheet_is_upright_or_across_as_it_fits(self):
        self.assertEqual(printed_size(1, 1).width(), round(A4_DOTS[0]))
        self.assertEqual(printed_size(1, 10).height(), round(A4_DOTS[1]))
        self.assertEqual(printed_size(10, 1).width(), round(A4_DOTS[1]))

    def test_pictures_are_read_in_the_size_they_are_printed_in(self):
        pixels, _ = self.image(self.picture("fine.png", 10))
        scale = A4_DOTS[1] / 200
        place = pixels[round(10 * scale):round(90 * scale), round(10 * scale):round(90 * scale)]
        shown = np.asarray(Image.fromarray(place).resize((600, 600), Image.Resampling.BOX), float)
        alike = np.corrcoef(shown.ravel(), self.pixels.ravel().astype(float))[0, 1]
        self.assertGreater(alike, 0.9)  # a thumbnail of 96 pixels would have lost this noise

    def test_a_picture_is_shown_whole_or_fills_its_place(self):
        whole, _ = self.image(self.picture("wide.png", 10))
        filled, _ = self.image(self.picture("wide.png", 10, is_filled=True))
        corner = round(14 * A4_DOTS[1] / 200)
        self.assertEqual(whole[corner, corner].tolist(), [255, 255, 255])
        self.assertEqual(filled[corner, corner].tolist(), [10, 200, 30])

    def test_a_wide_picture_that_is_cut_is_as_fine_as_a_square_one(self):
        Image.fromarray(np.tile(self.pixels, (1, 8, 1))).save(self.folder / "long.png")
        scale = A4_DOTS[1] / 200
        here = slice(round(10 * scale), round(90 * scale))
        square, long = (np.asarray(self.image(self.picture(name, 10, is_filled=True))[0][here, here], float)
                        for name in ("fine.png", "long.png"))
        self.assertGreater(long.std(), 0.9 * square.std())

    def test_frames_dots_captions_and_broken_pictures_are_drawn(self):
        pixels, _ = self.image(
            self.picture("wide.png", 10, frame=(250, 0, 0), frame_width=4, caption="WWWW", caption_height=9.0),
            self.picture("none.png", 110), dots=[(100.0, 50.0, 4.0, (0, 0, 250))])
        at = lambda x, y: pixels[round(y * A4_DOTS[1] / 200), round(x * A4_DOTS[1] / 200)].tolist()  # noqa: E731
        self.assertEqual(at(7.5, 50), [250, 0, 0])
        self.assertEqual(at(100, 50), [0, 0, 250])
        self.assertEqual(at(112, 12), [236, 236, 236])
        text = pixels[round(91 * A4_DOTS[1] / 200):, :round(90 * A4_DOTS[1] / 200)]
        self.assertLess(text.min(), 60)
        self.assertEqual(self.result.unread, 1)

    def test_a_legend_is_written_below_the_pictures(self):
        without, _ = self.image(self.picture("wide.png", 10))
        entries = [("healthy", (250, 0, 0)), ("ill", (0, 0, 250))]
        pixels, _ = self.image(self.picture("wide.png", 10), legend=Legend("state", entries))
        np.testing.assert_array_equal(pixels[:len(without)], without)
        below = pixels[len(without):]
        places = [np.argwhere((below == color).all(axis=-1)).mean(axis=0) for _, color in entries]
        self.assertLess(places[0][1], places[1][1])
        self.assertEqual(places[0][0], places[1][0])
        dark = np.flatnonzero((below.max(axis=-1) < 60).any(axis=0))
        self.assertLess(dark.min(), places[0][1])
        self.assertGreater(dark.max(), places[1][1])

    def test_a_legend_that_is_long_takes_more_lines_and_leaves_all_on_the_page(self):
        entries = [(f"a long name of the class {number}", (number, 99, 99)) for number in range(40)]
        for width, height in ((200.0, 100.0), (100.0, 300.0), (297.0, 190.0)):
            path = self.folder / "out.png"
            print_sheet(Sheet(width, height, [PrintedPicture(str(self.folder / "wide.png"), (0, 0, width, height))],
                              legend=Legend("class", entries)), path)
            with Image.open(path) as image:
                pixels = np.asarray(image.convert("RGB"))
            most = A4_DOTS[::-1] if width > height else A4_DOTS
            self.assertLessEqual(pixels.shape[1], most[0] + 1)
            self.assertLessEqual(pixels.shape[0], most[1] + 1)
            signs = np.argwhere((pixels[..., 1] == 99) & (pixels[..., 2] == 99))
            reds = pixels[tuple(signs.T)][:, 0]
            shown = [signs[reds == number] for number in range(40)]
            self.assertEqual([len(one) > 0 for one in shown], [number < 30 for number in range(40)])
            self.assertTrue(all(one[:, 1].max() < pixels.shape[1] - 40 for one in shown[:30]))
            self.assertGreater(shown[29][:, 0].min(), shown[0][:, 0].max())

    def legend_on(self, shape, suffix, name):
        path = self.folder / f"out{suffix}"
        print_sheet(Sheet(*shape, [PrintedPicture(str(self.folder / "wide.png"), (0, 0, *shape), is_filled=True)],
                          legend=Legend("class", [(name, (250, 0, 0))])), path)
        return path

    def test_a_narrow_sheet_is_as_wide_as_what_its_legend_needs(self):
        inks = []
        for shape in ((10.0, 100.0), (100.0, 100.0)):
            with Image.open(self.legend_on(shape, ".png", "a name that is wider than the pictures")) as image:
                pixels = np.asarray(image.convert("RGB")).astype(int)
            sign = np.argwhere((pixels == (250, 0, 0)).all(axis=-1))
            text = pixels[sign[:, 0].min() - 10:, sign[:, 1].max() + 1:]
            inks.append(np.ptp(np.flatnonzero((text.max(axis=-1) < 128).any(axis=0))))
            picture = np.flatnonzero((pixels[100] == (10, 200, 30)).all(axis=-1))
            self.assertAlmostEqual(picture.mean(), (pixels.shape[1] - 1) / 2, delta=1)
        self.assertGreater(inks[0], 327)
        self.assertAlmostEqual(inks[0], inks[1], delta=2)

    def test_a_name_wider_than_the_page_is_shortened(self):
        for shape, most in (((10.0, 100.0), A4_DOTS[0]), ((100.0, 10.0), A4_DOTS[1])):
            drawn = self.legend_on(shape, ".svg", "B" + "m" * 400 + "E").read_text()
            shown = re.search("B(m+)…(m+)E", drawn)
            self.assertIsNotNone(shown)
            self.assertGreater(len(shown[0]), 30)
            self.assertLessEqual(float(re.search(r'viewBox="0 0 (\d+) ', drawn)[1]), most + 1)

    def test_an_svg_shows_the_same_as_the_png(self):
        picture = self.picture("wide.png", 10, is_filled=True, frame=(250, 0, 0), frame_width=4)
        pixels, _ = self.image(picture)
        renderer = QSvgRenderer(str(self.printed(picture, suffix=".svg")))
        image = QImage(200, 100, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        for x, y in ((50, 50), (7, 50), (150, 50)):
            shown = image.pixelColor(x, y).getRgb()[:3]
            expected = pixels[round((y + 0.5) * A4_DOTS[1] / 200), round((x + 0.5) * A4_DOTS[1] / 200)]
            self.assertLess(np.abs(np.subtract(shown, expected, dtype=int)).max(), 30)

    def test_a_pdf_is_one_page_of_a4_paper_with_the_pictures(self):
        data = self.printed(self.picture("wide.png", 10), self.picture("fine.png", 110), suffix=".pdf").read_bytes()
        box = [float(side) for side in re.search(rb"/MediaBox\s*\[([^]]*)\]", data)[1].split()]
        self.assertEqual([round(side) for side in box], [0, 0, 842, 595])
        self.assertGreaterEqual(data.count(b"/Subtype /Image"), 2)

    def test_progress_grows_to_the_end(self):
        told = []
        pictures = [self.picture("wide.png", 10)] * 5
        print_sheet(Sheet(**WIDE, pictures=pictures), self.folder / "out.png", on_progress=told.append)
        self.assertEqual(told, [0.2, 0.4, 0.6, 0.8, 1.0])

    def test_stopping_leaves_what_was_there(self):
        for suffix in (".png", ".pdf", ".svg"):
            path = self.folder / f"before{suffix}"
            path.write_text("before")
            with pytest.raises(Cancelled):
                print_sheet(Sheet(**WIDE, pictures=[self.picture("wide.png", 10)]), path, cancelled=lambda: True)
            self.assertEqual(path.read_text(), "before")
        self.assertEqual(len(list(self.folder.iterdir())), 5)

    def test_a_disk_that_is_full_leaves_what_was_there(self):
        for suffix in (".png", ".pdf", ".svg"):
            size = self.printed(self.picture("fine.png", 10), suffix=suffix).stat().st_size
            path = self.folder / f"out{suffix}"
            path.write_text("before")
            for room in (1000, size - 1):
                with full_disk(room), pytest.raises(OutputError, match="on a disk with space left"):
                    self.printed(self.picture("fine.png", 10), suffix=suffix)
                self.assertEqual(path.read_text(), "before")
        self.assertEqual(len(list(self.folder.iterdir())), 5)

    def test_a_folder_that_is_not_there_and_another_ending_are_said(self):
        for suffix in (".png", ".pdf", ".svg"):
            with pytest.raises(OutputError, match="cannot be written"):
                print_sheet(Sheet(**WIDE, pictures=[]), self.folder / "no" / f"out{suffix}")
        with pytest.raises(OutputError, match=r"must end in \.png, \.pdf, \.svg"):
            print_sheet(Sheet(**WIDE, pictures=[]), self.folder / "out.jpg")


class TestSaving(GridCase):
    def setUp(self):
        super().setUp()
        self.path = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]), "grid.png")

    def begin_saving(self, path):
        with patch.object(sheet_saving, "ask_where", return_value=path):
            self.widget.save_graph()

    def save(self, path):
        self.begin_saving(path)
        self.settle()

    def test_the_grid_is_written_with_all_its_pictures_whatever_is_in_sight(self):
        self.send(picture_table(12))
        self.area.zoom_by(4)
        self.save(self.path)
        with Image.open(self.path) as image:
            pixels = np.asarray(image.convert("RGB"))
        (rows, columns), cells = self.area.shape, self.area._cells
        for row in range(12):
            down, right = divmod(int(cells[row]), columns)
            middle = pixels[round((down + 0.5) * len(pixels) / rows), round((right + 0.5) * pixels.shape[1] / columns)]
            self.assertEqual(tuple(middle), COLORS[row % 2])
        self.assertIn("grid.png is saved", str(self.widget.Information.saved))
        self.assertIn("12 pictures in", self.widget._status.text())

    def test_captions_are_written_below_the_pictures(self):
        data = picture_table(4)
        self.send(data)
        self.widget.caption_column = data.domain["note"]
        self.widget.show_captions()
        sheet = self.widget.printed_sheet()
        self.assertEqual(sorted(picture.caption for picture in sheet.pictures), [f"note {row}" for row in range(4)])
        self.assertEqual(sheet.height, self.area.shape[0] * 116)

    def test_what_the_colors_mean_is_printed(self):
        data = picture_table(4)
        self.send(data)
        self.assertEqual(self.widget.printed_sheet().legend.title, "kind")
        self.widget.color_column = None
        self.assertIsNone(self.widget.printed_sheet().legend)

    def test_a_layout_that_is_not_finished_is_not_saved(self):
        self.save(self.path)
        self.assertFalse(self.path.exists())
        self.assertTrue(self.widget.Warning.not_finished.is_shown())
        self.send(picture_table(4))
        self.assertFalse(self.widget.Warning.not_finished.is_shown())

    def test_what_cannot_be_written_is_said_and_the_grid_stays(self):
        self.send(picture_table(4))
        self.save(self.path.parent / "no" / "grid.png")
        self.assertIn("cannot be written", str(self.widget.Error.not_saved))
        self.assertFalse(self.widget.Error.failed.is_shown())
        self.assertIsNotNone(self.widget._layout)
        self.save(self.path)
        self.assertFalse(self.widget.Error.not_saved.is_shown())

    def test_a_save_that_other_data_or_another_save_breaks_off_is_named_until_the_next(self):
        for change in (lambda: self.send(picture_table(5), wait=False),
                       lambda: self.begin_saving(self.path.with_name("other.png"))):
            self.send(picture_table(4))
            with slow_save(self.widget, self.path):
                self.assertFalse(self.widget.Warning.broken_off.is_shown())
                change()
            self.settle()
            self.assertIn(f"{self.path.name} is not saved", str(self.widget.Warning.broken_off))
            self.assertFalse(self.path.exists())
            self.save(self.path)
            self.assertFalse(self.widget.Warning.broken_off.is_shown())
            self.path.unlink()

    def test_a_save_that_is_done_when_something_changes_is_told_as_such(self):
        for change in (lambda: self.begin_saving(self.path.with_name("other.png")), self.widget._button.click):
            self.send(picture_table(4))
            with slow_save(self.widget, self.path) as save:
                save.finish()
                change()
            self.assertFalse(self.widget.Warning.broken_off.is_shown())
            self.assertIn("is saved", str(self.widget.Information.saved))
            self.path.unlink()

    def test_a_save_that_the_user_stops_needs_no_warning(self):
        self.send(picture_table(4))
        with slow_save(self.widget, self.path):
            self.widget._button.click()
        self.assertFalse(self.path.exists())
        self.assertFalse(self.widget.Warning.broken_off.is_shown())
        self.assertIsNone(self.widget.task)

    def test_what_changes_while_the_dialog_is_open_is_not_broken_off_and_nothing_old_is_saved(self):
        self.send(picture_table(4))

        def choose(*_):
            self.widget.on_shape(4, 2)
            return self.path

        with patch.object(sheet_saving, "ask_where", choose):
            self.widget.save_graph()
        self.settle()
        self.assertEqual(self.area.shape, (4, 2))
        self.assertIn(f"{self.path.name} is not saved", str(self.widget.Warning.broken_off))
        self.assertFalse(self.path.exists())
        self.save(self.path)
        self.assertFalse(self.widget.Warning.broken_off.is_shown())
        self.assertTrue(self.path.exists())

    def test_a_dialog_that_is_closed_saves_nothing(self):
        self.send(picture_table(4))
        self.save(None)
        self.assertFalse(self.widget.Information.saved.is_shown())

    def test_the_dialog_adds_the_ending_and_asks_before_replacing(self):
        seen = []

        def choose(dialog):
            dialog.selectNameFilter(dialog.nameFilters()[1])
            dialog.filterSelected.emit(dialog.nameFilters()[1])
            seen.append((dialog.nameFilters(), dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)))
            dialog.selectFile(str(self.path.with_suffix("")))
            return True

        with patch.object(QFileDialog, "exec", choose):
            self.assertEqual(ask_where(self.widget, "Save Image", "grid"), self.path.with_suffix(".pdf"))
        self.assertEqual(seen, [(["PNG image (*.png)", "PDF document (*.pdf)", "SVG drawing (*.svg)"], False)])
        with patch.object(QFileDialog, "exec", lambda dialog: False):
            self.assertIsNone(ask_where(self.widget, "Save Image", "grid"))
        self.process_events()
