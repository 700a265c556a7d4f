"""Contact sheets show each picture with its name, in letters of any language, on pages of A4."""

import os
import re
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from AnyQt.QtGui import QFont, QFontMetricsF, QImage, QPainter
from full_disk import full_disk
from made import pixels, write_pictures
from orangewidget.tests.base import GuiTest
from PIL import Image
from save_case import SaveCase, made_table, tree

from orangecontrib.imaging.core.errors import Cancelled, OutputError
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.sheet_pages import SheetCell, sheet_pages
from orangecontrib.imaging.widgets.jobs import saving as saving_job
from orangecontrib.imaging.widgets.parts.contact_sheet import (
    PER_PAGE,
    SheetText,
    write_pdf,
    write_png,
)


class TestSheets(GuiTest):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))

    def _pages(self, counts, caption="cell"):
        return ([SheetCell(pixels(60, 40, seed=row), f"{caption} {row}") for row in range(count)] for count in counts)

    def _drawn(self, cells):
        """(height, width, 3) uint8 of a page."""
        path, = write_png(lambda number: (self.folder / f"{number}.png", True), SheetText("", 1), [cells])
        return np.asarray(Image.open(path))

    def test_a_pdf_has_all_pages_in_a4(self):
        path = self.folder / "sheet.pdf"
        write_pdf(path, SheetText("out", 3), self._pages([20, 20, 3]), False)
        data = path.read_bytes()
        self.assertTrue(data.startswith(b"%PDF-"))
        self.assertEqual(len(re.findall(rb"/Type /Page\b", data)), 3)
        self.assertEqual(set(re.findall(rb"/MediaBox \[([^\]]*)\]", data)), {b"0 0 595.000000 842.000000"})
        self.assertEqual(int(re.search(rb"startxref\s+(\d+)", data)[1]), data.rindex(b"\nxref") + 1)
        self.assertEqual(os.listdir(self.folder), ["sheet.pdf"])

    def test_a_page_shows_the_pictures_themselves_in_their_places(self):
        red, green = (np.full((50, 50, 3), color, np.uint8) for color in ((200, 0, 0), (0, 200, 0)))
        page = self._drawn([SheetCell(red, ""), SheetCell(green, ""), SheetCell(None, "")])
        self.assertEqual(page.shape, (2339, 1654, 3))
        self.assertEqual(page[300, 280].tolist(), [200, 0, 0])
        self.assertEqual(page[300, 645].tolist(), [0, 200, 0])
        self.assertEqual(page[300, 1010].tolist(), [255, 255, 255])

    def test_captions_are_drawn_and_long_ones_keep_to_their_place(self):
        empty, short, long = (self._drawn([SheetCell(None, text)]) for text in ("", "a.png", "W" * 400))
        self.assertLess(np.count_nonzero(short != 255) - np.count_nonzero(empty != 255), 10_000)
        self.assertGreater(np.count_nonzero(short != empty), 0)
        across = np.flatnonzero((long != empty).any(axis=(0, 2)))
        self.assertTrue(across[0] > 100 and across[-1] < 110 + 360)

    def test_letters_of_other_languages_are_drawn_where_the_system_has_a_font_for_them(self):
        wanted = "Žščљя"
        if not all(QFontMetricsF(QFont()).inFontUcs4(ord(letter)) for letter in wanted):
            self.skipTest("this system has no font for these letters")
        drawn = {letter: self._letter(letter) for letter in wanted}
        self.assertEqual(len({image.tobytes() for image in drawn.values()}), len(wanted))

    @staticmethod
    def _letter(letter):
        image = QImage(60, 60, QImage.Format.Format_RGB32)
        image.fill(0xFFFFFFFF)
        painter = QPainter(image)
        from orangecontrib.imaging.widgets.parts import contact_sheet
        contact_sheet._draw_text(painter, contact_sheet.QRectF(0, 0, 60, 60), letter, 40,
                                 contact_sheet.Qt.AlignmentFlag.AlignLeft, 60)
        painter.end()
        return np.frombuffer(image.constBits().asstring(60 * 60 * 4), np.uint8)

    def test_a_sheet_that_fails_or_is_cancelled_leaves_nothing(self):
        def broken():
            yield from self._pages([20])
            raise Cancelled("The contact sheet was cancelled.")
        with pytest.raises(Cancelled):
            write_pdf(self.folder / "sheet.pdf", SheetText("out", 2), broken(), False)
        self.assertEqual(os.listdir(self.folder), [])
        with pytest.raises(OutputError):
            write_pdf(self.folder / "no" / "sheet.pdf", SheetText("out", 1), self._pages([1]), False)

    def test_a_file_that_is_there_stays(self):
        path = self.folder / "sheet.pdf"
        path.write_bytes(b"mine")
        with pytest.raises(OutputError):
            write_pdf(path, SheetText("out", 1), self._pages([1]), False)
        self.assertEqual(path.read_bytes(), b"mine")

    def test_a_disk_that_is_full_leaves_what_was_there(self):
        text = SheetText("out", 2)
        write_to = {"pdf": lambda path: write_pdf(path, text, self._pages([20, 3]), True),
                    "png": lambda path: write_png(lambda number: (path, True), text, self._pages([20]))}
        for ending, write in write_to.items():
            path = self.folder / f"sheet.{ending}"
            write(path)
            size = path.stat().st_size
            path.write_bytes(b"before")
            for room in (1000, size - 1):
                with full_disk(room), pytest.raises(OutputError, match="on a disk with space left"):
                    write(path)
                self.assertEqual(path.read_bytes(), b"before")
        self.assertEqual(sorted(os.listdir(self.folder)), ["sheet.pdf", "sheet.png"])


