"""Import Images: what it sends, shows, says and remembers."""

import os
import shutil
import tempfile
import threading
from pathlib import Path
from unittest.mock import patch

import pytest
from AnyQt.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from AnyQt.QtGui import QDragEnterEvent, QDropEvent
from AnyQt.QtWidgets import QApplication
from import_case import ImportCase
from PIL import Image

from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.samples import DRAWING_VERSION, SAMPLE_SETS, write_samples
from orangecontrib.imaging.widgets.jobs import importing
from orangecontrib.imaging.widgets.owimportimages import ImportImagesDropHandler, OWImportImages
from orangecontrib.imaging.widgets.parts import folder_choice, folder_form
from orangecontrib.imaging.widgets.parts.folder_choice import (
    FolderChoice,
    as_setting,
    beside_workflow,
    title_of,
)


def _new_folder():
    return Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))


def _fill(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 6)).save(folder / name)
    return folder


def _mime(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


class TestImporting(ImportCase):
    def test_a_folder_becomes_a_table_with_sub_folders_as_classes(self):
        _fill(self.folder, "SN/a2.png", "SN/a10.png", "NSN/b.png")
        self._import(self.folder)
        self.assertEqual(self.data.metas[:, 1].tolist(), ["NSN/b.png", "SN/a2.png", "SN/a10.png"])
        self.assertEqual(self.data.domain.class_var.values, ("NSN", "SN"))
        self.assertEqual(self.data.name, self.folder.name)
        self.assertEqual(self.widget.summary.text(), "3 pictures in 2 classes: NSN (1), SN (2).")
        self.assertEqual(self.widget.Outputs.data.name, "Data")

    def test_the_class_goes_and_comes_with_its_box_without_reading_again(self):
        _fill(self.folder, "u/a.png")
        self._import(self.folder)
        with patch.object(importing, "scan_folder", side_effect=AssertionError):
            self._choose(self.widget.label_form._class, "")
            self.assertEqual(self.data.domain.class_vars, ())
            self.assertEqual(self.widget.summary.text(), "1 picture.")
            self._choose(self.widget.label_form._class, "folder")
        self.assertEqual(self.data.domain.class_var.values, ("u",))

    def test_unreadable_files_are_counted_listed_and_copied_with_their_reasons(self):
        _fill(self.folder, "a.png")
        (self.folder / "u").mkdir()
        (self.folder / "u" / "empty.png").write_bytes(b"")
        (self.folder / "text.jpg").write_text("no picture")
        self._import(self.folder)
        self.assertEqual(len(self.data), 1)
        self.assertEqual(self.widget.summary.text(), "1 picture, no sub-folders, so no classes. 2 files were left "
                         "out.")
        self.assertRegex(str(self.widget.Warning.left_out), r"^2 files were left out\. The first: text\.jpg: not a "
                         r"picture .+\. The list in the widget names all\.$")
        rows = dict(self.widget.skipped_list.model.rows)
        self.assertEqual(set(rows), {os.path.join("u", "empty.png"), "text.jpg"})
        self.assertEqual(rows[os.path.join("u", "empty.png")], "the file is empty")
        self.assertFalse(self.widget.skipped_list.isHidden())
        self.assertEqual(self.widget.skipped_list.toggle.text(), "2 files left out")
        self.widget.skipped_list.copy_button.click()
        self.assertIn("u/empty.png\tthe file is empty".replace("/", os.sep),
                      QApplication.clipboard().text().splitlines())

    def test_messages_and_list_go_with_the_next_folder(self):
        (self.folder / "bad.png").write_bytes(b"")
        _fill(self.folder, "a.png")
        self._import(self.folder)
        self._import(_fill(_new_folder(), "b.png"))
        self.assertFalse(self.widget.Warning.left_out.is_shown())
        self.assertTrue(self.widget.skipped_list.isHidden())
        self.assertEqual(self.widget.summary.text(), "1 picture, no sub-folders, so no classes.")

    def test_a_folder_of_which_nothing_can_be_read_is_an_error_with_the_list(self):
        for name in ("a.png", "b.png"):
            (self.folder / name).write_bytes(b"")
        self._import(self.folder)
        self.assertIsNone(self.data)
        self.assertEqual(str(self.widget.Error.failed),
                         f"{self.folder}: none of its 2 files could be used. The first: a.png: the file is empty. "
                         "The list in the widget names all.")
        self.assertEqual(len(self.widget.skipped_list.model.rows), 2)

    def test_missing_empty_and_wrong_folders_say_so_and_send_nothing(self):
        _fill(self.folder, "file.png")
        empty = _new_folder()
        (empty / "below").mkdir()
        cases = {self.folder / "gone": "there is no such folder",
                 self.folder / "file.png": "this is a file, not a folder",
                 empty: "no pictures in this folder"}
        for folder, said in cases.items():
            with self.subTest(said):
                self._import(self.folder)
                self.assertEqual(len(self.data), 1)
                self._import(folder)
                self.assertIsNone(self.data)
                self.assertIn(said, str(self.widget.Error.failed))
                self.assertIn(str(folder), str(self.widget.Error.failed))
                self.assertIn(said, self.widget.summary.text())
        self._import(self.folder)
        self.assertFalse(self.widget.Error.failed.is_shown())

    def test_the_summary_names_the_classes_up_to_eight_and_pictures_without_one(self):
        _fill(self.folder, "none.png", *(f"c{number}/a.png" for number in range(10)))
        self._import(self.folder)
        self.assertEqual(self.widget.summary.text(), "11 pictures in 10 classes: " + ", ".join(
            f"c{number} (1)" for number in range(8)) + ", …; 1 without a class.")

    def test_a_trailing_slash_and_odd_names_are_read(self):
        folder = _fill(self.folder / "a b#%20é.d", "x\ny é#1.v2.png")
        self._import(f"{folder}{os.sep}")
        self.assertEqual(self.data.name, "a b#%20é.d")
        self.assertEqual(self.data.metas[0, 1], "x\ny é#1.v2.png")
        self.assertEqual(self.widget.folder, str(folder))

    def test_a_defect_of_ours_is_not_hidden(self):
        self._import(_fill(self.folder, "a.png"))
        with pytest.raises(ZeroDivisionError):
            self.widget.on_exception(ZeroDivisionError())
        self.assertIsNone(self.data)


class TestJobs(ImportCase):
    def setUp(self):
        super().setUp()
        _fill(self.folder, "a.png")
        self.entered, self.go = threading.Event(), threading.Event()
        self.was_cancelled = []

    def tearDown(self):
        self.go.set()
        super().tearDown()

    def _slow(self, folder, *, on_progress, cancelled, **options):
        on_progress(1, 4)
        self.entered.set()
        self.go.wait(10)
        self.was_cancelled.append(cancelled())
        if cancelled():
            raise Cancelled("stopped")
        return scan_folder(folder)

    def test_cancel_works_at_once_and_says_how_to_go_on(self):
        self._import(self.folder)
        with patch.object(importing, "scan_folder", self._slow):
            self.widget.import_again()
            self.assertTrue(self.entered.wait(5))
            self.process_events()
            self.assertFalse(self.widget.cancel_button.isHidden())
            self.assertTrue(self.widget.isInvalidated())
            self.widget.cancel_button.click()
            self.assertIsNone(self.widget.task)
            self.assertFalse(self.widget.isInvalidated())
            self.assertTrue(self.widget.cancel_button.isHidden())
            self.assertTrue(self.widget.Information.cancelled.is_shown())
            self.assertIsNone(self.data)
            self.go.set()
            self.process_events(lambda: self.was_cancelled)
        self.assertEqual(self.was_cancelled, [True])
        self.widget.reload_button.click()
        self._wait()
        self.assertFalse(self.widget.Information.cancelled.is_shown())
        self.assertEqual(len(self.data), 1)

    def test_another_folder_takes_the_place_of_one_that_is_being_read(self):
        other = _fill(_new_folder(), "b.png", "c.png")
        with patch.object(importing, "scan_folder", self._slow):
            self.widget.choose(str(self.folder))
            self.assertTrue(self.entered.wait(5))
        self.widget.choose(str(other))
        self.go.set()
        self._wait()
        self.assertEqual(self.data.metas[:, 0].tolist(), ["b", "c"])

    def test_the_job_reads_in_a_thread_of_its_own(self):
        threads = []

        def scan(folder, **options):
            threads.append(threading.current_thread())
            return scan_folder(folder, **options)

        with patch.object(importing, "scan_folder", scan):
            self._import(self.folder)
        self.assertIsNot(threads[0], threading.main_thread())

    def test_no_file_is_looked_at_in_the_thread_of_the_interface(self):
        main, real = threading.main_thread(), os.stat

        def stat(path, **options):
            if threading.current_thread() is main:
                raise AssertionError(path)
            return real(path, **options)

        with patch("os.stat", stat), patch.object(self.widget, "start") as start:
            self.widget.choose(str(self.folder))
        start.assert_called_once()

    def test_deleting_the_widget_does_not_wait_for_a_disk_that_does_not_answer(self):
        with patch.object(importing, "scan_folder", self._slow):
            self.widget.choose(str(self.folder))
            self.assertTrue(self.entered.wait(5))
            self.widget.onDeleteWidget()
            self.assertEqual(self.was_cancelled, [])


class TestSamples(ImportCase):
    def test_a_sample_set_is_drawn_once_and_imported(self):
        with patch.object(folder_choice, "write_samples", self._few):
            self._import("samples:nuclei")
            self._import("samples:nuclei")
        self.assertEqual(self.data.domain.class_var.values, ("NSN", "SN"))
        self.assertEqual((len(self.data), self.data.name), (4, "nuclei"))
        origin = Path(self.data.domain["image"].attributes["origin"])
        cache = Path(os.environ["ORANGE_IMAGING_CACHE"])
        self.assertEqual(origin, cache / "samples" / f"v{DRAWING_VERSION}" / "nuclei")
        self.assertEqual(self.widget.folder, "samples:nuclei")
        self.assertEqual(self.widget.recent_folders, [])

    @staticmethod
    def _few(root, sets, **options):
        return write_samples(root, sets, per_class=2, **options)

    def test_the_menu_offers_samples_and_calls_them_synthetic(self):
        menu = self.widget.menu
        titles = {menu.itemData(at): menu.itemText(at) for at in range(menu.count())}
        self.assertEqual(titles["samples:nuclei"], "Sample (synthetic): Oocyte nuclei")
        for one in SAMPLE_SETS.values():  # as in their README.txt
            title = one.title.removesuffix(", synthetic")
            self.assertEqual(titles[f"samples:{one.name}"], f"Sample (synthetic): {title}")

    def test_unknown_samples_say_which_there_are(self):
        self._import("samples:dragons")
        self.assertIn("'dragons'", str(self.widget.Error.failed))
        self.assertIn("nuclei", str(self.widget.Error.failed))

    def test_a_cache_that_cannot_be_written_is_an_error(self):
        blocked = self.folder / "file"
        blocked.write_text("in the way")
        with patch.dict(os.environ, ORANGE_IMAGING_CACHE=str(blocked)):
            self._import("samples:nuclei")
        self.assertIn("file", str(self.widget.Error.failed))
        self.assertIsNone(self.data)


class TestFolders(ImportCase):
    def test_read_folders_are_recent_newest_first_and_failed_ones_are_not(self):
        first, second = (_fill(self.folder / name, "x.png") for name in "ab")
        for folder in (first, self.folder / "gone", second, first):
            self._import(folder)
        self.assertEqual(self.widget.recent_folders, [str(first), str(second)])
        self.assertEqual(self.widget.menu.currentText(), os.path.join(self.folder.name, "a"))
        self.assertEqual(self.widget.menu.toolTip(), str(first))

    def test_a_recent_folder_chosen_in_the_menu_is_imported(self):
        first, second = (_fill(self.folder / name, f"{name}.png") for name in "ab")
        self._import(first)
        self._import(second)
        index = self.widget.menu.findData(str(first))
        self.widget.menu.setCurrentIndex(index)
        self.widget.menu.activated.emit(index)
        self._wait()
        self.assertEqual(self.data.metas[0, 0], "a")

    def test_browse_starts_where_the_folder_is_and_imports_the_answer(self):
        self._import(_fill(self.folder / "a", "a.png"))
        other = _fill(self.folder / "b", "b.png")
        with patch.object(folder_form.QFileDialog, "getExistingDirectory",
                          return_value=str(other)) as ask:
            self.widget.folder_form.browse_button.click()
        self.assertEqual(ask.call_args[0][2], str(self.folder / "a"))
        self._wait()
        self.assertEqual(self.data.metas[0, 0], "b")
        with patch.object(folder_form.QFileDialog, "getExistingDirectory", return_value=""):
            self.widget.folder_form.browse_button.click()
        self.assertEqual(self.widget.folder, str(other))

    def test_a_saved_workflow_imports_its_folder_when_opened(self):
        _fill(self.folder, "a.png")
        self._import(self.folder)
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.assertEqual(settings["folder"], str(self.folder))
        self.assertEqual(eval(repr(settings)), settings)
        self.widget = self.create_widget(OWImportImages, stored_settings=settings)
        self._wait()
        self.assertEqual(len(self.data), 1)

    def test_a_new_widget_imports_nothing_and_says_what_to_do(self):
        self.assertIsNone(self.widget.task)
        self.assertEqual(self.widget.summary.text(),
                         "Choose a folder of pictures, or drop one here.")
        self.assertFalse(self.widget.reload_button.isEnabled())
        self.widget.import_again()
        self.assertIsNone(self.widget.task)

    def test_a_folder_that_moved_with_its_workflow_is_found(self):
        old, new = self.folder / "old", self.folder / "new"
        _fill(old / "pictures", "u/a.png")
        with patch.object(OWImportImages, "workflowEnv", lambda _: {"basedir": str(old)}):
            self._import(old / "pictures")
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.assertEqual(settings["folder_beside"], {str(old / "pictures"): "pictures"})
        shutil.move(old, new)
        with patch.object(OWImportImages, "workflowEnv", lambda _: {"basedir": str(new)}):
            self.widget = self.create_widget(OWImportImages, stored_settings=settings)
            self._wait()
        self.assertEqual(len(self.data), 1)
        self.assertEqual(self.widget.folder, str(new / "pictures"))

    def test_saving_the_workflow_beside_its_folder_remembers_the_way(self):
        self._import(_fill(self.folder / "p", "a.png"))
        self.assertEqual(self.widget.folder_beside, {})
        with patch.object(OWImportImages, "workflowEnv", lambda _: {"basedir": str(self.folder)}):
            self.widget.workflowEnvChanged("basedir", str(self.folder), None)
        self.assertEqual(self.widget.folder_beside, {str(self.folder / "p"): "p"})

    def test_a_relative_folder_starts_from_the_workflow(self):
        _fill(self.folder / "p", "a.png")
        choice = FolderChoice("p", str(self.folder))
        self.assertEqual(choice.locate(None, lambda: False), str(self.folder / "p"))

    def test_folders_elsewhere_and_samples_are_not_beside_the_workflow(self):
        here = str(self.folder)
        self.assertEqual(beside_workflow(str(self.folder / "p" / "q"), here), "p/q")
        self.assertEqual(beside_workflow(os.path.abspath(os.sep), here), "")
        self.assertEqual(beside_workflow("samples:nuclei", here), "")
        self.assertEqual(beside_workflow(here, ""), "")

    def test_a_name_that_is_not_utf8_is_kept_in_a_form_that_settings_can_hold(self):
        text = as_setting(os.fsdecode(b"/data/\xff/caf\xe9"))
        text.encode("utf-8")
        choice = FolderChoice(text)
        self.assertEqual(os.fsencode(choice.locate(None, lambda: False)), b"/data/\xff/caf\xe9")
        self.assertEqual(title_of(os.path.join(os.sep, "a", "b", "c")), os.path.join("b", "c"))


class TestDropping(ImportCase):
    def _drop(self, mime):
        self._mime = mime
        actions, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(QPoint(5, 5), actions, mime, Qt.MouseButton.LeftButton, none)
        enter.ignore()
        self.widget.dragEnterEvent(enter)
        if enter.isAccepted():
            self.widget.dropEvent(QDropEvent(QPointF(5, 5), actions, mime,
                                             Qt.MouseButton.LeftButton, none))
        return enter.isAccepted()

    def test_a_folder_dropped_on_the_widget_is_imported(self):
        folder = _fill(self.folder / "dröp #1", "a.png")
        self.assertTrue(self._drop(_mime(folder)))
        self._wait()
        self.assertEqual(self.data.name, "dröp #1")

    def test_a_dropped_file_says_that_a_folder_is_wanted(self):
        _fill(self.folder, "a.png")
        self.assertTrue(self._drop(_mime(self.folder / "a.png")))
        self._wait()
        self.assertIn("this is a file, not a folder", str(self.widget.Error.failed))

    def test_several_folders_are_imported_together(self):
        folders = [_fill(self.folder / name, f"{name}.png") for name in ("sick", "well")]
        self.assertTrue(self._drop(_mime(*folders)))
        self._wait()
        self.assertEqual(self.data.domain.class_var.values, ("sick", "well"))
        self.assertEqual(self.widget.more_folders, [str(folders[1])])

    def test_web_addresses_are_not_taken(self):
        web = QMimeData()
        web.setUrls([QUrl("https://example.org/a")])
        for mime in (web, QMimeData()):
            self.assertFalse(self._drop(mime))

    def test_the_canvas_makes_a_widget_of_a_dropped_folder_but_not_of_a_file(self):
        _fill(self.folder, "a.png")
        handler = ImportImagesDropHandler()
        self.assertEqual(handler.qualifiedName(),
                         "orangecontrib.imaging.widgets.owimportimages.OWImportImages")
        self.assertTrue(handler.canDropMimeData(None, _mime(self.folder)))
        self.assertTrue(handler.canDropMimeData(None, _mime(self.folder / "Plate.ZIP")))
        self.assertFalse(handler.canDropMimeData(None, _mime(self.folder / "a.png")))
        settings = handler.parametersFromMimeData(None, _mime(self.folder))
        self.assertEqual(settings, {"folder": str(self.folder)})
        self.widget = self.create_widget(OWImportImages, stored_settings=settings)
        self._wait()
        self.assertEqual(len(self.data), 1)


class TestReport(ImportCase):
    def test_the_report_names_folder_counts_and_what_was_left_out(self):
        _fill(self.folder, "u/a.png")
        (self.folder / "bad.png").write_bytes(b"")
        self.widget.report_items = lambda *parts: shown.append(parts)
        shown = []
        self.widget.send_report()
        self.assertEqual(shown, [])
        self._import(self.folder)
        self.process_events(lambda: self.widget.preview.notes)
        self.widget.send_report()
        self.assertEqual(shown, [
            ((("Folder", str(self.folder)),
              ("Pictures", "1 picture in 1 class: u (1). 1 file was left out."), ("Pattern of names", "none"),
              ("Read", "Shown as it is.")),),
            ("Left Out", [("bad.png", "the file is empty")])])

    def test_the_report_says_nothing_of_reading_before_the_preview_is_there(self):
        _fill(self.folder, "u/a.png")
        shown = []
        self.widget.report_items = lambda *parts: shown.append(parts)
        self._import(self.folder)
        with patch.object(type(self.widget.preview), "notes", ""):
            self.widget.send_report()
        self.assertEqual([name for name, _ in shown[0][0]], ["Folder", "Pictures", "Pattern of names"])
