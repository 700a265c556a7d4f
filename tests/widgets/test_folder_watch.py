"""Import Images looks for new pictures: in the chosen folders only, and without disturbing an import."""

import os
import sys
from unittest.mock import patch

import pytest
from import_case import ImportCase

from orangecontrib.imaging.core.errors import FolderError
from orangecontrib.imaging.core.folder_walk import FileFilter
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.widgets.jobs import importing
from orangecontrib.imaging.widgets.parts.folder_watch import FolderWatch, Watched, pictures_in


class TestWatch(ImportCase):
    def setUp(self):
        super().setUp()
        self._fill("a.png")
        self.watch, self.changes, self.problems = FolderWatch(self.widget), [], []
        self.watch.changed.connect(lambda: self.changes.append(True))
        self.watch.looked.connect(self.problems.append)

    def tearDown(self):
        self.watch.stop()
        super().tearDown()

    def _look(self):
        self.watch._begin()
        self.process_events(lambda: self.watch.is_idle, timeout=20_000)

    def test_what_came_went_or_changed_since_it_was_last_seen_is_noticed_once(self):
        self.watch.watch(Watched.now([str(self.folder)], FileFilter(), lambda: False))
        self._look()
        self.assertEqual(self.changes, [])
        self._fill("b.png")
        self._look()
        self._look()
        self.assertEqual(len(self.changes), 1)
        os.utime(self.folder / "a.png", ns=(1, 1))
        self._look()
        (self.folder / "b.png").unlink()
        self._look()
        self.assertEqual(len(self.changes), 3)
        self.assertEqual(self.problems, [""] * 5)
        self.watch.stop()
        self.assertFalse(self.watch._timer.isActive())

    def test_only_the_chosen_folders_and_levels_are_looked_at(self):
        self._fill("one/a.png", "one/below/b.png", "two/c_GFP.png", "beside/d.png")
        folders = [str(self.folder / name) for name in ("one", "two")]
        found = {os.path.relpath(path, self.folder) for path, _ in pictures_in(folders, FileFilter(depth=0))}
        self.assertEqual(found, {os.path.join("one", "a.png"), os.path.join("two", "c_GFP.png")})
        self.assertEqual(len(pictures_in(folders, FileFilter(names="*_GFP*"))), 1)

    def test_a_folder_that_cannot_be_read_is_told_and_looked_at_again(self):
        with pytest.raises(FolderError, match="there is no such folder"):
            pictures_in([str(self.folder / "none")], FileFilter())
        self.watch.watch(Watched.now([str(self.folder)], FileFilter(), lambda: False))
        self.folder.rename(f"{self.folder}-away")
        self._look()
        self.assertIn("there is no such folder", self.problems[-1])
        os.rename(f"{self.folder}-away", self.folder)
        self._look()
        self.assertEqual((self.problems[-1], self.changes), ("", []))

    def test_it_looks_again_after_a_defect(self):
        def look(folders, only):
            raise ZeroDivisionError

        watch = FolderWatch(self.widget, look)
        watch.watch(Watched((str(self.folder),), FileFilter(), frozenset()))
        with patch.object(sys, "excepthook") as told:
            watch._begin()
            self.process_events(lambda: watch.is_idle, timeout=20_000)
        told.assert_called_once()
        self.assertTrue(watch._timer.isActive())
        watch.stop()


class TestFollowing(ImportCase):
    @property
    def watch(self):
        return self.widget._watch

    def _follow(self):
        self.widget.folder_form._follow.click()
        self._wait()

    def _look(self):
        self.watch._begin()
        self.process_events(lambda: self.watch.is_idle, timeout=20_000)
        self._wait()

    def test_new_pictures_are_imported_until_they_are_no_longer_wanted(self):
        self._fill("a.png")
        self._import()
        self._follow()
        self._fill("b.png")
        self._look()
        self.assertEqual(len(self.data), 2)
        self._follow()
        self.assertFalse(self.watch._timer.isActive())

    def test_what_came_during_an_import_is_imported_after_it(self):
        self._fill("a.png")
        self._import()
        self._follow()

        def scan(folder, **options):
            active.append(self.watch._timer.isActive())
            found = scan_folder(folder, **options)
            self._fill("late.png")
            return found

        active = []
        with patch.object(importing, "scan_folder", scan):
            self.widget.import_again()
            self._wait()
        self.assertEqual((len(self.data), active), (1, [False]))
        self.assertTrue(self.watch._timer.isActive())
        self._look()
        self.assertEqual(len(self.data), 2)
        self._look()
        self.assertEqual(len(self.data), 2)

    def test_several_folders_are_watched_and_not_what_lies_beside_them(self):
        self._fill("one/a.png", "two/b.png")
        self._import(self.folder / "one", self.folder / "two")
        self._follow()
        self._fill("beside/c.png")
        with patch.object(self.widget, "import_again") as again:
            self._look()
        again.assert_not_called()
        self._fill("two/d.png")
        self._look()
        self.assertEqual(len(self.data), 3)

    def test_a_folder_without_pictures_is_followed_until_they_come(self):
        self._import()
        self._follow()
        self.assertTrue(self.widget.Error.failed.is_shown())
        self._fill("first.png")
        self._look()
        self.assertEqual(len(self.data), 1)
        self.assertFalse(self.widget.Error.failed.is_shown())

    def test_a_folder_that_is_not_there_yet_is_followed_until_it_comes(self):
        self._import(self.folder / "later")
        self._follow()
        self._look()
        self.assertIn("there is no such folder", str(self.widget.Error.failed))
        self._fill("later/a.png")
        self._look()
        self.assertEqual(len(self.data), 1)
        self.assertFalse(self.widget.Error.failed.is_shown())

    def test_after_a_cancel_only_what_comes_from_then_on_is_imported(self):
        self._fill("a.png")
        self._import()
        self._follow()
        self.widget.import_again()
        self.widget.cancel_import()
        self._look()
        self.assertIsNone(self.data)
        self.assertTrue(self.widget.Information.cancelled.is_shown())
        self._fill("b.png")
        self._look()
        self.assertEqual(len(self.data), 2)

    def test_after_a_cancel_samples_are_no_folder_that_is_missing(self):
        self.widget.follows = True
        self.widget.choose("samples:cells")
        self.widget.cancel_import()
        self._look()
        self.assertFalse(self.widget.Warning.not_followed.is_shown())

    def test_a_folder_that_went_away_is_told_and_its_pictures_stay(self):
        self._fill("p/a.png")
        self._import(self.folder / "p")
        self._follow()
        (self.folder / "p").rename(self.folder / "q")
        self._look()
        self.assertIn("there is no such folder", str(self.widget.Warning.not_followed))
        self.assertEqual(len(self.data), 1)
        (self.folder / "q").rename(self.folder / "p")
        self._look()
        self.assertFalse(self.widget.Warning.not_followed.is_shown())
