"""A file that does not fit is refused with what it needs and what is free."""

import errno
import shutil
from collections import namedtuple
from pathlib import PureWindowsPath

import pytest

from orangecontrib.imaging.core.errors import OutputError
from orangecontrib.imaging.core.space import check_space, free_bytes, size_text, writing_much

MB = 2**20
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def free(monkeypatch):
    """Says what is free from now on; the folders that were asked about."""
    asked = []

    def set_free(count):
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: asked.append(folder) or Usage(0, 0, count))
        return asked
    return set_free


@pytest.mark.parametrize(("size", "text"), [
    (0, "0.0 kB"), (1023, "1.0 kB"), (999 * 1024, "999 kB"), (1000 * 1024, "1.0 MB"), (9.9 * MB, "9.9 MB"),
    (9.96 * MB, "10 MB"), (999 * MB, "999 MB"), (1024 * MB, "1.0 GB"), (5000 * 1024 * MB, "5000 GB")])
def test_sizes_are_told_in_two_digits_or_more(size, text):
    assert size_text(size) == text


def test_what_fits_exactly_is_let_through_and_a_byte_more_is_refused(free, tmp_path):
    free(20 * MB)
    check_space("Toy", 20 * MB, tmp_path)
    with pytest.raises(OutputError) as caught:
        check_space("Toy", 20 * MB + 1, tmp_path)
    assert str(caught.value) == (f"Toy needs 20 MB in {tmp_path}, where 20 MB are free. Free some space there, or "
                                 "choose another folder.")


def test_a_folder_that_is_not_there_yet_has_the_space_of_the_one_it_will_be_in(free, tmp_path):
    asked = free(7)
    assert free_bytes(tmp_path / "a" / "b") == 7
    assert asked == [tmp_path]


@pytest.mark.parametrize(("folder", "drive"), [("Z:\\a\\b", "Z:\\"), ("\\\\srv\\share\\a", "\\\\srv\\share\\")])
def test_a_drive_that_is_not_there_is_named(folder, drive):
    class Absent(PureWindowsPath):
        def exists(self):
            return False

    with pytest.raises(OutputError) as caught:
        free_bytes(Absent(folder))
    assert str(caught.value) == (f"{drive}: there is no such drive or network share. Connect it, or choose another "
                                 "folder.")


def test_a_system_that_does_not_tell_is_named(monkeypatch, tmp_path):
    def refuse(folder):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    with pytest.raises(OutputError, match=r"input/output error"):
        free_bytes(tmp_path)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_runs_full_is_told_like_one_that_was_full(free, tmp_path, number):
    free(3 * MB)
    with pytest.raises(OutputError, match=r"^Toy needs 104 MB in .*, where 3.0 MB are free\. "), writing_much(
            "Toy", 104 * MB, tmp_path / "o.pth"):
        raise OSError(number, "no")


def test_other_refusals_keep_their_reason(tmp_path):
    with pytest.raises(OutputError, match=r"o\.pth: cannot be written \(permission denied\)"), writing_much(
            "Toy", 1, tmp_path / "o.pth"):
        raise PermissionError(errno.EACCES, "Permission denied")
