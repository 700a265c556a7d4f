"""Import Images: several folders, zip files, and how pictures are read."""

from unittest.mock import patch
from zipfile import ZipFile

import numpy as np
import tifffile
from AnyQt import sip
from AnyQt.QtCore import Qt
from AnyQt.QtGui import QColor
from import_case import ImportCase

from orangecontrib.imaging.core.images import read_image
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.reading_choice import ReadingChoice
from orangecontrib.imaging.tables.columns import image_paths
from orangecontrib.imaging.widgets.owimportimages import OWImportImages
from orangecontrib.imaging.widgets.parts import channel_list, folder_form
from orangecontrib.imaging.widgets.parts.reading_form import ReadingForm


class TestFolders(ImportCase):
    def test_several_folders_are_one_table_and_can_be_taken_away_again(self):
        self._fill("well/a.png", "sick/b.png", "other/c.png")
        self._import(self.folder / "well", self.folder / "sick")
        self.assertEqual(self.data.domain.class_var.values, ("sick", "well"))
        self.widget.folder_form.remove_button.click()
        self._wait()
        self.assertEqual(len(self.data), 1)
        self.assertEqual(self.widget.more_folders, [])

    def _zip(self, name):
        self._fill("a.png")
        with ZipFile(self.folder / name, "w") as file:
            file.write(self.folder / "a.png", f"{name}.png")
        return self.folder / name

    def _answer(self, button, entry, path):
        """Choose an entry of a button's menu, and this zip file in the dialog."""
        with patch.object(folder_form.QFileDialog, "getOpenFileName", return_value=(str(path), "")) as ask:
            next(action for action in button.menu().actions() if action.text() == entry).trigger()
        self._wait()
        return ask.call_args[0][2]

    def test_a_zip_file_is_chosen_by_the_menu_of_browse_and_another_added(self):
        one, two = self._zip("one.zip"), self._zip("two.zip")
        form = self.widget.folder_form
        self._answer(form.browse_button, "Zip File…", one)
        self.assertEqual([str(name) for name in self.data.get_column("image")], ["one.zip.png"])
        self.assertEqual(self._answer(form.add_button, "Zip File…", two), str(self.folder))
        self.assertEqual([str(name) for name in self.data.get_column("image")],
                         ["one.zip/one.zip.png", "two.zip/two.zip.png"])
        self._answer(form.browse_button, "Zip File…", "")
        self.assertEqual((self.widget.folder, self.widget.more_folders), (str(one), [str(two)]))
        with patch.object(folder_form.QFileDialog, "getExistingDirectory", return_value=str(self.folder)) as ask:
            form.browse_button.menu().actions()[0].trigger()
        self.assertEqual(ask.call_args[0][2], str(self.folder))

    def test_folders_whose_names_look_like_html_are_shown_as_they_are_and_can_be_taken_away(self):
        self._fill("one/a.png", "two <b>/b.png", "three/c.png")
        self._import(self.folder / "one", self.folder / "two <b>", self.folder / "three")
        self.assertEqual(self.widget.folder_form._more.item(0).toolTip(), f"<qt>{self.folder}/two &lt;b&gt;</qt>")
        self.widget.folder_form.remove_button.click()
        self._wait()
        self.assertEqual(self.widget.more_folders, [f"{self.folder}/two <b>"])

    def test_a_filter_of_names_and_levels_is_obeyed_and_kept(self):
        self._fill("a_DAPI.png", "a_GFP.png", "deep/b_DAPI.png")
        self._import()
        self.widget.folder_form._names.setText("*_DAPI*")
        self.widget.folder_form._names.editingFinished.emit()
        self._wait()
        self.assertEqual(len(self.data), 2)
        self._choose(self.widget.folder_form._depth, 0)
        self.assertEqual(len(self.data), 1)
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.widget = self.create_widget(OWImportImages, stored_settings=settings)
        self._wait()
        self.assertEqual(len(self.data), 1)
        self.assertEqual(self.widget.folder_form._names.text(), "*_DAPI*")

    def test_old_settings_without_classes_are_understood(self):
        self._fill("u/a.png")
        for old, expected in ((False, ""), (True, "folder")):
            settings = {"folder": str(self.folder), "with_categories": old, "__version__": 100}
            self.widget = self.create_widget(OWImportImages, stored_settings=settings)
            self._wait()
            self.assertEqual(self.widget.class_from, expected)
            self.assertEqual(self.data.domain.class_var is None, not old)


