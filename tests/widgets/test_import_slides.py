"""Import Images: whole slides as small pictures, or as tiles."""

from unittest.mock import patch

from import_case import ImportCase
from slides import colourful, glass, needs_slides, stained, write_slide

from orangecontrib.imaging.core import cutting
from orangecontrib.imaging.core.tiles import Tiling
from orangecontrib.imaging.widgets.owimportimages import OWImportImages
from orangecontrib.imaging.widgets.parts.slide_form import SlideForm, tiling_of

TILES = {"side_px": 128, "leaves_out_glass": False}


class TestSlides(ImportCase):
    @property
    def slides(self):
        return self.widget.slide_form

    def _slide(self, name="a.svs", values=None):
        return write_slide(self.folder / name, colourful(256, 300) if values is None else values)

    def _cut(self, side=128):
        self._choose(self.slides._how, "tiles")
        self.slides._side.setValue(side)
        self._wait()

    @needs_slides
    def test_slides_are_cut_when_the_user_says_so_and_whole_again_when_not(self):
        self._slide("x/a.svs", stained(256, 512, (250, 0, 350, 100)))
        self._import()
        self.assertFalse(self.slides.isHidden())
        self.assertEqual(len(self.data), 1)
        self._cut()
        self.assertEqual([str(row["image"]) for row in self.data], ["x/a.svs/tile 128 at 256,0"])
        self.assertEqual(self.widget.summary.text(), "1 picture (1 tile of 1 slide) in 1 class: x (1).")
        self.slides._glass.click()
        self._wait()
        self.assertEqual(len(self.data), 8)
        self.assertEqual(self.widget.summary.text(), "8 pictures (8 tiles of 1 slide) in 1 class: x (8).")
        self._choose(self.slides._how, "one")
        self.assertEqual([str(row["image"]) for row in self.data], ["x/a.svs"])
        self.assertEqual(self.widget.slides, {})

    def test_the_choice_is_hidden_where_there_are_no_slides(self):
        self.assertTrue(self.slides.isHidden())
        self._fill("a.png")
        self._import()
        self.assertTrue(self.slides.isHidden())
        self.assertEqual(self.widget.summary.text(), "1 picture, no sub-folders, so no classes.")

    @needs_slides
    def test_the_choice_goes_and_comes_with_the_slides_and_stays_as_it_was(self):
        self._slide("slides/a.svs")
        self._fill("photos/b.png")
        self._import(self.folder / "slides")
        self._cut()
        self._import(self.folder / "photos")
        self.assertTrue(self.slides.isHidden())
        self.assertEqual(len(self.data), 1)
        self._import(self.folder / "slides")
        self.assertFalse(self.slides.isHidden())
        self.assertEqual(self.slides._side.value(), 128)
        self.assertGreater(len(self.data), 1)

    @needs_slides
    def test_a_saved_choice_is_shown_and_used(self):
        self._slide()
        self.widget.onDeleteWidget()
        settings = {"folder": str(self.folder), "slides": TILES, "__version__": 101}
        self.widget = self.create_widget(OWImportImages, stored_settings=settings)
        self.assertFalse(self.slides.isHidden())
        self.assertEqual((self.slides._how.currentData(), self.slides._side.value(), self.slides._glass.isChecked()),
                         ("tiles", 128, False))
        self._wait()
        self.assertEqual(len(self.data), 6)
        self.assertEqual(self.widget.slides, TILES)

    @needs_slides
    def test_a_slide_without_tissue_is_named_and_the_choice_stays(self):
        self._slide("a.svs", glass(256, 256))
        self._import()
        self._cut()
        self.assertIn("a.svs: no tissue was found on it, only empty glass", str(self.widget.Error.failed))
        self.assertIsNone(self.data)
        self.assertFalse(self.slides.isHidden())
        self.slides._glass.click()
        self._wait()
        self.assertEqual(len(self.data), 4)
        self.assertFalse(self.widget.Error.failed.is_shown())

    @needs_slides
    def test_too_many_tiles_are_an_error_that_goes_with_a_larger_side(self):
        self._slide()
        self._import()
        with patch.object(cutting, "MAX_TILES", 10):
            self._cut(64)
            self.assertIn("These slides would give more than 10 tiles of 64 pixels.", str(self.widget.Error.failed))
            self.assertFalse(self.slides.isHidden())
            self.slides._side.setValue(128)
            self._wait()
        self.assertFalse(self.widget.Error.failed.is_shown())
        self.assertEqual(len(self.data), 6)

    @needs_slides
    def test_labels_come_from_the_slides_name_and_are_found_without_cutting_again(self):
        self._slide("p1_a.svs")
        self._slide("p2_b.svs")
        self._import()
        self._cut()
        with patch("orangecontrib.imaging.widgets.jobs.importing.cut_slides") as cut:
            self._pattern("p{patient:digits}_*")
        cut.assert_not_called()
        self.assertEqual(self.data.domain["patient"].values, ("1", "2"))
        self.assertEqual(self.widget.label_form._said.text(), "2 of 2 names fit.")
        self.assertFalse(self.widget.Warning.unlabelled.is_shown())


class TestForm(ImportCase):
    def test_it_is_no_wider_than_the_form_above_it(self):
        self.assertLessEqual(SlideForm(Tiling()).sizeHint().width(), self.widget.folder_form.sizeHint().width())

    def test_only_a_change_is_told(self):
        form, told = SlideForm(Tiling(256)), []
        form.changed.connect(told.append)
        form._how.activated.emit(1)
        self.assertEqual(told, [])
        form._side.setValue(512)
        form._glass.click()
        form._how.setCurrentIndex(0)
        form._how.activated.emit(0)
        self.assertEqual(told, [{"side_px": 512, "leaves_out_glass": True}, {"side_px": 512, "leaves_out_glass": False},
                                {}])
        self.assertTrue(form._side.isHidden())
        self.assertTrue(form._glass.isHidden())

    def test_settings_that_cannot_be_cut_nothing(self):
        self.assertEqual(tiling_of(TILES), Tiling(128, False))
        for wrong in ({}, {"side_px": 5}, {"side_px": "x"}, {"other": 1}):
            self.assertIsNone(tiling_of(wrong))
