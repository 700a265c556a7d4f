"""Import Images: labels from the names of files, and files joined by their channel."""

from unittest.mock import patch

import numpy as np
from import_case import ImportCase

from orangecontrib.imaging.core.images import read_image
from orangecontrib.imaging.core.name_patterns import NamePattern
from orangecontrib.imaging.tables.columns import image_paths, image_reading
from orangecontrib.imaging.widgets.parts.label_form import LabelForm

PLATE = "{plate}_{well:well}_w{channel:digits}"


class TestLabels(ImportCase):
    def test_parts_of_names_become_columns_and_one_of_them_the_class(self):
        self._fill("P1_A01_w1.png", "P1_B02_w1.png", "P2_B02_w1.png")
        self._import()
        self._pattern(PLATE)
        self._choose(self.widget.label_form._class, "well")
        self.assertEqual(self.data.domain.class_var.name, "well")
        self.assertEqual(self.data.domain.class_var.values, ("A01", "B02"))
        plate = self.data.domain["plate"]
        self.assertEqual([plate.str_val(value) for value in self.data.get_column(plate)], ["P1", "P1", "P2"])
        self.assertIn("channel", self.data.domain)

    def test_names_that_do_not_fit_are_counted_and_have_no_labels(self):
        self._fill("P1_A01_w1.png", "overview.png")
        self._import()
        self._pattern(PLATE)
        self.assertEqual(str(self.widget.Warning.unlabelled),
                         "1 of 2 names do not fit the pattern, so their labels are missing. The first is overview.png. "
                         "Change the pattern, or clear it, under Labels.")
        self.assertEqual(np.isnan(self.data.get_column("plate")).tolist(), [True, False])
        self._pattern("")
        self.assertFalse(self.widget.Warning.unlabelled.is_shown())
        self.assertNotIn("plate", self.data.domain)

    def test_a_wrong_pattern_is_an_error_that_goes_when_it_is_mended(self):
        self._fill("a.png")
        self._import()
        self._pattern("{a")
        self.assertIn("a brace is left open", str(self.widget.Error.failed))
        self.assertIsNone(self.data)
        self._pattern("{a}")
        self.assertFalse(self.widget.Error.failed.is_shown())
        self.assertEqual(len(self.data), 1)

    def test_files_of_channels_are_joined_to_one_picture(self):
        for well in ("A01", "A02"):
            for channel in (1, 2):
                self._stack(f"P1_{well}_w{channel}.tif", seed=channel, axes="YX")
        self._import()
        self.assertEqual(len(self.data), 4)
        self._pattern(PLATE)
        self.widget.label_form._joins.click()
        self._wait()
        self.assertEqual(len(self.data), 2)
        column = self.data.domain["image"]
        path = image_paths(self.data, column)[0]
        self.assertEqual(path, f"{self.folder}/P1_A01_w1.tif|{self.folder}/P1_A01_w2.tif")
        picture = read_image(path, image_reading(column))
        self.assertEqual(picture.pixels.shape, (20, 30, 3))
        self.assertEqual(self.data[0, "channels"], 2)
        self.assertEqual(str(self.data[0, "image name"]), "P1_A01")
        self.assertEqual(self.form.channels.names, ("channel 1", "channel 2"))

    def test_of_joined_files_the_channel_is_neither_a_column_nor_a_class(self):
        for channel in (1, 2):
            self._stack(f"P1_A01_w{channel}.tif", axes="YX")
        self._import()
        form = self.widget.label_form
        self._pattern(PLATE)
        self.assertEqual(form._preview.columnCount(), 3)
        form._joins.click()
        self._wait()
        self.assertEqual([form._preview.horizontalHeaderItem(at).text() for at in range(form._preview.columnCount())],
                         ["plate", "well"])
        self.assertEqual(form._preview.rowCount(), 1)
        self.assertEqual(form._class.findData("channel"), -1)
        self.assertNotIn("channel", self.data.domain)

    def test_a_file_that_cannot_be_joined_was_left_out_for_its_name_and_not_unreadable(self):
        for name in ("P1_A01_w1", "P1_A01_w2", "overview"):
            self._stack(f"{name}.tif", axes="YX")
        self._import()
        self._pattern(PLATE)
        self.widget.label_form._joins.click()
        self._wait()
        self.assertEqual(str(self.widget.Warning.left_out),
                         f"1 file was left out. The first: overview.tif: its name does not fit the pattern {PLATE}. "
                         "The list in the widget names all.")
        self.assertEqual(self.widget.summary.text(), "1 picture, no sub-folders, so no classes. 1 file was left out.")
        self.assertEqual(self.widget.label_form._said.text(), "2 of 3 names fit; overview.tif does not.")

    def test_joined_files_that_cannot_be_read_are_named_from_the_folder_and_fit_the_pattern(self):
        for name in ("P1_A01_w1", "P1_A01_w2", "P1_A02_w1"):
            self._stack(f"{name}.tif", axes="YX")
        (self.folder / "P1_A02_w2.tif").write_bytes(b"broken")
        self._import()
        self._pattern(PLATE)
        self.widget.label_form._joins.click()
        self._wait()
        (name, _), = self.widget.skipped_list.model.rows
        self.assertEqual(name, "P1_A02_w1.tif|P1_A02_w2.tif")
        self.assertEqual(self.widget.label_form._said.text(), "4 of 4 names fit.")

    def test_where_no_name_fits_the_pattern_of_another_folder_that_is_said_once(self):
        for channel in (1, 2):
            self._stack(f"plate/P1_A01_w{channel}.tif", axes="YX")
        self._fill("photos/cat.png", "photos/dog.png")
        self._import(self.folder / "plate")
        self._pattern(PLATE)
        self.widget.label_form._joins.click()
        self._wait()
        self._import(self.folder / "photos")
        self.assertEqual(str(self.widget.Error.failed), f"{self.folder / 'photos'}: no name fits the pattern {PLATE}. "
                         "Change the pattern, or clear it, under Labels.")
        self.assertFalse(self.widget.Warning.active)
        self.assertEqual(self.widget.label_form._said.text(), "0 of 2 names fit; cat.png does not.")
        self._pattern("")
        self.assertEqual(len(self.data), 2)
        self.assertFalse(self.widget.joins_channels)

    def test_nothing_is_written_over_what_is_being_typed(self):
        self.assertIsNone(self._new(LabelForm)._pattern.completer())

    def test_the_ready_pattern_that_most_names_fit_is_suggested_with_one_name_that_does_not(self):
        self._fill("P1_A01_w1.png", "P1_A02_w1.png", "overview.png")
        self._import()
        self.assertEqual(self.widget.label_form._said.text(), "2 of 3 names fit the ready pattern {plate}_{well:well}_w"
                         "{channel:digits}*; overview.png does not.")

    def test_the_live_preview_shows_the_columns_of_the_first_names(self):
        form = self._new(LabelForm)
        form.show_names(["P1_A01_w1.tif", "odd.tif"])
        self.assertEqual(form._said.text(), "No labels from names.")
        form._pattern.lineEdit().setText(PLATE)
        form._pattern.lineEdit().textEdited.emit(PLATE)
        shown = [[form._preview.item(row, column).text() for column in range(3)] for row in range(2)]
        self.assertEqual(shown, [["P1", "A01", "1"], ["?", "?", "?"]])
        self.assertEqual(form._preview.item(0, 2).toolTip(), "P1_A01_w1.tif")
        self.assertEqual(form._said.text(), "1 of 2 names fit; odd.tif does not.")
        self.assertEqual(form._pattern.toolTip(), PLATE)
        form.show_names([f"P1_A01_w{number}.tif" for number in range(300)])
        self.assertEqual(form._said.text(), "30 of the first 30 names fit.")

    def _labels(self, class_from, pattern):
        form, changes = self._new(LabelForm), []
        form.changed.connect(lambda *change: changes.append(change))
        form.show_names(["P1_A01_w1.tif", "P1_A02_w1.tif"])
        form.show_choice(class_from, pattern, False)
        return form, changes

    @staticmethod
    def _type(form, *texts):
        for text in texts:
            form._pattern.lineEdit().setText(text)
            form._pattern.lineEdit().textEdited.emit(text)

    def test_the_class_stays_while_the_pattern_is_typed_anew(self):
        form, changes = self._labels("well", "{plate}_{well}")
        self._type(form, "{plate}_{well", "{plate}_{we}", "{plate}_{well}", "{plate}_{well}_*")
        self.assertEqual(form._class.currentData(), "well")
        form._pattern.lineEdit().editingFinished.emit()
        self.assertEqual(changes, [("well", "{plate}_{well}_*", False)])

    def test_a_pattern_left_wrong_keeps_the_class_and_joined_files_until_it_is_mended(self):
        form, changes = self._labels("well", "{plate}_{well}_w{channel}")
        form._joins.click()
        self._type(form, "{plate}_{well}_w{channel")
        form._pattern.lineEdit().editingFinished.emit()
        self.assertEqual(changes[-1], ("well", "{plate}_{well}_w{channel", True))
        self.assertIn("a brace is left open", form._said.text())
        self.assertTrue(form._preview.isHidden())

    def test_a_wrong_pattern_of_a_workflow_does_not_change_the_class(self):
        form, changes = self._labels("well", "{plate}_{well")
        form._pattern.lineEdit().editingFinished.emit()
        self.assertEqual((changes, form._class.currentData()), ([], "well"))

    def test_a_class_that_the_user_took_in_place_of_another_stays(self):
        form, changes = self._labels("well", "{plate}_{well}")
        self._choose_part(form, "plate")
        self._type(form, "{plate}_{site}", "{plate}_{well}")
        self.assertEqual(form._class.currentData(), "plate")
        self._choose_part(form, "")
        self.assertEqual([class_from for class_from, *_ in changes], ["plate", ""])

    @staticmethod
    def _choose_part(form, part):
        form._class.setCurrentIndex(form._class.findData(part))
        form._class.activated.emit(form._class.currentIndex())

    def test_a_long_pattern_is_taken_apart_between_two_keys(self):
        form = self._new(LabelForm)
        form.show_names([f"2024_03_11_experiment_of_the_lab_with_a_long_name_and_many_parts_A01_s1_{number}.tif"
                         for number in range(300)])
        with patch.object(NamePattern, "match", autospec=True, return_value=None) as match:
            self._type(form, "{a}_{b}_{c}_{d}_w{channel:digits}")
        self.assertLessEqual(match.call_count, 30)

    def test_names_that_look_like_html_are_shown_as_they_are(self):
        form = self._new(LabelForm)
        form.show_names(["a<b>1</b>.tif"])
        self._type(form, "{a}")
        self.assertEqual(form._preview.item(0, 0).toolTip(), "<qt>a&lt;b&gt;1&lt;/b&gt;.tif</qt>")
        self._type(form, "x{a}")
        self.assertEqual(form._said.toolTip(), "<qt>a&lt;b&gt;1&lt;/b&gt;.tif</qt>")