class TestReading(ImportCase):
    def test_the_recipe_travels_with_the_column_and_is_kept_in_the_workflow(self):
        self._stack("a.tif")
        self._import()
        self.assertEqual(self.reading, Reading())
        self.assertNotIn("reading", self.data.domain["image"].attributes)
        self._choose(self.form.channels._way, True)
        self.assertEqual(self.reading, Reading(channels=(0, 1, 2), separate=True))
        self._choose(self.form._contrast, "type")
        expected = Reading(channels=(0, 1, 2), separate=True, contrast="type")
        self.assertEqual(self.reading, expected)
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.assertEqual(eval(repr(settings)), settings)
        self.widget = self.create_widget(OWImportImages, stored_settings=settings)
        self._wait()
        self.assertEqual(self.reading, expected)
        self.assertEqual(self.form.channels._way.currentData(), True)

    def test_each_on_its_own_takes_as_many_channels_as_most_pictures_have_and_says_what_is_left_out(self):
        self._stack("a.tif", axes="CYX")
        for name in ("b.tif", "c.tif"):
            self._stack(name, axes="TCYX")
        self._import()
        self.assertFalse(self.widget.Warning.more_channels.is_shown())
        self._choose(self.form.channels._way, True)
        self.assertEqual(self.reading, Reading(channels=(0, 1), separate=True))
        self.assertEqual(str(self.widget.Warning.more_channels),
                         "Each picture gives 2 channels, the most frequent number. 1 has more, such as a.tif; what is "
                         "more is left out.")
        self._choose(self.form.channels._way, False)
        self.assertFalse(self.widget.Warning.more_channels.is_shown())

    def test_a_full_range_is_not_asked_of_decimals(self):
        self._stack("deep.tif", axes="YX")
        tifffile.imwrite(self.folder / "float.tif", np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30))
        self._import()
        self._choose(self.form._contrast, "type")
        self.assertEqual(str(self.widget.Error.failed), "1 of 2 pictures have numbers with decimals, which have no "
                         "full range, such as float.tif. Choose percentiles or a fixed range as contrast.")
        self._choose(self.form._contrast, "auto")
        self.assertFalse(self.widget.Error.failed.is_shown())
        self.assertEqual(len(self.data), 2)

    def test_one_range_for_the_folder_is_measured_and_travels(self):
        for number in range(3):
            self._stack(f"{number}.tif", seed=number, axes="YX", top=1000 * (number + 1))
        self._import()
        self._choose(self.form._contrast, "folder")
        (low, high), = self.reading.ranges
        self.assertEqual(self.reading.contrast, "range")
        self.assertLess(low, 50)
        self.assertGreater(high, 2800)
        means = [read_image(path, self.reading).pixels.mean() for path in
                 image_paths(self.data, self.data.domain["image"])]
        self.assertLess(means[0], means[1])
        self.assertLess(means[1], means[2])
        self._choose(self.form._contrast, "auto")
        self.assertEqual(self.reading, Reading())

    def test_what_pages_are_is_asked_where_the_file_does_not_say(self):
        self._stack("pages.tif", axes="QYX")
        self._import()
        self.assertFalse(self.form._rows["Pages are:"].isHidden())
        self.assertNotIn("planes", self.data.domain)
        self._choose(self.form._pages, "z")
        self.assertEqual(self.data[0, "planes"], 3)
        self.assertEqual(self.reading.pages, "z")
        self.assertFalse(self.form._rows["Planes:"].isHidden())

    def test_the_form_shows_only_what_matters(self):
        self._fill("photo.png")
        self._import()
        hidden = {name for name, row in self.form._rows.items() if row.isHidden()}
        self.assertEqual(hidden, {"Pages are:", "Series:", "Time point:", "Planes:", "Black, white:"})
        self._stack("stack.tif", axes="TZYX", ome=True)
        (self.folder / "photo.png").unlink()
        self._import()
        hidden = {name for name, row in self.form._rows.items() if row.isHidden()}
        self.assertEqual(hidden, {"Pages are:", "Series:", "Channels:"})

    def test_the_preview_shows_the_file_as_it_lies_and_as_it_is_read(self):
        path = self._stack("a.tif")
        self._import()
        preview = self.widget.preview
        views = preview._views
        self.process_events(lambda: all(view.thumbnails.find(str(path)) for view in views), timeout=20000)
        before, after = (view.thumbnails.find(str(path)).pixmap.toImage() for view in views)
        self.assertLess(QColor(before.pixel(5, 5)).value(), 20)
        self.assertEqual((before.width(), after.height()), (30, 20))
        expected = read_image(path).pixels[5, 7]
        self.assertEqual(QColor(after.pixel(7, 5)).getRgb()[:3], tuple(int(value) for value in expected))
        self.assertEqual(preview.notes, "16 bits, 3 channels: contrast 0.1–99.9 %")

    def test_the_arrows_go_through_the_pictures(self):
        self._fill("a.png", "b.png")
        self._stack("c.tif")
        self._import()
        self.assertTrue(self.form._rows["Black, white:"].isHidden())
        self.widget.preview._arrows[0].click()
        self.assertEqual(self.widget.preview.image.name, "c.tif")
        self.assertFalse(self.form._rows["Black, white:"].isHidden())
        self.widget.preview._arrows[1].click()
        self.assertEqual(self.widget.preview._name.text(), "1 of 3: a.png")

    def test_another_series_or_meaning_of_pages_stays_at_the_picture_that_is_shown(self):
        for name in ("a.tif", "b.tif", "c.tif"):
            self._stack(name, axes="QYX")
        self._import()
        self.widget.preview._arrows[1].click()
        self.form._scene.setValue(2)
        self._wait()
        self.assertEqual(self.widget.preview.image.name, "b.tif")
        self._choose(self.form._pages, "z")
        self.assertEqual(self.widget.preview._name.text(), "2 of 3: b.tif")
        (self.folder / "b.tif").unlink()
        self._import()
        self.assertEqual(self.widget.preview._name.text(), "1 of 2: a.tif")

    def test_names_that_look_like_html_are_no_html_in_preview_and_list(self):
        self._fill("a <b>.png")
        (self.folder / "b <i>.png").write_bytes(b"broken")
        self._import()
        self.assertEqual(self.widget.preview._name.toolTip(), "<qt>a &lt;b&gt;.png</qt>")
        self.assertEqual({view.picture.textFormat() for view in self.widget.preview._views}, {Qt.TextFormat.PlainText})
        model = self.widget.skipped_list.model
        self.assertEqual([model.data(model.index(0, 0), role) for role in (Qt.ItemDataRole.DisplayRole,
                                                                          Qt.ItemDataRole.ToolTipRole)],
                         ["b <i>.png", "<qt>b &lt;i&gt;.png</qt>"])

    def test_a_recipe_in_the_settings_that_is_none_is_the_usual_one(self):
        self._fill("a.png")
        for text in ("[]", "{", '{"zoom": 1}', '{"time": -1}', '{"time": "x"}'):
            settings = {"folder": str(self.folder), "reading": text, "__version__": 101}
            self.widget = self.create_widget(OWImportImages, stored_settings=settings)
            self._wait()
            self.assertEqual((self.reading, self.widget.reading), (Reading(), "{}"))