class TestSheetsOfTheWidget(SaveCase):
    def test_a_sheet_of_all_saved_pictures_lies_in_the_folder(self):
        self._send(made_table(self.folder / "in", 23))
        self._choose(self.widget.form.sheets, "pdf")
        self._save()
        self.assertIn("Contact sheet.pdf", tree(self.out))
        self.assertIn("Contact sheet: Contact sheet.pdf", self.widget.preview.result.text())
        self.assertEqual(len(re.findall(rb"/Type /Page\b", (self.out / "Contact sheet.pdf").read_bytes())), 2)

    def test_png_sheets_are_numbered_and_never_take_the_place_of_a_picture(self):
        names = [f"{row}.png" for row in range(PER_PAGE + 1)]
        data = made_table(self.folder / "in", PER_PAGE + 1, names=names)
        (self.folder / "in" / "Contact sheet 1.png").write_bytes((self.folder / "in/0.png").read_bytes())
        with data.unlocked(data.metas):
            data.metas[0, 0] = "Contact sheet 1.png"
        self._send(data)
        self._choose(self.widget.folder_chain.combos[0], None)
        self._choose(self.widget.form.sheets, "png")
        for if_exists in ("replace", "replace"):
            self._choose(self.widget.form.if_exists, if_exists)
            self._save()
            self.assertEqual((self.out / "Contact sheet 1.png").read_bytes(), (self.folder / "in/0.png").read_bytes())
        self.assertEqual([name for name in tree(self.out) if "sheet" in name], [
            "Contact sheet 1 (2).png", "Contact sheet 1 (3).png", "Contact sheet 1.png", "Contact sheet 2.png"])

    def test_an_older_sheet_is_replaced_when_told_but_not_where_it_is_one_of_the_pictures(self):
        self.out.mkdir()
        (self.out / "Contact sheet.pdf").write_bytes(b"old")
        data = made_table(self.folder / "in", 2)
        self._send(data)
        self._choose(self.widget.form.sheets, "pdf")
        self._choose(self.widget.form.if_exists, "replace")
        self._save()
        self.assertNotEqual((self.out / "Contact sheet.pdf").read_bytes(), b"old")
        (self.out / "Contact sheet.png").write_bytes((self.folder / "in/0.png").read_bytes())
        with data.unlocked(data.metas):
            data.metas[0, 0] = str(self.out / "Contact sheet.png")
        self._send(data)
        self._choose(self.widget.form.sheets, "png")
        self._save()
        self.assertEqual((self.out / "Contact sheet.png").read_bytes(), (self.folder / "in/0.png").read_bytes())
        self.assertIn("Contact sheet (2).png", tree(self.out))

    def test_a_sheet_that_cannot_be_written_is_told_and_the_pictures_are_saved(self):
        self._send(made_table(self.folder / "in", 2))
        self._choose(self.widget.form.sheets, "pdf")
        with patch.object(saving_job, "write_pdf", side_effect=OutputError("No room.")):
            self._save()
        self.assertEqual(str(self.widget.Warning.no_sheet), "The contact sheet was not written. No room.")
        self.assertEqual(len(self.saved), 2)


def test_pages_hold_the_pictures_in_their_order_and_say_which_cannot_be_read(tmp_path):
    paths = write_pictures(tmp_path, 5)
    captions = [(path, str(row)) for row, path in enumerate([*paths, str(tmp_path / "gone.png")])]
    pages = list(sheet_pages(captions, Reading(), 4, 20))
    assert [[cell.caption for cell in page] for page in pages] == [["0", "1", "2", "3"], ["4", "5"]]
    assert pages[0][0].pixels.shape == (16, 20, 3)
    assert pages[1][1].pixels is None


def test_pages_end_when_they_are_cancelled(tmp_path):
    captions = [(path, "") for path in write_pictures(tmp_path, 3)]
    asked = []
    with pytest.raises(Cancelled):
        for _ in sheet_pages(captions, Reading(), 1, 20, lambda: len(asked) > 1):
            asked.append(1)  # noqa: PERF401 - it is asked for its length meanwhile
    assert len(asked) == 2
