"""Image Embedder: what it sends, shows and says."""

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pytest
from Orange.data import Domain, StringVariable, Table
from orangewidget.tests.base import WidgetTest
from PIL import Image

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.errors import Cancelled, WeightsError
from orangecontrib.imaging.core.folders import Skipped, scan_folder
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.tables.columns import image_paths
from orangecontrib.imaging.tables.imports import images_table
from orangecontrib.imaging.widgets import owimageembedder
from orangecontrib.imaging.widgets.owimageembedder import OWImageEmbedder
from orangecontrib.imaging.widgets.parts.job_texts import progress_text, result_text


class _FakeClient:
    """Stands for the child process: returns what it is told to, or waits to be cancelled."""

    def __init__(self, result=None, error=None, notes=()):
        self.calls, self.was_cancelled, self._is_slow_to_end = [], False, False
        self._result, self._error, self._notes = result, error, notes

    def embed(self, paths, model, *, options, device, store, models, on_progress, cancelled):
        self.calls.append((paths, model, options, device, models))
        if self._error:
            raise self._error
        if self._result == "wait":
            deadline = time.monotonic() + 20
            while not cancelled() and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(1 if self._is_slow_to_end else 0)
            self.was_cancelled = cancelled()
            raise Cancelled("cancelled")
        if paths:
            on_progress(len(paths), len(paths))
        bad = {row for row, path in enumerate(paths) if os.path.basename(path).startswith("bad")}
        rows = [row for row in range(len(paths)) if row not in bad]
        return Embeddings(np.array([[row, 2.0] for row in rows], np.float32).reshape(-1, 2), np.array(rows, np.int64),
                          tuple(Skipped(row, paths[row], "the file is empty") for row in bad), "{}", len(rows),
                          "CPU, 2 threads", "", self._notes)


