"""Import Images keeps a choice of reading usable: after an error, and in another folder."""

import numpy as np
import pytest
import tifffile
from AnyQt.QtCore import Qt
from AnyQt.QtGui import QColor
from import_case import ImportCase

from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.found import FoundImage
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.reading_choice import ReadingChoice
from orangecontrib.imaging.core.stack import ImageInfo
from orangecontrib.imaging.widgets.jobs.importing import check_reading
from orangecontrib.imaging.widgets.owimportimages import OWImportImages
from orangecontrib.imaging.widgets.parts.channel_list import ChannelList
from orangecontrib.imaging.widgets.parts.reading_preview import shown_as_recorded


def _info(channels=1, **options):
    return ImageInfo(**{"width": 9, "height": 9, "bytes": 9, "format": "TIFF", "is_colour": False, "bits": 16,
                        "channels": channels, **options})


class TestDeadEnds(ImportCase):
    def test_after_a_folder_without_one_range_another_contrast_can_be_chosen(self):
        self._stack("a.tif", axes="YX")
        self._stack("b.tif", axes="CYX")
        self._import()
        self._choose(self.form._contrast, "folder")
        self.assertIn("One range for the whole folder", str(self.widget.Error.failed))
        self.assertIsNone(self.data)
        self.assertTrue(self.form._contrast.isEnabled())
        self.assertEqual(self.widget.preview.image.name, "a.tif")
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self._choose(self.form._contrast, "type")
        self.assertFalse(self.widget.Error.failed.is_shown())
        self.assertEqual(self.reading, Reading(contrast="type"))
        self.widget = self.create_widget(OWImportImages, stored_settings=settings)
        self._wait()
        self.assertTrue(self.widget.Error.failed.is_shown())
        self._choose(self.form._contrast, "auto")
        self.assertEqual(len(self.data), 2)

    def test_after_such_an_error_joined_files_are_still_shown(self):
        for name, top in (("A01_w1", 4000), ("A01_w2", 4000)):
            self._stack(f"{name}.tif", axes="YX", top=top)
        settings = {"folder": str(self.folder), "pattern": "{well}_w{channel}", "joins_channels": True,
                    "reading": '{"channels": [4]}', "__version__": 101}
        self.widget = self.create_widget(OWImportImages, stored_settings=settings)
        self._wait()
        self.assertIn("Channel 5 was chosen", str(self.widget.Error.failed))
        before = self.widget.preview._views[0].thumbnails
        path = self.widget.preview.image.path
        self.process_events(lambda: before.find(path), timeout=20000)
        self.assertEqual((before.find(path).reason, before.find(path).full_width), ("", 30))

    def test_a_channel_that_another_folder_does_not_have_is_named_and_reset(self):
        self._stack("three/a.tif")
        self._stack("one/a.tif", axes="YX")
        self._import(self.folder / "three")
        for row in (0, 1):
            self.form.channels._list.item(row).setCheckState(Qt.CheckState.Unchecked)
            self._wait()
        self.assertEqual(self.reading, Reading(channels=(2,)))
        self.assertTrue(self.form.reset_button.isEnabled())
        self._import(self.folder / "one")
        self.assertEqual(str(self.widget.Error.failed), "Channel 3 was chosen, but these pictures have only 1. Choose "
                         "another, or press Reset under How Pictures Are Read.")
        self.assertIsNone(self.data)
        self.form.reset_button.click()
        self._wait()
        self.assertEqual(self.reading, Reading())
        self.assertFalse(self.form.reset_button.isEnabled())

    def test_a_series_that_no_picture_has_can_be_reset(self):
        self._stack("a.tif", axes="YX")
        settings = {"folder": str(self.folder), "reading": '{"scene": 4}', "__version__": 101}
        self.widget = self.create_widget(OWImportImages, stored_settings=settings)
        self._wait()
        self.assertIn("there is no", str(self.widget.Error.failed))
        self.form.reset_button.click()
        self._wait()
        self.assertEqual(self.reading, Reading())


