"""Save Images: what it writes, and when; what it tells before and after."""

import os
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtTest import QTest
from made import write_pictures
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table
from PIL import Image
from save_case import SaveCase, made_table, tree
from slides import colourful, needs_slides, write_slide
from slots import SLOT_S, slot_s

from orangecontrib.imaging.core.catalogue import find_network
from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.core.images import read_image
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.tiles import TilePlace
from orangecontrib.imaging.tables.columns import image_paths, image_reading, image_variable
from orangecontrib.imaging.widgets import owsaveimages
from orangecontrib.imaging.widgets.jobs import saving as saving_job
from orangecontrib.imaging.widgets.owsaveimages import OWSaveImages


class TestSaveImages(SaveCase):
    def test_files_are_copied_into_sub_folders_by_class_when_the_button_is_pressed_and_not_before(self):
        data = made_table(self.folder / "in")
        self._send(data)
        self.assertEqual(self.widget.preview.shown_names(), ["SN/0.png", "NSN/1.png", "SN/2.png", "NSN/3.png"])
        self.assertFalse(self.out.exists())
        self.assertIsNone(self.saved)
        self._save()
        self.assertEqual(tree(self.out), ["NSN/1.png", "NSN/3.png", "SN/0.png", "SN/2.png"])
        self.assertEqual((self.out / "SN/2.png").read_bytes(), (self.folder / "in/2.png").read_bytes())

    def test_what_was_written_is_sent_and_leads_to_the_saved_pictures(self):
        data = made_table(self.folder / "in", reading=Reading(background=9))
        self._send(data)
        self._save()
        saved = self.saved
        self.assertEqual(saved.ids.tolist(), data.ids.tolist())
        self.assertEqual([meta.name for meta in saved.domain.metas],
                         ["image", "well", "saved as", "size in bytes", "how"])
        column = saved.domain["saved as"]
        self.assertEqual(image_paths(saved, column), [str(self.out / name) for name in (
            "SN/0.png", "NSN/1.png", "SN/2.png", "NSN/3.png")])
        self.assertEqual(image_reading(column), Reading(background=9))
        self.assertEqual(saved.get_column("size in bytes").tolist(),
                         [os.path.getsize(self.folder / f"in/{row}.png") for row in range(4)])
        self.assertEqual([str(row["how"]) for row in saved], ["new"] * 4)
        self.assertIsNone(self.skipped)
        self.assertIn(f"4 pictures saved in {self.out}", self.widget.preview.result.text())

    def test_names_and_sub_folders_come_from_columns_in_the_chosen_order(self):
        self._send(made_table(self.folder / "in"))
        self._choose(self.widget.folder_chain.combos[0], "well")
        self._choose(self.widget.folder_chain.combos[1], "type")
        self._choose(self.widget.name_chain.combos[0], "well")
        self._choose(self.widget.name_chain.combos[1], "")
        self._choose(self.widget.name_chain.combos[2], "size")
        self._settle()
        self.assertEqual(self.widget.preview.shown_names()[1], "A01/NSN/A01_1_0.5.png")
        self._save()
        self.assertIn("A03/NSN/A03_3_1.5.png", tree(self.out))

    def test_no_sub_folders_can_be_chosen(self):
        self._send(made_table(self.folder / "in"))
        self._choose(self.widget.folder_chain.combos[0], None)
        self._save()
        self.assertEqual(tree(self.out), ["0.png", "1.png", "2.png", "3.png"])

    def test_saving_again_numbers_skips_or_replaces_as_told(self):
        self._send(made_table(self.folder / "in", 1))
        self._save()
        (self.out / "SN/0.png").write_bytes(b"mine")
        self._save()
        self.assertEqual(tree(self.out), ["SN/0 (2).png", "SN/0.png"])
        self.assertEqual((self.out / "SN/0.png").read_bytes(), b"mine")
        self._choose(self.widget.form.if_exists, "skip")
        self._save()
        self.assertEqual((tree(self.out), self.saved), (["SN/0 (2).png", "SN/0.png"], None))
        self.assertEqual(self.skipped.get_column("reason")[0],
                         f"{self.folder / 'in/0.png'}: 'SN/0.png' is there already")
        self._choose(self.widget.form.if_exists, "replace")
        self._save()
        self.assertEqual((self.out / "SN/0.png").read_bytes(), (self.folder / "in/0.png").read_bytes())
        self.assertEqual(tree(self.out), ["SN/0 (2).png", "SN/0.png"])

    def test_pictures_are_written_anew_in_a_chosen_format_and_size(self):
        self._send(made_table(self.folder / "in", 2))
        self._choose(self.widget.form.formats, "jpeg")
        self._choose(self.widget.form.sizes, "longest")
        self.widget.form.longest_px.setValue(20)
        self._save()
        self.assertEqual(tree(self.out), ["NSN/1.jpg", "SN/0.jpg"])
        self.assertEqual(Image.open(self.out / "SN/0.jpg").size, (20, 16))
        self.assertEqual(image_reading(self.saved.domain["saved as"]), Reading())

    @needs_slides
    def test_tiles_that_became_files_of_their_own_are_read_as_they_were_written(self):
        slide = write_slide(self.folder / "in" / "s.svs", colourful(300, 300))
        tile = TilePlace(slide, 256, 0, 0).path
        recipe = Reading(contrast="range", ranges=((50, 150),))
        domain = Domain([], metas=[image_variable("image", "", recipe)])
        self._send(Table.from_numpy(domain, np.empty((1, 0)), metas=np.array([[tile]], object)))
        self._choose(self.widget.form.sheets, "pdf")
        really = saving_job.sheet_pages
        with patch.object(saving_job, "sheet_pages", side_effect=really) as pages:
            self._save()
        column = self.saved.domain["saved as"]
        path, = image_paths(self.saved, column)
        self.assertTrue(np.array_equal(read_image(path, image_reading(column)).pixels, read_image(tile, recipe).pixels))
        self.assertEqual(pages.call_args.args[1], Reading())

    def test_pictures_that_cannot_be_saved_are_named_with_their_reasons_and_the_rest_is_saved(self):
        data = made_table(self.folder / "in", 3, names=["0.png", "gone.png", ""])
        self._send(data)
        self._save()
        self.assertEqual(tree(self.out), ["SN/0.png"])
        self.assertEqual(self.saved.ids.tolist(), data.ids[:1].tolist())
        self.assertEqual(self.skipped.ids.tolist(), data.ids[1:].tolist())
        self.assertEqual(self.widget.preview.skipped_list.model.rows, [
            (str(self.folder / "in/gone.png"), "there is no such file"),
            ("", "the image column has no value in this row")])
        self.assertIn("2 left out", self.widget.preview.result.text())
        self.assertTrue(self.widget.Warning.left_out.is_shown())

    def test_all_pictures_broken_is_no_end(self):
        self._send(made_table(self.folder / "in", 2, names=["x.png", "y.png"]))
        self._save()
        self.assertIsNone(self.saved)
        self.assertEqual(len(self.skipped), 2)
        self.assertIn("0 pictures saved", self.widget.preview.result.text())

    def test_without_pictures_or_folder_nothing_can_be_saved(self):
        widget = self.widget
        self.assertFalse(widget._save_button.isEnabled())
        self._send(made_table(self.folder / "in"), out=False)
        self.assertFalse(widget._save_button.isEnabled())
        self.assertIn("Choose the folder to save to", widget.preview.summary.text())
        self.assertEqual(widget.preview.shown_names()[0], "SN/0.png")
        self._choose_folder(self.out)
        self._settle()
        self.assertTrue(widget._save_button.isEnabled())
        self._send(made_table(self.folder / "in")[:0])
        self.assertTrue(widget.Warning.no_rows.is_shown())
        self.assertFalse(widget._save_button.isEnabled())
        self._send(Table.from_numpy(Domain([ContinuousVariable("x")]), np.zeros((1, 1))))
        self.assertTrue(widget.Error.no_column.is_shown())
        self._send(None)
        self.assertFalse(widget.Error.no_column.is_shown())
        self.assertEqual(widget.preview.shown_names(), [])

    def test_a_folder_that_cannot_be_used_is_told_in_a_sentence_before_and_after(self):
        (self.folder / "file").write_text("x")
        self._send(made_table(self.folder / "in"))
        self._choose_folder(self.folder / "file")
        self._settle()
        self.assertEqual(str(self.widget.Error.cannot), f"{self.folder / 'file'} is a file. Choose a folder.")
        self._save()
        self.assertEqual(str(self.widget.Error.failed), f"{self.folder / 'file'} is a file. Choose a folder.")
        self._choose_folder(self.out)
        self._save()
        self.assertFalse(self.widget.Error.cannot.is_shown() or self.widget.Error.failed.is_shown())

    def test_a_folder_in_that_of_the_pictures_is_warned_of(self):
        self._send(made_table(self.folder / "in"))
        self._choose_folder(self.folder / "in" / "new")
        self._settle()
        self.assertTrue(self.widget.Warning.within.is_shown())
        self._choose_folder(self.out)
        self._settle()
        self.assertFalse(self.widget.Warning.within.is_shown())

    def test_too_little_room_is_told_before(self):
        with patch("shutil.disk_usage", return_value=SimpleNamespace(free=10 << 10)):
            self._send(made_table(self.folder / "in"))
            self.assertRegex(str(self.widget.Error.cannot), "needs 16 MB in .*out, where 10 kB are free")
            self._save()
        self.assertFalse(self.out.exists())
        self.assertEqual(str(self.widget.Error.failed), str(self.widget.Error.cannot))

    def test_cancel_keeps_whole_files_and_tells_what_was_saved(self):
        self._send(made_table(self.folder / "in", 40))
        widget, really = self.widget, saving_job.save_pictures

        def slow(*arguments, cancelled, **more):
            asked = []

            def counted():
                asked.append(1)
                if len(asked) == 6:
                    widget._stop.wanted = True
                return cancelled()
            return really(*arguments, cancelled=counted, **more)
        with patch.object(saving_job, "save_pictures", slow):
            self._save()
        files = tree(self.out)
        self.assertTrue(0 < len(files) < 40)
        self.assertFalse([name for name in files if "orange-imaging" in name])
        self.assertEqual(len(self.saved), len(files))
        self.assertEqual(len(self.saved) + len(self.skipped), 40)
        self.assertTrue(widget.preview.result.text().startswith("Saving was cancelled."))
        self.assertTrue(widget._save_button.isEnabled())

    def test_the_cancel_button_stops_a_run(self):
        self._send(made_table(self.folder / "in", 4))
        with patch.object(saving_job, "save_pictures", side_effect=self._wait_for_stop(saving_job.save_pictures)):
            self._press(self.widget._save_button)
            self.assertTrue(self.widget._cancel_button.isEnabled())
            self.assertFalse(self.widget._save_button.isEnabled())
            self._press(self.widget._cancel_button)
            self._settle()
        self.assertEqual((tree(self.folder / "out"), len(self.skipped)), ([], 4))

    @staticmethod
    def _wait_for_stop(really):
        def save(*arguments, cancelled, **more):
            while not cancelled():
                pass
            return really(*arguments, cancelled=cancelled, **more)
        return save

    def test_other_data_stops_a_run_and_nothing_of_the_old_is_sent(self):
        self._send(made_table(self.folder / "in", 4))
        other = made_table(self.folder / "other", 2)
        with patch.object(saving_job, "save_pictures", side_effect=self._wait_for_stop(saving_job.save_pictures)):
            self._press(self.widget._save_button)
            self.send_signal(self.widget.Inputs.data, other)
            self._settle()
        self.assertIsNone(self.saved)
        self.assertIn("other data came", self.widget.preview.result.text())
        self._save()
        self.assertEqual(len(self.saved), 2)

    def test_a_widget_that_is_removed_while_it_saves_takes_nothing_along(self):
        self._send(made_table(self.folder / "in", 4))
        with patch.object(saving_job, "save_pictures", side_effect=self._wait_for_stop(saving_job.save_pictures)):
            self._press(self.widget._save_button)
            task = self.widget.task
            self.widget.onDeleteWidget()
            self.process_events(task.future.done, timeout=10_000)
        self.assertEqual(tree(self.folder / "out"), [])

    def test_opening_a_workflow_writes_nothing_and_brings_the_choices_back(self):
        data = made_table(self.folder / "in")
        self._send(data)
        self._choose(self.widget.folder_chain.combos[0], "well")
        self._choose(self.widget.name_chain.combos[0], "size")
        self._choose(self.widget.form.formats, "tiff")
        self._choose(self.widget.form.if_exists, "skip")
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.widget = self.create_widget(OWSaveImages, stored_settings=settings)
        self.send_signal(self.widget.Inputs.data, data)
        self._settle()
        self.assertFalse(self.out.exists())
        self.assertEqual(self.widget.preview.shown_names()[1], "A01/0.5.tif")
        self.assertEqual(self.widget.folder, str(self.out))
        self._save()
        self.assertEqual(tree(self.out)[1], "A01/0.5.tif")

    def test_nonsense_in_saved_settings_is_no_end(self):
        self.widget = self.create_widget(OWSaveImages, stored_settings={
            "folder": 7, "folder_columns": "type", "name_columns": [1], "written_as": {"format": "exe"}, "sheet": 3,
            "if_exists": ["delete"], "recent_folders": None, "image_column": "nowhere", "folder_beside": [1],
            "more_folders": None})
        self._send(made_table(self.folder / "in"))
        self.assertEqual(self.widget.preview.shown_names()[0], "SN/0.png")
        self._save()
        self.assertEqual(len(self.saved), 4)

    def test_a_folder_that_no_system_knows_is_told_and_one_of_samples_is_none(self):
        self.widget = self.create_widget(OWSaveImages, stored_settings={"folder": "/a\0b"})
        self._send(made_table(self.folder / "in"), out=False)
        self.assertIn("no folder can have this name", str(self.widget.Error.cannot))
        with patch("orangecontrib.imaging.widgets.parts.folder_choice.write_samples") as drawn:
            self.widget = self.create_widget(OWSaveImages, stored_settings={"folder": "samples:cells"})
            self._send(made_table(self.folder / "in"), out=False)
        drawn.assert_not_called()
        self.assertFalse(self.widget._save_button.isEnabled())

    def test_thousands_of_small_files_are_told_of_sparingly_and_to_the_end(self):
        told = []
        tell = saving_job._Sparing(lambda *counts: told.append(counts))
        with patch.object(saving_job.time, "monotonic", side_effect=(10 + done / 1000 for done in range(1, 1001))):
            for done in range(1, 1001):
                tell(done, 1000)
        self.assertLess(len(told), 15)
        self.assertEqual((told[0], told[-1]), ((1, 1000), (1000, 1000)))

    def test_columns_that_the_data_has_not_are_named_and_left_out(self):
        self.widget = self.create_widget(OWSaveImages, stored_settings={"folder_columns": ["plate", "type"]})
        self._send(made_table(self.folder / "in"))
        self.assertIn("'plate'", str(self.widget.Warning.columns_gone))
        self.assertEqual(self.widget.preview.shown_names()[0], "SN/0.png")
        self.assertEqual(self.widget.folder_columns, ["plate", "type"])

    def test_what_is_found_out_about_earlier_data_is_not_shown_with_new_data(self):
        self._send(made_table(self.folder / "in"))
        self.send_signal(self.widget.Inputs.data, made_table(self.folder / "other", 1))
        self.assertTrue(self.widget.is_locating)
        self.widget._on_prospect(saving_job.Prospect(("SN/old.png",), 1, problem="The old one is full."))
        self.assertNotIn("SN/old.png", self.widget.preview.shown_names())
        self.assertFalse(self.widget.Error.cannot.is_shown())
        self._settle()
        self.assertEqual(self.widget.preview.shown_names(), ["SN/0.png"])

    def test_the_report_tells_the_choices_and_the_result(self):
        self._send(made_table(self.folder / "in"))
        self._save()
        self.widget.send_report()
        self.assertIn("4 pictures saved", self.widget.report_html)
        self.assertIn("Copy of the file", self.widget.report_html)

    def test_twenty_thousand_rows_leave_the_window_free(self):
        count = 20_000
        domain = Domain([], DiscreteVariable("type", ("SN", "NSN")), [image_variable("image", "/nowhere")])
        metas = np.array([[f"{row}.png"] for row in range(count)], object)
        data = Table.from_numpy(domain, np.empty((count, 0)), np.arange(count) % 2, metas)
        widget = self.widget
        self.send_signal(widget.Inputs.data, data)
        self._settle()
        self.assertEqual(len(widget.preview.shown_names()), 201)
        self.assertEqual(widget.preview.shown_names()[-1], "… and 19,800 more")
        for slot in (lambda: widget.set_data(data), widget._form_changed, lambda: widget._names_chosen(["type"])):
            self.assertLess(min(slot_s(slot) for _ in range(3)), SLOT_S)
        self._settle()

    def test_pictures_of_the_web_are_copied_from_what_was_fetched_and_asked_for_only_on_saving(self):
        paths = write_pictures(self.folder / "cache", 1)
        domain = Domain([], metas=[image_variable("image", "")])
        data = Table.from_numpy(domain, np.empty((2, 0)), metas=np.array(
            [["https://example.org/x/cell%201?v=2"], ["https://example.org/y/b.png"]], object))
        self._send(data)
        self.assertIn("2 pictures will be left out", self.widget.preview.summary.text())
        self.widget.hosts = frozenset({"example.org"})
        with patch.object(saving_job, "local_copies") as copies:
            copies.return_value = ({"https://example.org/x/cell%201?v=2": paths[0]},
                                   {"https://example.org/y/b.png": "the server has no such picture"})
            self.widget._locate()
            self._settle()
            copies.assert_not_called()
            self._save()
        self.assertEqual(tree(self.out), ["cell 1.png"])
        self.assertIn("the server has no such picture", self.skipped.get_column("reason")[0])

    def test_the_folder_beside_the_workflow_is_found_after_both_moved(self):
        old, new = self.folder / "old", self.folder / "new"
        (old / "out").mkdir(parents=True)
        self.widget.workflowEnv = lambda: {"basedir": str(old)}
        self._send(made_table(self.folder / "in", 1))
        self._choose_folder(old / "out")
        self._settle()
        settings = self.widget.settingsHandler.pack_data(self.widget)
        os.rename(old, new)
        self.widget = self.create_widget(OWSaveImages, stored_settings=settings)
        self.widget.workflowEnv = lambda: {"basedir": str(new)}
        self.send_signal(self.widget.Inputs.data, made_table(self.folder / "in", 1))
        self._settle()
        self._save()
        self.assertEqual(tree(new), ["out/SN/0.png"])
        self.assertFalse(old.exists())

    def test_enter_in_a_field_saves_nothing(self):
        self._send(made_table(self.folder / "in"))
        self._choose(self.widget.form.formats, "jpeg")
        self.widget.show()
        QTest.keyClick(self.widget.form.quality, Qt.Key.Key_Return)
        QTest.keyClick(self.widget, Qt.Key.Key_Return)
        self._settle()
        self.assertFalse(self.out.exists())
        self.widget._save_button.setFocus()
        QTest.keyClick(self.widget._save_button, Qt.Key.Key_Space)
        self._settle()
        self.assertEqual(len(tree(self.out)), 4)

    def test_the_folder_is_opened_where_it_is(self):
        self._send(made_table(self.folder / "in"))
        self.assertFalse(self.widget._open_button.isEnabled())
        self._save()
        with patch.object(owsaveimages.QDesktopServices, "openUrl") as opened:
            self._press(self.widget._open_button)
            self._choose_folder(self.folder / "another")
            self._press(self.widget._open_button)
        for call in opened.call_args_list:
            self.assertEqual(call.args[0].toLocalFile(), str(self.out))

    def test_a_run_that_is_cancelled_while_pictures_are_fetched_has_saved_nothing(self):
        self._send(made_table(self.folder / "in"))
        with patch.object(saving_job, "local_copies", side_effect=Cancelled("The user asked to stop.")):
            self._save()
        self.assertIn("0 pictures saved", self.widget.preview.result.text())
        self.assertFalse(self.out.exists())
        self.assertTrue(self.widget._save_button.isEnabled())

    def test_a_column_that_does_not_say_rightly_how_to_read_is_an_error_and_goes_with_the_data(self):
        data = made_table(self.folder / "in")
        data.domain["image"].attributes["reading"] = "recipe:{"
        self._send(data)
        self.assertTrue(self.widget.Error.wrong_reading.is_shown())
        self.assertFalse(self.widget._save_button.isEnabled())
        self._send(made_table(self.folder / "other"))
        self.assertFalse(self.widget.Error.wrong_reading.is_shown())

    def test_another_image_column_can_be_chosen_and_returns(self):
        data = made_table(self.folder / "in")
        with data.unlocked(data.metas):
            data.metas[:, 1] = [str(self.folder / f"in/{row}.png") for row in (3, 2, 1, 0)]
        self._send(data)
        combo = self.widget._column_combo
        combo.setCurrentIndex(1)
        combo.activated.emit(1)
        self._settle()
        self.assertEqual(self.widget.preview.shown_names()[0], "SN/3.png")
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.widget = self.create_widget(OWSaveImages, stored_settings=settings)
        self._send(data)
        self.assertEqual(self.widget.preview.shown_names()[0], "SN/3.png")

    def test_pictures_are_saved_as_the_chosen_network_sees_them(self):
        self._send(made_table(self.folder / "in", 2))
        self._choose(self.widget.form.formats, "png")
        self._choose(self.widget.form.sizes, "network")
        self.widget.form.networks.chosen.emit("inception_v3")
        self._choose(self.widget.form.fits, "pad")
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.assertEqual(settings["written_as"], {"format": "png", "quality": 90, "size": "network", "longest_px": 1024,
                                                  "network": "inception_v3", "fit": "pad"})
        self._save()
        side = find_network("inception_v3").input_px
        self.assertEqual(Image.open(self.out / "SN/0.png").size, (side, side))

    def test_a_network_that_is_not_here_is_named(self):
        self.widget = self.create_widget(OWSaveImages, stored_settings={
            "written_as": {"format": "png", "size": "network", "network": "nonet"}})
        self._send(made_table(self.folder / "in", 2))
        self.assertIn("'nonet' is not a network", str(self.widget.Error.cannot))
        self._save()
        self.assertIn("'nonet' is not a network", str(self.widget.Error.failed))
        self.assertFalse(self.out.exists())

    def test_a_folder_used_lately_can_be_chosen_again(self):
        self._send(made_table(self.folder / "in", 1))
        self._save()
        self._choose_folder(self.folder / "second")
        self._save()
        self.assertEqual(self.widget.recent_folders, [str(self.folder / "second"), str(self.out)])
        self._choose(self.widget.target.combo, str(self.out))
        self._settle()
        self.assertEqual(self.widget.folder, str(self.out))
        self.assertEqual(self.widget.preview.shown_names(), ["SN/0 (2).png"])