class TestForms(ImportCase):
    def _shown(self, reading=Reading(), **options):
        form = self._new(ReadingForm)
        changes = []
        form.changed.connect(changes.append)
        info = self._info(**options)
        form.show_reading(ReadingChoice(reading), info)
        self.assertEqual(changes, [])
        return form, changes

    @staticmethod
    def _info(**options):
        from orangecontrib.imaging.core.stack import ImageInfo
        return ImageInfo(**{"width": 9, "height": 9, "bytes": 9, "format": "TIFF", "is_colour": False, "bits": 16,
                            **options})

    def test_planes_times_and_series_count_from_one(self):
        form, changes = self._shown(planes=5, times=4, scenes=3)
        self._choose(form._projection, "plane")
        form._z.setValue(5)
        form._time.setValue(2)
        form._scene.setValue(3)
        self.assertEqual(changes[-1], ReadingChoice(Reading(projection="plane", z=4, time=1, scene=2)))
        self.assertEqual(form._scene.suffix(), " of 3")

    def test_a_label_that_is_renamed_is_ours_since_one_of_qt_may_be_taken_for_a_widget_that_is_gone(self):
        form, _ = self._shown()
        self.assertTrue(all(sip.ispycreated(form._form.labelForField(row)) for row in form._rows.values()))

    def test_limits_that_make_no_sense_are_put_back(self):
        form, changes = self._shown()
        for text in ("x", "99.9", ""):
            form._low.setText(text)
            form._low.editingFinished.emit()
            self.assertEqual((form._low.text(), changes), ("0.1", []))
        form._low.setText("5")
        form._low.editingFinished.emit()
        self.assertEqual(changes[-1].reading, Reading(percentiles=(5, 99.9)))

    def test_what_is_wrong_with_limits_is_said_and_nothing_is_emitted(self):
        form, changes = self._shown(Reading(contrast="range", ranges=((0, 100),)))
        form._low.setText("200")
        form._low.editingFinished.emit()
        self.assertEqual(form._advice.text(), "Pictures cannot be read so: of a range, the lower end comes first, and "
                                              "both are finite.")
        for text in ("1,000", "black"):
            form._low.setText(text)
            form._low.editingFinished.emit()
        self.assertEqual(form._advice.text(), "Write two numbers, such as 0.1 and 99.9, and thousands as 4000.")
        self.assertEqual((form._low.text(), changes), ("0", []))

    def test_limits_that_are_left_as_they_are_stay_to_the_last_digit(self):
        for reading in (Reading(contrast="range", ranges=((0, 2.0**32 - 1),)), Reading(percentiles=(0.1, 99.99999)),
                        Reading(contrast="range", ranges=((0.123456789, 1e20),)),
                        Reading(contrast="range", ranges=((-5, 0.1 + 0.2),))):
            form, changes = self._shown(reading)
            for field in (form._low, form._high):
                field.editingFinished.emit()
            self.assertEqual(changes, [])
        self.assertEqual((form._low.text(), form._high.text()), ("-5", "0.30000000000000004"))

    def test_a_fixed_range_begins_with_that_of_the_type(self):
        form, changes = self._shown(bits=12)
        self._choose(form._contrast, "range")
        self.assertEqual(changes[-1].reading, Reading(contrast="range", ranges=((0, 4095),)))
        form._high.setText("2000")
        form._high.editingFinished.emit()
        self.assertEqual(changes[-1].reading.ranges, ((0, 2000),))

    def test_channels_are_ticked_and_coloured(self):
        form, changes = self._shown(channels=3, channel_names=("DAPI", "GFP", "RFP"))
        items = [form.channels._list.item(row) for row in range(3)]
        self.assertEqual([item.text() for item in items], ["DAPI", "GFP", "RFP"])
        items[1].setCheckState(Qt.CheckState.Unchecked)
        self.assertEqual(changes[-1].reading, Reading(channels=(0, 2), colours=("#ff0000", "#0000ff")))
        with patch.object(channel_list.QColorDialog, "getColor", return_value=QColor("#00ffff")):
            form.channels._list.itemDoubleClicked.emit(form.channels._list.item(2))
        self.assertEqual(changes[-1].reading, Reading(channels=(0, 2), colours=("#ff0000", "#00ffff")))
        form.channels._list.item(2).setCheckState(Qt.CheckState.Unchecked)
        self.assertEqual(changes[-1].reading, Reading(channels=(0,)))

    def test_the_usual_channels_need_no_naming_and_none_is_all(self):
        form, changes = self._shown(channels=2)
        form.channels._list.item(0).setCheckState(Qt.CheckState.Unchecked)
        form.channels._list.item(0).setCheckState(Qt.CheckState.Checked)
        self.assertEqual(changes[-1].reading, Reading())
        for row in (0, 1):
            form.channels._list.item(row).setCheckState(Qt.CheckState.Unchecked)
        self.assertEqual(changes[-1].reading, Reading())

    def test_a_colour_picture_has_red_green_and_blue(self):
        form, changes = self._shown(channels=3, is_colour=True, bits=8)
        self.assertEqual(form.channels._list.item(1).text(), "Green")
        form.channels._list.item(0).setCheckState(Qt.CheckState.Unchecked)
        form.channels._list.item(2).setCheckState(Qt.CheckState.Unchecked)
        self.assertEqual(changes[-1].reading, Reading(channels=(1,)))
