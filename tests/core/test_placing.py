"""Files appear whole or not at all, whoever else writes beside them."""

import os
import threading

import pytest

from orangecontrib.imaging.core.errors import OutputError
from orangecontrib.imaging.core.placing import placed, writing


def test_two_files_written_at_once_to_one_folder_keep_their_own_contents(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    with placed(one) as first, placed(two) as second:
        first.write_text("ONE")
        second.write_text("TWO")
    assert (one.read_text(), two.read_text()) == ("ONE", "TWO")
    assert sorted(tmp_path.iterdir()) == [one, two]


def test_one_file_written_by_eight_threads_at_once_is_that_of_one_of_them(tmp_path):
    path, all_here = tmp_path / "o.npz", threading.Barrier(8, timeout=20)
    contents, failed = [bytes([number]) * 200_000 for number in range(8)], []

    def write(content):
        try:
            with placed(path) as beside, open(beside, "wb") as file:
                for start in range(0, len(content), 20_000):
                    all_here.wait()
                    file.write(content[start:start + 20_000])
        except OutputError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=[content]) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside(tmp_path):
    out = tmp_path / "o.npz"
    out.write_bytes(b"old")
    with pytest.raises(OutputError, match=r"o\.npz: cannot be written \(no space left"), placed(out) as place:
        place.write_bytes(b"half")
        raise OSError(28, "No space left on device")
    assert out.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_write_that_is_interrupted_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), placed(tmp_path / "o.npz") as place:
        place.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_file_stays_and_is_named(tmp_path):
    (tmp_path / "o.csv").mkdir()
    with pytest.raises(OutputError, match=r"o\.csv: cannot be written"), placed(tmp_path / "o.csv") as place:
        place.write_bytes(b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["o.csv"]


def test_a_file_in_the_place_of_the_folder_is_an_error_with_what_to_do(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (pytest.raises(OutputError, match=r"o\.csv: cannot be written .*Choose a folder that you may write to"),
          placed(tmp_path / "file" / "o.csv") as place):
        place.write_bytes(b"new")


def test_a_link_stays_a_link(tmp_path):
    link, target = tmp_path / "link.csv", tmp_path / "elsewhere" / "real.csv"
    target.parent.mkdir()
    link.symlink_to(target)
    with placed(link) as place:
        place.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize(("umask", "expected"), [(0o022, 0o644), (0o007, 0o660), (0o077, 0o600)])
def test_who_may_read_the_file_is_as_for_any_new_file(tmp_path, umask, expected):
    before = os.umask(umask)
    try:
        with placed(tmp_path / "o.csv") as place:
            place.write_text("new")
    finally:
        os.umask(before)
    assert (tmp_path / "o.csv").stat().st_mode & 0o777 == expected


def test_the_name_to_write_to_is_hidden_and_ends_in_small_letters(tmp_path):
    with placed(tmp_path / "O.NPZ") as place:
        assert place.parent == tmp_path
        assert place.name.startswith(".")
        assert place.suffix == ".npz"
        place.write_bytes(b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["O.NPZ"]


def test_an_error_that_is_not_the_systems_passes_unchanged(tmp_path):
    with pytest.raises(ValueError, match="mine"), writing(tmp_path):
        raise ValueError("mine")
