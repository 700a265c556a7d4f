"""Open Embeddings as its user meets it."""

import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from opened_shards import IDENTITY, make_shards, names_of
from orangewidget.tests.base import WidgetTest
from slots import SLOT_S, slot_s

from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.core.shards.merging import merge_shards
from orangecontrib.imaging.tables.columns import image_paths
from orangecontrib.imaging.widgets.jobs import opening_embeddings as job
from orangecontrib.imaging.widgets.owopenembeddings import OWOpenEmbeddings
from orangecontrib.imaging.widgets.parts import vector_source

FREE = "orangecontrib.imaging.widgets.jobs.opening_embeddings.free_memory"


class TestOpenEmbeddings(WidgetTest):
    def setUp(self):
        self.folder = Path(self.enterContext(_folder()))
        self.widget = self.create_widget(OWOpenEmbeddings)

    def shards(self, count=10, name="shards", **more):
        return make_shards(self.folder / name, names_of(count), **more)

    def open(self, source):
        self.widget.choose(source)
        return self.settle()

    def settle(self):
        """Wait for the job; what was sent."""
        self.process_events(lambda: self.widget.task is None, timeout=20_000)
        return self.get_output(self.widget.Outputs.embeddings)

    def click(self, how):
        self.widget.rows_form.ways[how].click()
        return self.settle()

    def messages(self):
        groups = (self.widget.Error, self.widget.Warning, self.widget.Information)
        return {"" + one.formatted for group in groups for one in group.active}

    def contents(self):
        return dict(self.widget.contents.items)

    def test_a_folder_of_shards_is_one_table_in_the_order_of_the_listing(self):
        out = self.open(self.shards(carried={"category": ["a", "b"] * 5, "dose": [0.5] * 10}, skipped=[3]))
        self.assertEqual([str(row["image"]) for row in out], [name for at, name in enumerate(names_of(10)) if at != 3])
        np.testing.assert_array_equal(out.X[:, 1], [1, 11, 21, *range(41, 101, 10)])
        self.assertEqual(out.domain.class_var.name, "category")
        self.assertEqual(out.domain["image"].attributes["origin"], "/screen")
        self.assertEqual(image_paths(out, out.domain["image"])[0], "/screen/sub0/000.png")
        self.assertEqual(self.contents(), {
            "Pictures": "9 in 3 shards, 3 numbers each", "Network": "SqueezeNet, preset Paper", "How read": "as usual",
            "Skipped": "1 picture", "Other columns": "category, dose", "Pictures' folder": "/screen"})
        skipped = self.get_output(self.widget.Outputs.skipped)
        self.assertEqual(skipped.metas.tolist(), [["sub1/003.png", "the file is empty"]])
        self.assertEqual(self.messages(), set())

    def test_merged_files_give_the_same_table(self):
        shards = self.shards(carried={"category": ["a", "b"] * 5}, skipped=[3])
        expected = self.open(shards)
        for ending in (".parquet", ".npz"):
            target = self.folder / f"merged{ending}"
            merge_shards(Path(shards), target)
            out = self.open(str(target))
            self.assertEqual(out.domain, expected.domain)
            np.testing.assert_array_equal(out.X, expected.X)
            self.assertEqual(out.metas.tolist(), expected.metas.tolist())
            np.testing.assert_array_equal(out.Y, expected.Y)
            self.assertEqual(self.get_output(self.widget.Outputs.skipped).metas.tolist(),
                             [["sub1/003.png", "the file is empty"]])

    def test_a_random_sample_is_the_same_for_a_seed_and_another_for_another(self):
        self.open(self.shards(40))
        self.widget.rows_form.count.setValue(7)
        first = self.click("random")
        self.assertEqual(len(first), 7)
        self.widget.rows_form.seed.setValue(1)
        second = self.settle()
        self.assertEqual(len(second), 7)
        self.assertNotEqual(first.metas.tolist(), second.metas.tolist())
        self.widget.rows_form.seed.setValue(0)
        np.testing.assert_array_equal(self.settle().X, first.X)
        self.assertEqual(self.messages(), set())

    def test_a_sample_by_column_keeps_the_shares_of_its_values(self):
        self.open(self.shards(40, carried={"category": ["rare"] * 10 + ["usual"] * 30, "plate": ["p"] * 40}))
        self.assertEqual(self.widget.rows_form.columns.currentText(), "category")
        self.widget.rows_form.count.setValue(8)
        out = self.click("stratified")
        self.assertEqual([str(row.get_class()) for row in out].count("rare"), 2)
        self.assertEqual(len(out), 8)

    def test_the_most_different_pictures_are_of_all_kinds_also_of_rare_ones(self):
        kinds = [0] * 30 + [1] + [2] * 30
        self.open(self.shards(61, vectors=np.eye(3)[kinds] + 0.001 * np.arange(61)[:, None]))
        self.widget.rows_form.count.setValue(3)
        out = self.click("most different")
        self.assertEqual(sorted(out.X.argmax(axis=1).tolist()), [0, 1, 2])

    def test_without_labels_there_is_no_sample_by_column(self):
        self.open(self.shards())
        self.assertFalse(self.widget.rows_form.ways["stratified"].isEnabled())
        self.assertFalse(self.widget.rows_form.columns.isEnabled())

    def test_more_than_fits_is_a_sample_until_all_are_asked_for_and_agreed_to(self):
        shards = self.shards(40)
        with patch(FREE, return_value=15_000), patch.object(job, "USUAL_ROWS", 5), \
                patch("orangecontrib.imaging.widgets.owopenembeddings.USUAL_ROWS", 5):
            self.assertEqual(len(self.open(shards)), 5)
            [told] = self.messages()
            self.assertEqual(told, "All 40 rows need 11 kB of memory; this computer has 15 kB free. So a random sample "
                                   "of 5 was taken. Choose All rows to have them all.")
            self.assertTrue(self.widget.rows_form.ways["random"].isChecked())
            self.assertEqual((self.widget.how, self.widget.count), ("random", 5), "it is saved so")
            self.assertFalse(self.widget.rows_form.agree_button.isVisibleTo(self.widget))
            self.assertIsNone(self.click("all"))
            [told] = self.messages()
            self.assertEqual(told, "All 40 rows need 11 kB of memory; this computer has 15 kB free. Take a sample, or "
                                   "press Load Anyway.")
            self.assertTrue(self.widget.rows_form.agree_button.isVisibleTo(self.widget))
            self.widget.rows_form.agree_button.click()
            self.assertEqual(len(self.settle()), 40)
            self.assertEqual(self.messages(), set())
            self.assertFalse(self.widget.rows_form.agree_button.isVisibleTo(self.widget))
            self.widget.rows_form.count.setValue(39)
            self.assertIsNone(self.click("random"))
            self.assertIn("39 rows need", self.messages().pop())

    def test_the_memory_is_told_before_anything_is_loaded(self):
        self.widget.auto_apply = False
        with patch(FREE, return_value=3 << 30):
            self.assertIsNone(self.open(self.shards(10)))
        self.assertEqual(self.widget.rows_form.memory.text().replace("\xa0", " "),
                         "All 10 rows need 2.7 kB of memory; this computer has 3.0 GB free.")
        self.widget.commit.now()
        self.assertEqual(len(self.settle()), 10)

    def test_apply_loads_also_while_it_is_still_looked_at(self):
        self.widget.auto_apply = False
        self.widget.choose(self.shards())
        self.widget.commit.now()
        self.assertEqual(len(self.settle()), 10)

    def test_shards_that_are_missing_or_set_aside_are_warned_of_and_the_rest_opens(self):
        out = self.open(self.shards(12, left_out=[0], aside=[1]))
        np.testing.assert_array_equal(out.X[:, 0], [80, 90, 100, 110])
        self.assertEqual(self.contents()["Pictures"], "4 in 1 of 3 shards, 3 numbers each")
        missing, aside = sorted(self.messages(), key=lambda text: "set aside" in text)
        self.assertTrue(missing.startswith("1 shard is not there yet; its pictures are missing here. Run "), missing)
        self.assertIn("1 shard was set aside", aside)
        self.assertIn("it ended three workers", aside)
        before = self.messages()
        self.click("random")
        self.assertEqual(self.messages(), before)
        self.assertEqual(len(self.get_output(self.widget.Outputs.skipped)), 4)

    def test_shards_that_come_are_found_by_reload(self):
        shards = self.shards(8, left_out=[1], finishes=False)
        self.assertEqual(len(self.open(shards)), 4)
        shutil.rmtree(shards)
        self.shards(8)
        self.widget.source.reload_button.click()
        self.assertEqual(len(self.settle()), 8)
        self.assertEqual(self.messages(), set())

    def test_no_shard_yet_is_said_and_nothing_is_sent(self):
        self.assertIsNone(self.open(self.shards(8, left_out=[0, 1], finishes=False)))
        self.assertIn("There is no vector yet.", self.messages())

    def refused(self, source):
        self.assertIsNone(self.open(str(source)))
        self.assertIsNone(self.get_output(self.widget.Outputs.skipped))
        self.assertEqual(self.contents(), {})
        self.assertFalse(self.widget._rows_box.isEnabled())
        [told] = self.messages()
        return told

    def test_what_is_gone_foreign_or_damaged_is_named_and_taken_back(self):
        shards = Path(self.shards())
        self.assertIsNotNone(self.open(str(shards)))
        self.assertIn("gone: there is no such folder or file.", self.refused(self.folder / "gone"))
        (self.folder / "empty").mkdir()
        self.assertIn("there are no shards here", self.refused(self.folder / "empty"))
        (self.folder / "picture.png").write_bytes(b"x")
        self.assertIn("picture.png: vectors are read from a folder", self.refused(self.folder / "picture.png"))
        (self.folder / "other.parquet").write_bytes(b"PAR1 no")
        self.assertIn("other.parquet", self.refused(self.folder / "other.parquet"))
        self.assertIsNotNone(self.open(str(shards)))
        (shards / "shard-00001.parquet").write_bytes(b"PAR1 damaged")
        self.assertIn("shard-00001.parquet: this shard is damaged", self.refused(shards))

    def test_a_newer_format_is_told(self):
        shards = Path(self.shards())
        text = (shards / "manifest.json").read_text().replace('"format": 1', '"format": 2')
        (shards / "manifest.json").write_text(text)
        self.assertIn("newer version", self.refused(shards))

    def test_a_file_that_vanishes_between_looking_and_loading_is_told(self):
        shards = Path(self.shards())
        self.open(str(shards))
        shutil.rmtree(shards)
        self.assertIsNone(self.click("random"))
        self.assertIn("there is no such file", self.messages().pop())

    def test_without_pyarrow_the_install_line_is_told(self):
        shards = self.shards()
        with patch("orangecontrib.imaging.core.shards.parquet_part.find_spec", return_value=None):
            self.assertIsNone(self.open(shards))
        [told] = self.messages()
        self.assertIn("pip install pyarrow", told)

    def test_a_column_of_the_workflow_that_is_not_there_is_told_and_kept(self):
        self.widget = self.create_widget(OWOpenEmbeddings, stored_settings={
            "folder": self.shards(carried={"plate": ["p"] * 10}), "how": "stratified", "column": "donor", "count": 4,
            "__version__": 100})
        self.assertIsNone(self.settle())
        [told] = self.messages()
        self.assertIn("no column 'donor' of labels to sample by. There are: plate.", told)
        self.assertEqual(self.widget.column, "donor")
        self.widget.rows_form.columns.setCurrentText("plate")
        self.widget.rows_form.columns.activated.emit(0)
        self.assertEqual(len(self.settle()), 4)
        self.assertEqual(self.messages(), set())

    def test_what_we_do_not_know_of_a_network_is_told_as_its_identity_has_it(self):
        identity = IDENTITY.replace('"squeezenet"', '"My network"')
        out = self.open(self.shards(identity=identity))
        self.assertEqual(self.contents()["Network"], "My network")
        self.assertIsNone(out.domain.attributes[0].compute_value)
        self.assertEqual(out.attributes["embedding"], identity)

    def test_cancel_sends_nothing_and_reload_begins_again(self):
        shards = self.shards()

        def never(opened, choice, state):
            while not state.is_interruption_requested():
                pass
            raise Cancelled("Cancelled.")
        with patch.object(job, "load_rows", never):
            self.widget.choose(shards)
            self.process_events(lambda: self.widget._opened is not None, timeout=20_000)
            self.assertTrue(self.widget._cancel_button.isEnabled())
            self.widget._cancel_button.click()
        self.assertIsNone(self.settle())
        self.assertEqual(self.messages(), {"Loading was cancelled. Press Reload to start it again."})
        self.assertFalse(self.widget._cancel_button.isEnabled())
        self.widget.source.reload_button.click()
        self.assertEqual(len(self.settle()), 10)
        self.assertEqual(self.messages(), set())

    def test_a_shortage_of_memory_is_told(self):
        self.open(self.shards())
        with patch.object(job, "table_of", side_effect=MemoryError):
            self.assertIsNone(self.click("random"))
        self.assertEqual(self.messages(), {"There is too little memory for so many rows. Take a sample."})

    def test_no_slot_holds_the_window_for_long(self):
        shards = self.shards(4000, size=500, carried={"plate": [f"p{row % 700}" for row in range(4000)]})
        self.assertLess(slot_s(lambda: self.widget.choose(shards)), SLOT_S)
        self.settle()
        opened, loaded = self.widget._opened, self.widget._loaded
        for slot in (lambda: self.widget.on_partial_result(opened), lambda: self.widget.on_done(loaded),
                     lambda: self.widget.rows_form.ways["random"].click(), self.widget.cancel_job):
            self.assertLess(slot_s(slot), SLOT_S)

    def test_settings_return_with_the_workflow_and_are_plain(self):
        shards = self.shards(20)
        self.open(shards)
        self.widget.rows_form.count.setValue(6)
        out = self.click("random")
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.assertEqual(repr(settings), repr(eval(repr(settings), {})))
        self.widget = self.create_widget(OWOpenEmbeddings, stored_settings=settings)
        np.testing.assert_array_equal(self.settle().X, out.X)
        self.assertTrue(self.widget.rows_form.ways["random"].isChecked())

    def test_settings_that_cannot_be_are_replaced(self):
        widget = self.create_widget(OWOpenEmbeddings, stored_settings={
            "folder": 3, "how": "best", "count": 0, "seed": "x", "column": None, "recent_folders": [1],
            "__version__": 100})
        self.assertEqual((widget.folder, widget.how, widget.count, widget.seed, widget.column, widget.recent_folders),
                         ("", "", 5000, 0, "", []))

    def test_embeddings_that_moved_with_their_workflow_are_found(self):
        before, after = self.folder / "before", self.folder / "after"
        shards = self.shards(name="before/shards")
        with patch.object(OWOpenEmbeddings, "workflowEnv", return_value={"basedir": str(before)}):
            self.open(shards)
            settings = self.widget.settingsHandler.pack_data(self.widget)
        before.rename(after)
        with patch.object(OWOpenEmbeddings, "workflowEnv", return_value={"basedir": str(after)}):
            self.widget = self.create_widget(OWOpenEmbeddings, stored_settings=settings)
            self.assertEqual(len(self.settle()), 10)
        self.assertEqual(self.widget.folder, str(after / "shards"))

    def test_what_was_opened_is_offered_again_and_another_source_starts_anew(self):
        one, other = self.shards(name="one"), self.shards(name="other")
        self.open(one)
        self.click("random")
        self.open(other)
        self.assertEqual(self.widget.how, "all")
        menu = self.widget.source.menu
        self.assertEqual([menu.itemData(at) for at in range(menu.count())], [other, one])
        menu.setCurrentIndex(1)
        menu.activated.emit(1)
        self.settle()
        self.assertEqual(self.widget.folder, one)

    def test_browse_asks_for_a_folder_or_a_file(self):
        one = self.shards(name="one")
        merge_shards(Path(one), self.folder / "all.npz")
        dialogs = vector_source.QFileDialog
        with patch.object(dialogs, "getExistingDirectory", return_value=one):
            self.widget.source.folder_button.click()
        self.assertEqual(len(self.settle()), 10)
        with patch.object(dialogs, "getOpenFileName", return_value=(str(self.folder / "all.npz"), "")) as ask:
            self.widget.source.file_button.click()
        self.assertEqual(ask.call_args.args[2], str(self.folder))
        self.assertEqual(len(self.settle()), 10)
        with patch.object(dialogs, "getExistingDirectory", return_value=""):
            self.widget.source.folder_button.click()
        self.assertEqual(self.widget.folder, str(self.folder / "all.npz"))

    def test_the_report_tells_the_source_and_the_rows(self):
        shards = self.shards()
        self.open(shards)
        self.widget.rows_form.count.setValue(4)
        self.click("random")
        self.widget.create_report_html()
        for told in (shards, "SqueezeNet", "Random sample", "4 pictures", "Random seed"):
            self.assertIn(told, self.widget.report_html)


def _folder():
    from tempfile import TemporaryDirectory
    return TemporaryDirectory()
