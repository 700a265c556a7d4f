"""Pictures that moved are looked for on the disk, and few looks decide where."""

import os
import zipfile

import pytest

from orangecontrib.imaging.core.errors import Cancelled, WrongUse
from orangecontrib.imaging.core.moved import Place, find_place, is_there, missing_files


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_where_nothing_is_found_a_few_pictures_of_the_table_decide(tmp_path):
    for number in range(300):
        (tmp_path / f"{number}").mkdir()
    looks = []
    paths = [f"/old/of/mine/plate 1/{number}.png" for number in range(20_000)]
    assert find_place(paths, str(tmp_path), exists=lambda path: bool(looks.append(path))) is None
    assert len(looks) == (1 + 300 + 3) * 4 * 5 + 200
    assert {os.path.basename(path) for path in looks[:-200]} == {f"{number}.png" for number in range(0, 20_000, 4000)}


def test_the_folder_with_most_pictures_is_found_among_others_that_hold_some(tmp_path):
    names = [f"{number}.png" for number in range(40)]
    put(tmp_path, *(f"copy/{name}" for name in names[:20]), *(f"new/{name}" for name in names), "other/0.png")
    assert find_place([f"/old/{name}" for name in names], str(tmp_path)) == Place("/old", str(tmp_path / "new"))


def test_pictures_are_found_of_which_the_first_are_gone(tmp_path):
    put(tmp_path, *(f"{number}.png" for number in range(900, 2000)))
    paths = ["", "https://example.org/a.png", *(f"/old/{number}.png" for number in range(2000))]
    assert find_place(paths, str(tmp_path)) == Place("/old", str(tmp_path))


def test_a_folder_with_a_few_of_the_lost_files_is_not_theirs(tmp_path):
    put(tmp_path, *(f"{number}.png" for number in range(0, 40, 4)))
    assert find_place([f"/old/{number}.png" for number in range(40)], str(tmp_path)) is None


def test_of_files_that_are_partly_where_they_were_the_others_are_found(tmp_path):
    put(tmp_path, *(f"kept/{number}.png" for number in range(30)), *(f"new/{number}.png" for number in range(30, 40)))
    paths = [*(str(tmp_path / f"kept/{number}.png") for number in range(30)),
             *(f"/old/{number}.png" for number in range(30, 40))]
    assert find_place(paths[::-1], str(tmp_path / "new")) == Place("/old", str(tmp_path / "new"))


def test_folders_that_hold_files_of_the_same_names_are_not_chosen_between(tmp_path):
    put(tmp_path, *(f"plate {plate}/{number}.png" for plate in (1, 2) for number in range(9)))
    names = [f"{number}.png" for number in range(9)]
    with pytest.raises(WrongUse, match=r"lie in .*plate 1 and in .*plate 2\. Choose one of them\."):
        find_place(names, str(tmp_path))
    assert find_place(names, str(tmp_path / "plate 2")) == Place("", str(tmp_path / "plate 2"))
    put(tmp_path, "plate 2/9.png")
    assert find_place([*names, "9.png"], str(tmp_path)) == Place("", str(tmp_path / "plate 2"))


def test_files_named_on_windows_are_found_on_other_systems(tmp_path):
    put(tmp_path, "wt/1.png", "wt/2.png")
    paths = ["C:/data/screen/wt/1.png", "C:/data/screen/wt/2.png"]
    place = find_place(paths, str(tmp_path))
    assert list(map(place.path, paths)) == [str(tmp_path / "wt" / name) for name in ("1.png", "2.png")]


def test_a_search_can_be_cancelled(tmp_path):
    with pytest.raises(Cancelled):
        find_place(["/old/a.png"], str(tmp_path), cancelled=lambda: True)


def test_no_pictures_lie_nowhere(tmp_path):
    assert find_place([], str(tmp_path)) is None


def test_pictures_in_zip_files_and_channels_in_files_of_their_own_are_there(tmp_path):
    put(tmp_path, "w1.tif", "w2.tif", "a|b.png")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as opened:
        opened.writestr("a.png", b"x")
    there = [str(tmp_path / name) for name in ("w1.tif", "a|b.png", "z.zip/a.png")]
    there.append(f"{tmp_path / 'w1.tif'}|{tmp_path / 'w2.tif'}")
    gone = [str(tmp_path / "none.zip/a.png"), f"{tmp_path / 'w1.tif'}|{tmp_path / 'w3.tif'}"]
    assert [is_there(path) for path in [*there, *gone]] == [True] * 4 + [False] * 2
    assert missing_files([*there, *gone, "", "https://example.org/a.png"]) == (2, True)


def test_of_many_files_some_are_looked_at_wherever_they_stand_in_the_table(tmp_path):
    put(tmp_path, "a.png")
    there, web = str(tmp_path / "a.png"), "https://example.org/a.png"
    gone = [f"/nowhere/{number}.png" for number in range(4000)]
    assert missing_files(gone) == (200, False)
    assert missing_files([there] * 1000 + gone) == (160, False)
    assert missing_files([web] * 4000 + gone[:1000]) == (200, False)
    assert missing_files([web] * 4000 + gone[:7]) == (7, True)
    assert missing_files([there] * 4000) == (0, False)


def test_a_relative_path_is_missing_wherever_this_program_was_started(tmp_path, monkeypatch):
    put(tmp_path, "a.png")
    monkeypatch.chdir(tmp_path)
    assert missing_files(["a.png", str(tmp_path / "a.png")]) == (1, True)


def test_pictures_that_were_moved_back_are_where_their_paths_say(tmp_path):
    put(tmp_path, "old/a.png", "old/b.png")
    paths = [str(tmp_path / "old" / name) for name in ("a.png", "b.png")]
    place = find_place(paths, str(tmp_path / "old"))
    assert list(map(place.path, paths)) == paths


def test_a_zip_file_that_moved_is_found(tmp_path):
    (tmp_path / "new").mkdir()
    with zipfile.ZipFile(tmp_path / "new" / "z.zip", "w") as opened:
        opened.writestr("a/1.png", b"x")
    place = find_place([str(tmp_path / "old" / "z.zip" / "a" / "1.png")], str(tmp_path))
    assert place == Place(str(tmp_path / "old"), str(tmp_path / "new"))