class TestImageEmbedder(WidgetTest):
    def setUp(self):
        self.widget = self.create_widget(OWImageEmbedder)

    def _folder(self, *names):
        folder = Path(self.enterContext(TemporaryDirectory()))
        for number, name in enumerate(names):
            (folder / name).parent.mkdir(exist_ok=True)
            pixels = np.random.default_rng(number).integers(0, 255, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name)
        return folder

    def _table(self, *names):
        return images_table(scan_folder(self._folder(*names)))

    def _send(self, table, client):
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, table)
            return self.get_output(self.widget.Outputs.embeddings, wait=20000)

    def test_vectors_of_the_child_equal_those_of_the_engine(self):
        table = self._table("a/1.png", "a/2.png", "b/1.png")
        self.send_signal(self.widget.Inputs.images, table)
        result = self.get_output(self.widget.Outputs.embeddings, wait=60000)
        paths = image_paths(table, table.domain["image"])
        np.testing.assert_array_equal(result.X.astype(np.float32), embed(paths).vectors)
        self.assertEqual(result.domain.class_var.values, ("a", "b"))
        self.assertIn("3 images in", self.widget._status.text())

    def test_torch_is_not_loaded_in_the_canvas(self):
        code = ("import sys; from orangecontrib.imaging.widgets import owimageembedder; "
                "sys.exit('torch' in sys.modules)")
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        self.assertEqual(subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode, 0)

    def test_chosen_network_options_device_and_folder_reach_the_engine(self):
        client = _FakeClient()
        options = Options(layers=("fire3", "penultimate"), views="turns", unit_length=True)
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={
            "options": options.record(), "device": "cpu", "models_folder": "/shared/models"})
        self._send(self._table("1.png"), client)
        self.assertEqual(client.calls[0][1:], ("squeezenet", options, "cpu", "/shared/models"))

    def test_the_one_layer_of_older_settings_becomes_an_option(self):
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={
            "layer": "logits", "network": "squeezenet", "__version__": 100})
        self.assertEqual(self.widget._options, Options(layers=("logits",)))

    def test_a_network_whose_weights_are_not_here_waits_and_tells_file_and_folder(self):
        client = _FakeClient()
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={"network": "resnet18"})
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
        told = str(self.widget.Warning.weights_absent)
        self.assertIn("The weights of ResNet-18 are not on this computer. Click Download, or put", told)
        self.assertIn("resnet18-f37072fd.pth into ", told)
        self.assertEqual(self.widget._status.text(), "Waiting for the weights.")
        self.assertEqual(client.calls, [])
        self.assertFalse(self.widget._weights.download_button.isHidden())

    def test_downloaded_weights_start_the_embedding(self):
        client, fetched = _FakeClient(), []

        def fetch(card, *, models, on_progress, cancelled):
            on_progress(40 << 20, 45 << 20)
            path = Path(models) / card.weights.file
            path.write_bytes(b"weights")
            fetched.append(card.name)

        folder = self._folder("other.png")
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={
            "network": "resnet18", "models_folder": str(folder)})
        table = self._table("1.png")
        with (patch.object(owimageembedder, "shared_client", lambda: client),
              patch.object(owimageembedder, "fetch_weights", fetch)):
            self.send_signal(self.widget.Inputs.images, table)
            self.widget._weights.download_button.click()
            self.process_events(lambda: bool(client.calls), timeout=5000)
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=20000)), 1)
        self.assertEqual(fetched, ["resnet18"])
        self.assertEqual(client.calls[0][1], "resnet18")
        self.assertFalse(self.widget.Warning.weights_absent.is_shown())
        self.assertTrue(self.widget._weights.download_button.isHidden())

    def test_a_second_network_and_components(self):
        client = _FakeClient()
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={"components": 1})
        self.widget._second_combo.setCurrentIndex(self.widget._second_combo.findData("resnet18"))
        self.widget._second_combo.activated.emit(0)
        with (patch.object(owimageembedder, "shared_client", lambda: client),
              patch.object(owimageembedder, "absent_weights", lambda cards, folder: [])):
            self.send_signal(self.widget.Inputs.images, self._table("1.png", "2.png", "3.png"))
            result = self.get_output(self.widget.Outputs.embeddings, wait=20000)
        self.assertEqual(client.calls[0][1], "squeezenet+resnet18")
        self.assertEqual(result.X.shape, (3, 1))
        np.testing.assert_allclose(np.abs(np.sort(result.X[:, 0])), [1, 0, 1], atol=1e-6)

    def test_another_network_takes_its_own_layers_and_forgets_the_options(self):
        self.widget._options_chosen(Options(layers=("fire3",)))
        self.widget._network_chosen("vgg16")
        self.assertEqual((self.widget.network, self.widget.options["layers"]), ("vgg16", ("penultimate",)))
        self.assertIn("many papers", self.widget._advice.text())

    def test_a_file_that_is_no_network_is_refused_with_a_reason_and_nothing_changes(self):
        folder = self._folder("1.png")
        (folder / "net.pt2").write_bytes(b"x")
        self.widget._network_chosen(str(folder / "net.pt2"))
        self.assertIn("net.pt2: torch.export made this", str(self.widget.Error.failed))
        self.assertEqual(self.widget.network, "squeezenet")

    def test_a_network_of_ones_own_that_is_gone_is_said_and_nothing_breaks(self):
        folder = self._folder("1.png")
        (folder / "mine.pth").write_bytes(b"x")
        (folder / "mine.json").write_text('{"architecture": "resnet18"}')
        client = _FakeClient()
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.widget._network_chosen(str(folder / "mine.pth"))
            (folder / "mine.json").unlink()
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
        self.assertIn("mine.pth: its description is missing", str(self.widget.Error.failed))
        self.assertEqual((client.calls, self.widget._status.text()), ([], "Not started."))
        self.widget.send_report()

    def test_choosing_the_same_network_again_keeps_the_options(self):
        self.widget._options_chosen(Options(views="turns"))
        self.widget._network_chosen("squeezenet")
        self.assertEqual(self.widget._options, Options(views="turns"))

    def test_a_second_network_that_is_not_here_is_said(self):
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={"second_network": "pollen_net"})
        self.assertIn("'pollen_net' cannot be used", str(self.widget.Warning.unknown_network))
        self.assertEqual(self.widget.second_network, "")

    def test_a_network_of_ones_own_can_be_chosen(self):
        folder = self._folder("1.png")
        (folder / "mine.pth").write_bytes(b"x")
        (folder / "mine.json").write_text('{"architecture": "resnet18", "title": "Mine"}')
        client = _FakeClient()
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.widget._network_chosen(str(folder / "mine.pth"))
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.get_output(self.widget.Outputs.embeddings, wait=20000)
        self.assertEqual(client.calls[-1][1], str(folder / "mine.pth"))
        self.assertEqual(self.widget._networks.currentText(), "mine.pth")

    def test_a_network_that_is_not_here_is_said_and_replaced(self):
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={"network": "painters"})
        self.assertTrue(self.widget.Warning.unknown_network.is_shown())
        self.assertIn("'painters' is not a network", str(self.widget.Warning.unknown_network))
        self.assertEqual(self.widget.network, "squeezenet")

    def test_a_layer_or_device_that_is_not_here_leaves_the_network(self):
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={
            "options": {"layers": ["fc7"]}, "device": "tpu"})
        self.assertIn("instead", str(self.widget.Warning.unknown_network))
        self.assertEqual((self.widget.network, self.widget._options, self.widget.device),
                         ("squeezenet", Options(), "auto"))
        self.assertEqual(self.widget._device_combo.currentText(), "Automatic")

    def test_skipped_pictures_leave_by_their_own_output_with_reasons(self):
        table = self._table("1.png", "bad.png", "2.png")
        result = self._send(table, _FakeClient())
        self.assertEqual([str(value) for value in result.get_column("image")], ["1.png", "2.png"])
        skipped = self.get_output(self.widget.Outputs.skipped)
        self.assertEqual([str(value) for value in skipped.get_column("image")], ["bad.png"])
        self.assertTrue(str(skipped[0, "reason"]).endswith("bad.png: the file is empty"))
        told = str(self.widget.Warning.skipped)
        self.assertTrue(told.startswith("Skipped: 1 of 3. The first: "))
        self.assertIn("bad.png: the file is empty. Connect Skipped Images to a Data Table to see all.", told)
        self._send(self._table("1.png"), _FakeClient())
        self.assertFalse(self.widget.Warning.skipped.is_shown())
        self.assertIsNone(self.get_output(self.widget.Outputs.skipped))

    def test_all_pictures_broken_is_an_error_naming_the_first(self):
        self.assertIsNone(self._send(self._table("bad.png"), _FakeClient()))
        self.assertTrue(self.widget.Error.none_embedded.is_shown())
        self.assertIn("bad.png: the file is empty", str(self.widget.Error.none_embedded))

    def test_failures_of_the_engine_are_shown_and_cleared(self):
        table = self._table("1.png")
        self._send(table, _FakeClient(error=WeightsError("The weights are not here. Install them.")))
        self.assertEqual(str(self.widget.Error.failed), "The weights are not here. Install them.")
        self.assertEqual(self.widget._status.text(), "Not finished.")
        self.assertFalse(self.widget._continue_button.isHidden())
        self._send(table, _FakeClient())
        self.assertFalse(self.widget.Error.failed.is_shown())

    def test_what_the_system_refuses_is_shown_and_a_defect_is_reported(self):
        self._send(self._table("1.png"), _FakeClient(error=OSError("Too many open files")))
        self.assertEqual(str(self.widget.Error.failed), "Too many open files")
        with pytest.raises(ZeroDivisionError):
            self.widget.on_exception(ZeroDivisionError())
        self.assertEqual(self.widget._status.text(), "Not finished.")

    def test_notes_of_the_store_are_shown(self):
        self._send(self._table("1.png"), _FakeClient(notes=("The store cannot be used.",)))
        self.assertEqual(str(self.widget.Warning.noted), "The store cannot be used.")

    def test_cancel_ends_the_job_at_once_and_says_so(self):
        client = _FakeClient("wait")
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.process_events(lambda: bool(client.calls), timeout=5000)
            start = time.monotonic()
            self.widget._cancel_button.click()
            self.assertLess(time.monotonic() - start, 0.05)
            self.process_events(lambda: client.was_cancelled, timeout=5000)
            self.assertFalse(self.widget.isInvalidated())
            self.assertIsNone(self.get_output(self.widget.Outputs.embeddings))
            self.assertEqual(self.widget._status.text(), "Cancelled. What was finished is kept.")
            self.assertTrue(self.widget._cancel_button.isHidden())
            client._result = None
            self.widget._continue_button.click()
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=20000)), 1)
        self.assertTrue(self.widget._continue_button.isHidden())
        self.assertFalse(self.widget._cancel_button.isHidden())

    def test_removing_a_working_widget_does_not_hold_the_window(self):
        client = _FakeClient("wait")
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.process_events(lambda: bool(client.calls), timeout=5000)
            with patch.object(client, "_is_slow_to_end", True):
                start = time.monotonic()
                self.widget.onDeleteWidget()
                self.assertLess(time.monotonic() - start, 0.5)  # the job takes a second to end
            self.process_events(lambda: client.was_cancelled, timeout=5000)

    def test_without_auto_apply_a_setting_waits_for_the_button_but_new_pictures_do_not(self):
        client = _FakeClient()
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={"auto_apply": False})
        self.assertEqual(len(self._send(self._table("1.png"), client)), 1)
        with patch.object(owimageembedder, "shared_client", lambda: client):
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
        client = _FakeClient("wait")
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.process_events(lambda: bool(client.calls), timeout=5000)
            client._result = None
            result = self._send(self._table("1.png", "2.png"), client)
        self.assertTrue(client.was_cancelled)
        self.assertEqual(len(result), 2)

    def test_no_data_empty_data_and_data_without_text(self):
        self.assertIsNone(self._send(None, _FakeClient()))
        self.assertIsNone(self._send(self._table("1.png")[:0], _FakeClient()))
        self.assertFalse(self.widget.Error.no_image_column.is_shown())
        self._send(Table("iris"), _FakeClient())
        self.assertTrue(self.widget.Error.no_image_column.is_shown())
        self._send(self._table("1.png"), _FakeClient())
        self.assertFalse(self.widget.Error.no_image_column.is_shown())

    def test_the_chosen_column_is_remembered_by_name(self):
        table = self._table("1.png")
        client = _FakeClient()
        self.widget = self.create_widget(OWImageEmbedder, stored_settings={"image_column": "image name"})
        self._send(table, client)
        self.assertEqual(self.widget._column_combo.currentText(), "image name")
        other = Table.from_list(Domain([], metas=[StringVariable("picture")]), [["x.png"]])
        self._send(other, client)
        self.assertEqual(self.widget._column_combo.currentText(), "picture")
        self.assertEqual(self.widget.image_column, "image name")

    def test_a_report_names_the_network_and_the_identity(self):
        self._send(self._table("1.png"), _FakeClient())
        self.widget.send_report()
        self.assertIn("SqueezeNet", self.widget.report_html)
        self.assertIn("Identity", self.widget.report_html)


def test_progress_is_short_and_right():
    assert progress_text(120, 300, 80.0) == "120 of 300 · 80 images/s · 2.2 s left"
    assert progress_text(4, 300, None) == "4 of 300"


def test_the_result_says_where_it_ran_and_why_not_elsewhere():
    found = Embeddings(np.zeros((3, 2), np.float32), np.arange(3), (), "{}", 2, "CPU, 2 threads", "GPU: not used, none")
    assert result_text(found, 2.0) == "3 images in 2.0 s on CPU, 2 threads; 1 known already. GPU: not used, none."
    assert result_text(dataclasses.replace(found, computed=0), 2.0) == "3 images in 2.0 s, all known already."