class TestEachChannel(ImportCase):
    def test_each_channel_on_its_own_is_all_channels_of_any_folder(self):
        self._stack("three/a.tif")
        self._stack("two/a.tif", axes="TZYX", imagej=True)
        self._import(self.folder / "three")
        self._choose(self.form.channels._way, True)
        self.assertEqual(self.reading, Reading(channels=(0, 1, 2), separate=True))
        self.assertEqual((self.widget.reading, self.widget.is_each_channel), ("{}", True))
        self._import(self.folder / "two")
        self.assertEqual(self.reading, Reading())
        self._import(self.folder / "three")
        self._choose(self.form.channels._way, False)
        self.assertEqual(self.reading, Reading())

    def test_of_more_than_six_channels_each_on_its_own_none_is_left_out(self):
        shown, changes = self._new(ChannelList), []
        shown.changed.connect(lambda *change: changes.append(change))
        shown.show_channels(_info(8), Reading())
        shown._way.setCurrentIndex(1)
        shown._way.activated.emit(1)
        self.assertEqual(changes, [((), (), True)])
        shown.show_channels(_info(8), ReadingChoice(is_each_channel=True).of_file(_info(8)))
        shown._list.item(7).setCheckState(Qt.CheckState.Unchecked)
        self.assertEqual(changes[-1], (tuple(range(7)), (), True))
        shown._list.item(7).setCheckState(Qt.CheckState.Checked)
        self.assertEqual(changes[-1], ((), (), True))


@pytest.mark.parametrize(("reading", "said"), [
    (Reading(channels=(0, 3)), "Channel 4 was chosen, but these pictures have only 3. "),
    (Reading(projection="plane", z=1), "Plane 2 was chosen, but these pictures have only 1. "),
    (Reading(time=2), "Frame 3 was chosen, but these pictures have only 2. ")])
def test_what_no_picture_has_is_named(reading, said):
    images = [FoundImage("a", "a", "", _info(count, times=2, time_word="frame")) for count in (2, 3)]
    check_reading(Reading(channels=(2,), z=1, time=1), images)
    with pytest.raises(WrongUse, match=said):
        check_reading(reading, images)


def test_the_caption_says_what_is_shown_of_a_file_as_it_lies_there():
    assert shown_as_recorded(_info(3, planes=5)) == ["first plane", "channel 1", "full range"]
    assert shown_as_recorded(_info(3, is_colour=True, bits=8)) == []
    assert shown_as_recorded(_info(bits=32, kind="f")) == ["from its least to its greatest number"]


class TestLooks(ImportCase):
    def test_the_list_of_channels_shows_whole_rows_and_white_with_a_border(self):
        shown = self._new(ChannelList)
        shown.show_channels(_info(7), Reading())
        inside = shown._list.minimumHeight() - 2 * shown._list.frameWidth()
        self.assertEqual(inside, 6 * shown._list.sizeHintForRow(0))
        square = shown._list.item(3).icon().pixmap(14, 14).toImage()
        self.assertEqual([QColor(square.pixel(at, 7)).name() for at in (0, 7)], ["#808080", "#ffffff"])

    def test_the_window_fits_a_small_screen_with_all_choices_shown(self):
        self.form.show_reading(ReadingChoice(), _info(7, planes=5, times=4, scenes=3))
        smallest = self.widget.minimumSizeHint()
        self.assertLessEqual(smallest.width(), 900)
        self.assertLessEqual(smallest.height(), 640)

    def test_each_note_begins_as_a_sentence(self):
        path = self.folder / "flat.tif"
        tifffile.imwrite(path, np.full((20, 30), 700, np.uint16), photometric="minisblack")
        self._import()
        preview = self.widget.preview
        self.process_events(lambda: preview._views[1].thumbnails.find(str(path)), timeout=20000)
        self.process_events()
        self.assertEqual(preview.notes, "16 bits: contrast 0.1–99.9 %. The same number everywhere, so it is mid-gray")
