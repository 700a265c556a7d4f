"""Pictures that moved are found again at once; pictures in the web are fetched only when the user agreed."""

import threading
import time
from pathlib import Path
from unittest.mock import patch

from embedder_case import FakeClient
from place_case import PNG, PlaceCase, WebCase, table_of

from orangecontrib.imaging.core import agreement
from orangecontrib.imaging.core.agreement import agree, agreed_hosts
from orangecontrib.imaging.core.errors import Cancelled, OutputError
from orangecontrib.imaging.core.moved import Place, find_place
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.tables.columns import image_paths, image_reading, image_variable
from orangecontrib.imaging.tables.places import with_place
from orangecontrib.imaging.widgets.jobs import embedding as embedding_job
from orangecontrib.imaging.widgets.owimageembedder import OWImageEmbedder
from orangecontrib.imaging.widgets.owimageviewer import OWImageViewer
from orangecontrib.imaging.widgets.parts import place_bar


class TestFinding(PlaceCase):
    def test_the_chosen_folder_may_be_the_one_that_moved_or_one_above_or_below(self):
        new = self._move()
        for chosen in (new, self.folder, new / "SN"):
            place = find_place(self._paths(), str(chosen))
            self.assertEqual([place.path(path) for path in self._paths()],
                             [str(new / name) for name in ("SN/a.png", "SN/b.png", "NSN/c.png")], chosen)
        self.assertIsNone(find_place(self._paths(), str(self._elsewhere())))

    def test_relative_names_of_a_table_without_origin_are_found_too(self):
        place = find_place(["SN/a.png", "NSN/c.png"], str(self.folder / "old"))
        self.assertEqual(place, Place("", str(self.folder / "old")))

    def test_the_moved_column_leads_to_the_files_and_keeps_its_recipe_and_rows(self):
        column = image_variable("image", str(self.folder / "old"), Reading(time=2))
        table = table_of(["SN/a.png", "", "https://example.org/x.png", "NSN/c.png"], column)
        new = self._move()
        place = Place(str(self.folder / "old"), str(new))
        moved, _ = with_place(table, column, image_paths(table, column), place)
        self.assertEqual(image_paths(moved, moved.domain["image"]),
                         [str(new / "SN/a.png"), "", "https://example.org/x.png", str(new / "NSN/c.png")])
        self.assertEqual(image_reading(moved.domain["image"]), Reading(time=2))
        self.assertEqual(moved.ids.tolist(), table.ids.tolist())
        self.assertEqual(moved.metas[:, 1].tolist(), table.metas[:, 1].tolist())
        self.assertEqual(image_paths(table, column)[0], str(self.folder / "old" / "SN/a.png"))

    def test_the_viewer_shows_pictures_again_and_sends_on_where_they_are(self):
        widget = self.create_widget(OWImageViewer)
        data = table_of(self._paths())
        new = self._move()
        self.send_signal(widget.Inputs.data, data, widget=widget)
        self._wait(widget)
        self.assertEqual(widget.bar._missing.text(), "3 files are not where the table says.")
        self._find(widget, self._elsewhere())
        self.assertIn("are not in this folder", str(widget.Warning.not_in_folder))
        self._find(widget, new)
        self.assertFalse(widget.Warning.not_in_folder.is_shown())
        self.assertTrue(widget.bar.isHidden())
        self.assertEqual([item.path for item in widget.grid.items],
                         [str(new / name) for name in ("SN/a.png", "SN/b.png", "NSN/c.png")])
        sent = self.get_output(widget.Outputs.annotated, widget=widget)
        self.assertEqual(image_paths(sent, sent.domain["file"])[0], str(new / "SN/a.png"))
        settings = widget.settingsHandler.pack_data(widget)
        again = self.create_widget(OWImageViewer, stored_settings=settings)
        self.send_signal(again.Inputs.data, data, widget=again)
        self._wait(again)
        self.assertTrue(again.bar.isHidden())

    def test_the_embedder_finds_them_too(self):
        widget = self.create_widget(OWImageEmbedder)
        client = FakeClient()
        new = self._move()
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.send_signal(widget.Inputs.images, table_of(self._paths()), widget=widget)
            self._wait(widget)
            self._find(widget, new)
            self._wait(widget)
        self.assertEqual(client.calls[-1][0][0], str(new / "SN/a.png"))
        self.assertTrue(widget.bar.isHidden())

    def test_while_pictures_are_looked_for_the_bar_says_so_and_other_data_end_the_search(self):
        widget = self.create_widget(OWImageViewer)
        self._move()
        self.send_signal(widget.Inputs.data, table_of(self._paths()), widget=widget)
        self._wait(widget)
        searching, ended = threading.Event(), threading.Event()

        def search(paths, folder, *, cancelled):
            searching.set()
            while not cancelled():
                time.sleep(0.01)
            ended.set()
            raise Cancelled("")

        with patch.object(place_bar, "find_place", search), \
                patch.object(place_bar.QFileDialog, "getExistingDirectory", return_value="/tmp"):
            widget.bar._find.click()
            self.assertTrue(searching.wait(5))
            self.assertEqual((widget.bar._missing.text(), widget.bar._find.isEnabled(), widget.bar.is_idle),
                             ("Looking…", False, False))
            self.send_signal(widget.Inputs.data, table_of(self._paths()[:1]), widget=widget)
            self.assertTrue(ended.wait(5))
        self._wait(widget)
        self.assertEqual((widget.bar._missing.text(), widget.bar._find.isEnabled()),
                         ("A file is not where the table says.", True))

    def test_after_a_search_in_vain_the_bar_says_again_what_is_missing(self):
        widget = self.create_widget(OWImageViewer)
        self._move()
        self.send_signal(widget.Inputs.data, table_of(self._paths()), widget=widget)
        self._wait(widget)
        self._find(widget, self._elsewhere())
        self.assertEqual((widget.bar._missing.text(), widget.bar._find.isEnabled()),
                         ("3 files are not where the table says.", True))


