"""Image Embedder: what it sends, shows and says."""

import dataclasses
import os
import subprocess
import sys
import threading
from unittest.mock import patch

import numpy as np
import pytest
from AnyQt.QtTest import QTest
from embedder_case import EmbedderCase, FakeClient
from Orange.data import Domain, StringVariable, Table
from slots import SLOT_S, slot_s

from orangecontrib.imaging.core import large
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.errors import WeightsError
from orangecontrib.imaging.core.folders import Scan
from orangecontrib.imaging.core.found import FoundImage
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.tables.columns import image_paths
from orangecontrib.imaging.tables.imports import images_table
from orangecontrib.imaging.tables.places import place_key
from orangecontrib.imaging.tables.request import Request
from orangecontrib.imaging.widgets import owimageembedder
from orangecontrib.imaging.widgets.jobs import embedding as embedding_job
from orangecontrib.imaging.widgets.owimageembedder import OWImageEmbedder
from orangecontrib.imaging.widgets.parts.job_texts import progress_text, result_text


class TestImageEmbedder(EmbedderCase):
    def test_vectors_of_the_child_equal_those_of_the_engine(self):
        table = self._table("a/1.png", "a/2.png", "b/1.png")
        self.send_signal(self.widget.Inputs.images, table)
        result = self.get_output(self.widget.Outputs.embeddings, wait=60000)
        paths = image_paths(table, table.domain["image"])
        np.testing.assert_array_equal(result.X.astype(np.float32), embed(paths).vectors)
        self.assertEqual(result.domain.class_var.values, ("a", "b"))
        shared = result.domain["n0"].compute_value.compute_shared
        self.assertEqual((shared.column, shared.request), ("image", Request("squeezenet")))
        self.assertIn("3 images in", self.widget._status.text())

    def test_torch_is_not_loaded_in_the_canvas(self):
        code = ("import sys; from orangecontrib.imaging.widgets import owimageembedder; "
                "sys.exit('torch' in sys.modules)")
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        self.assertEqual(subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode, 0)

    def test_chosen_network_options_device_and_folder_reach_the_engine(self):
        client = FakeClient()
        options = Options(layers=("fire3", "penultimate"), views="turns", unit_length=True)
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={
            "options": options.record(), "device": "cpu", "models_folder": "/shared/models"})
        self._send(self._table("1.png"), client)
        self.assertEqual(client.calls[0][1:], ("squeezenet", options, "cpu", "/shared/models"))

    def test_the_one_layer_of_older_settings_becomes_an_option(self):
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={
            "layer": "logits", "network": "squeezenet", "__version__": 100})
        self.assertEqual(self.widget._options, Options(layers=("logits",)))

    def test_the_window_fits_a_small_screen_with_all_options_shown(self):
        self.widget.show()
        details = self.widget._vector_options.details
        self.assertFalse(details.isVisible())
        self.widget._vector_options._more.click()
        QTest.qWait(50)
        self.assertTrue(details.isVisible())
        self.assertLess(self.widget.height(), 700)
        self.assertLess(self.widget.width(), 1200)

    def test_all_fields_stand_in_one_line(self):
        self.widget.show()
        fields = (self.widget._column_combo, self.widget._form.run.devices, self.widget._vector_options._preset)
        self.assertEqual(len({field.mapTo(self.widget, field.rect().topLeft()).x() for field in fields}), 1)

    def test_a_device_that_is_not_here_becomes_the_automatic_one(self):
        self._open(device="tpu")
        self.assertEqual((self.widget.device, self.widget._form.run.devices.currentText()), ("auto", "Automatic"))

    def test_skipped_pictures_leave_by_their_own_output_with_reasons(self):
        table = self._table("1.png", "bad.png", "2.png")
        result = self._send(table, FakeClient())
        self.assertEqual([str(value) for value in result.get_column("image")], ["1.png", "2.png"])
        skipped = self.get_output(self.widget.Outputs.skipped)
        self.assertEqual([str(value) for value in skipped.get_column("image")], ["bad.png"])
        self.assertTrue(str(skipped[0, "reason"]).endswith("bad.png: the file is empty"))
        told = str(self.widget.Warning.skipped)
        self.assertTrue(told.startswith("Skipped: 1 of 3. The first: "))
        self.assertIn("bad.png: the file is empty. Connect Skipped Images to a Data Table to see all.", told)
        self._send(self._table("1.png"), FakeClient())
        self.assertFalse(self.widget.Warning.skipped.is_shown())
        self.assertIsNone(self.get_output(self.widget.Outputs.skipped))

    def test_all_pictures_broken_is_an_error_naming_the_first(self):
        self.assertIsNone(self._send(self._table("bad.png"), FakeClient()))
        self.assertTrue(self.widget.Error.none_embedded.is_shown())
        self.assertIn("bad.png: the file is empty", str(self.widget.Error.none_embedded))

    def test_failures_of_the_engine_are_shown_and_cleared(self):
        table = self._table("1.png")
        self._send(table, FakeClient(error=WeightsError("The weights are not here. Install them.")))
        self.assertEqual(str(self.widget.Error.failed), "The weights are not here. Install them.")
        self.assertEqual(self.widget._status.text(), "Not finished.")
        self.assertFalse(self.widget._continue_button.isHidden())
        self._send(table, FakeClient())
        self.assertFalse(self.widget.Error.failed.is_shown())

    def test_what_the_system_refuses_is_shown_and_a_defect_is_reported(self):
        self._send(self._table("1.png"), FakeClient(error=OSError("Too many open files")))
        self.assertEqual(str(self.widget.Error.failed), "Too many open files")
        with pytest.raises(ZeroDivisionError):
            self.widget.on_exception(ZeroDivisionError())
        self.assertEqual(self.widget._status.text(), "Not finished.")

    def test_a_graphics_card_that_torch_does_not_use_is_told_with_the_way_out_until_the_next_job(self):
        self._send(self._table("1.png"), FakeClient(remedy="Update NVIDIA's driver."))
        self.assertEqual(str(self.widget.Information.gpu_unused), "Update NVIDIA's driver.")
        self._send(self._table("2.png"), FakeClient())
        self.assertFalse(self.widget.Information.gpu_unused.is_shown())

    def test_notes_of_the_store_are_shown(self):
        self._send(self._table("1.png"), FakeClient(notes=("The store cannot be used.",)))
        self.assertEqual(str(self.widget.Warning.noted), "The store cannot be used.")

    def test_how_pictures_were_read_is_told_with_their_numbers_and_what_is_unusual_first(self):
        deep = "16 bits: contrast 0.1–99.9 %"
        read = {0: (deep,), 1: (deep, "all numbers are 7: mid-gray"), 2: (deep,)}
        self._send(self._table("1.png", "2.png", "bad.png"), FakeClient(read=read))
        self.assertEqual(str(self.widget.Information.read), "How the pictures were read. 1 picture: all numbers are 7: "
                         "mid-gray; 2 pictures: 16 bits: contrast 0.1–99.9 %.")
        self._send(self._table("1.png"), FakeClient())
        self.assertFalse(self.widget.Information.read.is_shown())

    def test_advice_on_a_large_result_is_shown_and_goes_with_the_result(self):
        table = self._table("1.png", "2.png", "3.png")
        with patch.object(large, "ROWS_FOR_PAIRS", 3):
            self._send(table, FakeClient())
            self.assertEqual(str(self.widget.Information.large), large.advice_on_size(3, 2))
            self.assertIn("with 3 pictures", str(self.widget.Information.large))
            self._send(table[:2], FakeClient())
        self.assertFalse(self.widget.Information.large.is_shown())

    def test_cancel_ends_the_job_at_once_and_says_so(self):
        client = FakeClient("wait")
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.process_events(lambda: bool(client.calls), timeout=20_000)
            client.may_end.clear()
            self.assertLess(slot_s(self.widget._cancel_button.click), SLOT_S)
            client.may_end.set()
            self.process_events(lambda: client.was_cancelled, timeout=20_000)
            self.assertFalse(self.widget.isInvalidated())
            self.assertIsNone(self.get_output(self.widget.Outputs.embeddings))
            self.assertEqual(self.widget._status.text(), "Cancelled. What was finished is kept.")
            self.assertTrue(self.widget._cancel_button.isHidden())
            client._result = None
            self.widget._continue_button.click()
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=20000)), 1)
        self.assertTrue(self.widget._continue_button.isHidden())
        self.assertFalse(self.widget._cancel_button.isHidden())

    def test_what_ends_the_search_for_pictures_begins_no_job(self):
        client = FakeClient()
        with patch.object(embedding_job, "shared_client", lambda: client):
            for end in (lambda: self.widget._cancel_button.click(),
                        lambda: self.send_signal(self.widget.Inputs.images, None)):
                self.send_signal(self.widget.Inputs.images, self._table("1.png"))
                self.assertTrue(self.widget.is_locating and self.widget.isInvalidated())
                end()
                self.assertFalse(self.widget.is_locating or self.widget.isInvalidated())
                self.process_events(lambda: self.widget._lookup.is_idle)
                self.assertIsNone(self.widget.task)
        self.assertEqual(client.calls, [])

    def test_a_download_waits_for_no_search_and_is_not_disturbed_by_it(self):
        client, may_end = FakeClient(), threading.Event()
        with (patch.object(embedding_job, "shared_client", lambda: client),
              patch.object(owimageembedder, "fetch_networks", lambda *_: may_end.wait(10) and None)):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.widget._download()
            self.assertFalse(self.widget.is_locating)
            QTest.qWait(100)
            self.assertTrue(self.widget.isInvalidated())
            self.assertEqual(client.calls, [])
            may_end.set()
            self.process_events(lambda: bool(client.calls), timeout=20_000)

    def test_no_slot_takes_long_with_20000_pictures_elsewhere(self):
        images = tuple(FoundImage(f"/old/c{number % 20}/{number}.png", f"c{number % 20}/{number}.png", "")
                       for number in range(20_000))
        table = images_table(Scan("/old", images))
        column = table.domain["image"]
        self.widget.places = {place_key(column, [image.path for image in images]): ["/old", "/new"]}
        client, took, embed_now = FakeClient(), [], self.widget._embed
        with (patch.object(embedding_job, "shared_client", lambda: client),
              patch.object(self.widget, "_embed", lambda located: took.append(slot_s(lambda: embed_now(located))))):
            took.append(slot_s(lambda: self.send_signal(self.widget.Inputs.images, table)))
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=20000)), 20_000)
        self.assertEqual(client.calls[0][0][-1], "/new/c19/19999.png")
        self.assertEqual(len(took), 2)
        self.assertLess(max(took), SLOT_S)

    def test_removing_a_working_widget_does_not_hold_the_window(self):
        client = FakeClient("wait")
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.process_events(lambda: bool(client.calls), timeout=20_000)
            client.may_end.clear()
            self.widget.onDeleteWidget()
            self.assertFalse(client.was_cancelled)
            client.may_end.set()
            self.process_events(lambda: client.was_cancelled, timeout=20_000)

    def test_without_auto_apply_a_setting_waits_for_the_button_but_new_pictures_do_not(self):
        client = FakeClient()
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={"auto_apply": False})
        self.assertEqual(len(self._send(self._table("1.png"), client)), 1)
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.widget._options_chosen(Options(layers=("logits",)))
            self.assertEqual(len(client.calls), 1)
            self.widget.commit.now()
            self.get_output(self.widget.Outputs.embeddings, wait=20000)
        self.assertEqual([call[2].layers[0] for call in client.calls], ["penultimate", "logits"])

    def test_a_store_that_cannot_be_made_costs_no_vector(self):
        folder = self._folder("file.png")
        with patch.dict(os.environ, ORANGE_IMAGING_CACHE=str(folder / "file.png" / "below a file")):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=60000)), 1)
        self.assertIn("store of embeddings cannot be used", str(self.widget.Warning.noted))

    def test_new_input_replaces_a_running_job(self):
        client = FakeClient("wait")
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.process_events(lambda: bool(client.calls), timeout=20_000)
            client._result = None
            result = self._send(self._table("1.png", "2.png"), client)
        self.assertTrue(client.was_cancelled)
        self.assertEqual(len(result), 2)

    def test_no_data_empty_data_and_data_without_text(self):
        self.assertIsNone(self._send(None, FakeClient()))
        self.assertIsNone(self._send(self._table("1.png")[:0], FakeClient()))
        self.assertFalse(self.widget.Error.no_image_column.is_shown())
        self._send(Table("iris"), FakeClient())
        self.assertTrue(self.widget.Error.no_image_column.is_shown())
        self._send(self._table("1.png"), FakeClient())
        self.assertFalse(self.widget.Error.no_image_column.is_shown())

    def test_the_chosen_column_is_remembered_by_name(self):
        table = self._table("1.png")
        client = FakeClient()
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={"image_column": "image name"})
        self._send(table, client)
        self.assertEqual(self.widget._column_combo.currentText(), "image name")
        other = Table.from_list(Domain([], metas=[StringVariable("picture")]), [["x.png"]])
        self._send(other, client)
        self.assertEqual(self.widget._column_combo.currentText(), "picture")
        self.assertEqual(self.widget.image_column, "image name")

    def test_a_report_tells_the_job_of_the_result_in_words(self):
        self._open(options=Options(layers=("fire3", "penultimate"), views="turns").record(), components=1,
                   auto_apply=False)
        self._send(self._table("1.png", "2.png"), FakeClient())
        self.widget._options_chosen(Options())
        self._choose("vgg16")
        self.widget.send_report()
        for words in ("SqueezeNet", "Fire 3, early: edges and textures (128); Penultimate layer (512)",
                      "Eight turns and mirrors", "Principal components", "2 images in", "Identity"):
            self.assertIn(words, self.widget.report_html)
        self.assertNotIn("VGG", self.widget.report_html)

    def test_a_report_before_any_result_tells_what_is_chosen(self):
        self._open(network="vgg16", second_network="squeezenet")
        self.widget.send_report()
        self.assertIn("VGG-16 and SqueezeNet", self.widget.report_html)


def test_progress_is_short_and_right():
    assert progress_text(120, 300, 80.0) == "120 of 300 · 80 images/s · 2.2 s left"
    assert progress_text(4, 300, None) == "4 of 300"


def test_progress_with_two_networks_counts_pictures_once():
    assert progress_text(120, 600, 80.0, 2) == "120 of 300, network 1 of 2 · 80 images/s · 6.0 s left"
    assert progress_text(300, 600, None, 2) == "0 of 300, network 2 of 2"
    assert progress_text(600, 600, None, 2) == "300 of 300, network 2 of 2"


def test_the_result_says_where_it_ran_and_why_not_elsewhere():
    found = Embeddings(np.zeros((3, 2), np.float32), np.arange(3), (), "{}", np.array([True, False, True]),
                       "CPU, 2 threads", "GPU: not used, none")
    assert result_text(found, 2.0) == "3 images in 2.0 s on CPU, 2 threads; 1 known already. GPU: not used, none."
    recalled = dataclasses.replace(found, is_computed=np.zeros(3, bool))
    assert result_text(recalled, 2.0) == "3 images in 2.0 s, all known already."
