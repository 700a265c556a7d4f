"""A place that the user chose is kept for its own table, until another one is chosen."""

import os
import shutil
from unittest.mock import patch

from embedder_case import FakeClient
from place_case import PlaceCase, table_of

from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.tables.places import place_key
from orangecontrib.imaging.widgets.jobs import embedding as embedding_job
from orangecontrib.imaging.widgets.owimageembedder import OWImageEmbedder
from orangecontrib.imaging.widgets.owimageviewer import OWImageViewer

NAMES = ["SN/a.png", "SN/b.png", "NSN/c.png"]


class TestPlacesInTheViewer(PlaceCase):
    def setUp(self):
        super().setUp()
        self.widget = self.create_widget(OWImageViewer)

    def _send(self, data):
        self.send_signal(self.widget.Inputs.data, data, widget=self.widget)
        self._wait(self.widget)

    def _shown(self):
        return [item.path for item in self.widget.grid.items]

    def test_pictures_that_move_again_are_found_again(self):
        data = table_of(self._paths())
        new = self._move()
        self._send(data)
        self._find(self.widget, new)
        third = self.folder / "third"
        shutil.move(new, third)
        self._send(data)
        self.assertFalse(self.widget.bar.isHidden())
        self._find(self.widget, third)
        self.assertEqual(self._shown(), [str(third / name) for name in NAMES])
        self.assertTrue(self.widget.bar.isHidden())
        shutil.move(third, self.folder / "old")
        self._send(data)
        self._find(self.widget, self.folder / "old")
        self.assertEqual((self._shown(), self.widget.bar.isHidden()), (self._paths(), True))

    def test_a_folder_for_relative_names_is_used_for_their_own_table_alone(self):
        data = table_of(NAMES)
        self._send(data)
        self._find(self.widget, self.folder / "old")
        self.assertEqual(self._shown(), self._paths())
        self._send(table_of(NAMES[:2]))
        self.assertEqual((self._shown(), self.widget.bar.isHidden()), (NAMES[:2], False))
        self._send(data)
        self.assertEqual((self._shown(), self.widget.bar.isHidden()), (self._paths(), True))

    def test_a_folder_for_full_names_is_used_for_other_rows_of_theirs_too(self):
        new = self._move()
        self._send(table_of(self._paths()))
        self._find(self.widget, new)
        self._send(table_of(self._paths()[1:]))
        self.assertEqual((self._shown(), self.widget.bar.isHidden()), ([str(new / name) for name in NAMES[1:]], True))

    def test_of_many_missing_files_the_bar_gives_no_number(self):
        self._send(table_of([f"/nowhere/{number}.png" for number in range(5000)]))
        self.assertEqual(self.widget.bar._missing.text(), "Many files are not where the table says.")

    def test_a_relative_name_is_missing_although_orange_was_started_beside_it(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder / "old")
        self._send(table_of(NAMES))
        self.assertEqual(self.widget.bar._missing.text(), "3 files are not where the table says.")

    def test_damaged_settings_are_as_if_nothing_was_chosen(self):
        data = table_of(self._paths())
        key = place_key(data.domain["file"], self._paths())
        for places in ({key: ["x"]}, {key: [1, 2]}, {key: "ab"}, {key: None}, ["x"]):
            with self.subTest(places):
                self.widget = self.create_widget(OWImageViewer, stored_settings={"places": places})
                self._send(data)
                self.assertEqual((self.widget.places, self._shown()), ({}, self._paths()))

    def test_a_column_that_does_not_say_rightly_how_it_is_read_has_no_bar(self):
        self._move()
        self._send(table_of(self._paths()))
        column = image_variable("image", "/data")
        column.attributes["reading"] = "{"
        self._send(table_of(NAMES, column))
        self.assertTrue(self.widget.Error.wrong_reading.is_shown())
        self.assertTrue(self.widget.bar.isHidden())


class TestPlacesInTheEmbedder(PlaceCase):
    def test_without_pictures_the_bar_and_its_warning_go(self):
        widget = self.create_widget(OWImageEmbedder)
        data = table_of(self._paths())
        self._move()
        wrong = image_variable("image", "/data")
        wrong.attributes["reading"] = "{"
        with patch.object(embedding_job, "shared_client", FakeClient):
            for then in (None, table_of(NAMES, wrong)):
                with self.subTest(then):
                    self.send_signal(widget.Inputs.images, data, widget=widget)
                    self._wait(widget)
                    self._find(widget, self._elsewhere())
                    self.assertTrue(widget.Warning.not_in_folder.is_shown())
                    self.assertFalse(widget.bar.isHidden())
                    self.send_signal(widget.Inputs.images, then, widget=widget)
                    self._wait(widget)
                    self.assertFalse(widget.Warning.not_in_folder.is_shown())
                    self.assertTrue(widget.bar.isHidden())