class TestWeb(WebCase):
    def test_nobody_is_called_before_the_user_agrees_and_then_pictures_come(self):
        widget = self.create_widget(OWImageViewer)
        widget.show()
        self.send_signal(widget.Inputs.data, self._data(), widget=widget)
        self._wait(widget)
        self.process_events(lambda: widget.thumbnails.is_idle)
        self.assertEqual(self.server.asked, [])
        self.assertEqual(widget.bar._web.text(), "2 pictures lie in the web, at 127.0.0.1. Nobody is called unless you "
                                                 "allow it.")
        self.assertIn("you have not allowed", widget.grid.items[0].reason)
        widget.bar._fetch.click()
        self._wait(widget)
        path = widget.grid.items[0].path
        self.process_events(lambda: widget.thumbnails.find(path) is not None, timeout=20000)
        self.process_events(lambda: widget.thumbnails.is_idle, timeout=20000)
        self.assertEqual(widget.thumbnails.find(path).full_width, 83)
        self.assertTrue(widget.bar.isHidden())
        self.assertEqual(sorted(set(self.server.asked)), ["/SN/a.png", "/SN/b.png"])
        settings = widget.settingsHandler.pack_data(widget)
        self.assertEqual(agreed_hosts(settings["agreement"]), {"127.0.0.1"})

    def test_an_answer_that_cannot_be_kept_is_told_and_nobody_is_called(self):
        def full(*_):
            raise OutputError("/home/x: your answer cannot be kept (no space left on device).")

        widget = self.create_widget(OWImageViewer)
        self.send_signal(widget.Inputs.data, self._data(), widget=widget)
        self._wait(widget)
        with patch.object(place_bar, "agree", full):
            widget.bar._fetch.click()
            self._wait(widget)
        self.assertEqual(widget.bar._web.text(), "/home/x: your answer cannot be kept (no space left on device).")
        self.assertEqual((widget.agreement, self.server.asked, widget.bar._fetch.isEnabled()), ("", [], True))
        widget.bar._fetch.click()
        self._wait(widget)
        self.assertEqual(agreed_hosts(widget.agreement), {"127.0.0.1"})

    def test_agreements_and_places_stay_in_their_workflow(self):
        for kind in (OWImageViewer, OWImageEmbedder):
            with self.subTest(kind.name):
                first = self.create_widget(kind)
                first.agreement = "of this workflow"
                first.places = {"key": ["/old", "/new"]}
                saved = first.settingsHandler.pack_data(first)
                first.saveSettings()
                handler = first.settingsHandler
                self.assertIn("image_column" if kind is OWImageEmbedder else "thumbnail_px", handler.defaults)
                self.assertFalse({"agreement", "places"} & handler.defaults.keys())  # a new widget's settings
                self.assertEqual([handler.known_settings[name].default for name in ("agreement", "places")], ["", {}])
                opened = self.create_widget(kind, stored_settings=saved)
                self.assertEqual((opened.agreement, opened.places), ("of this workflow", {"key": ["/old", "/new"]}))

    def test_an_agreement_holds_in_its_workflow_when_it_is_opened_again_and_in_no_other(self):
        agree("mine", ["127.0.0.1"])
        for settings, pictures in (({"agreement": "mine"}, 2), ({}, 0), ({"agreement": "somebody else's"}, 0),
                                   ({"agreement": ["mine"]}, 0), ({"agreements": {"127.0.0.1": "signed"}}, 0)):
            with self.subTest(settings):
                self.server.asked.clear()
                widget = self.create_widget(OWImageEmbedder, stored_settings=settings)
                client = FakeClient()
                with patch.object(embedding_job, "shared_client", lambda client=client: client):
                    self.send_signal(widget.Inputs.images, self._data(), widget=widget)
                    self._wait(widget)
                self.assertEqual((len(client.calls[-1][0]), widget.bar.isHidden()), (pictures, pictures > 0))
                self.assertEqual(sorted(self.server.asked), ["/SN/a.png", "/SN/b.png"][:pictures])

    def test_what_was_agreed_to_is_read_in_a_thread_and_shown_by_the_viewer(self):
        agree("mine", ["127.0.0.1"])
        readers, read = set(), agreement._kept

        def kept():
            readers.add(threading.current_thread().name)
            return read()

        widget = self.create_widget(OWImageViewer, stored_settings={"agreement": "mine"})
        with patch.object(agreement, "_kept", kept):
            self.send_signal(widget.Inputs.data, self._data(), widget=widget)
            self._wait(widget)
        self.assertEqual(([item.reason for item in widget.grid.items], readers), (["", ""], {"lookup"}))

    def test_the_embedder_embeds_the_copies_and_names_the_addresses(self):
        widget = self.create_widget(OWImageEmbedder)
        client = FakeClient()
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.send_signal(widget.Inputs.images, self._data(), widget=widget)
            self._wait(widget)
            self.assertEqual((client.calls[-1][0], self.server.asked), ([], []))
            skipped = self.get_output(widget.Outputs.skipped, widget=widget)
            self.assertIn("you have not allowed", str(skipped[0, "reason"]))
            widget.bar._fetch.click()
            self._wait(widget)
        paths = client.calls[-1][0]
        self.assertEqual([Path(path).read_bytes() for path in paths], [PNG, PNG])
        self.assertEqual(len(self.get_output(widget.Outputs.embeddings, widget=widget)), 2)
        self.assertEqual(sorted(self.server.asked), ["/SN/a.png", "/SN/b.png"])
