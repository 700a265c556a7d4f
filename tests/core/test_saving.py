"""Pictures are written whole or not at all; what was there stays; one bad picture costs itself alone."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
import tifffile
from made import encoded, pixels, write_pictures
from PIL import Image
from slides import colourful, needs_slides, write_slide

from orangecontrib.imaging.core import save_space, saving
from orangecontrib.imaging.core.catalogue import find_network
from orangecontrib.imaging.core.errors import OutputError, WrongUse
from orangecontrib.imaging.core.images import probe_image, read_image
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.placing import placed
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.save_plan import Form, Wanted, plan_saving
from orangecontrib.imaging.core.save_space import Needed, check_room, needed_bytes
from orangecontrib.imaging.core.saving import Saved, Written, check_folder, lies_within, list_folder, save_pictures
from orangecontrib.imaging.core.thumbnails import read_thumbnail
from orangecontrib.imaging.core.tiles import TilePlace

COPY = Form()


def save(wanted, folder, form=COPY, if_exists="number", reading=Reading(), **more):
    plan = plan_saving(wanted, form, if_exists, list_folder(str(folder)))
    return save_pictures(plan, str(folder), form, reading, **more)


def wants(paths, **more):
    return [Wanted(row, str(path), **more) for row, path in enumerate(paths)]


def tree(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if not path.is_dir())


def state(path):
    found = os.stat(path)
    return Path(path).read_bytes(), found.st_mtime_ns, found.st_ino


@pytest.fixture
def pictures(tmp_path):
    return write_pictures(tmp_path / "in", 4)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def read(path):
    return np.asarray(Image.open(path))


def test_copies_are_the_same_bytes_with_the_same_time_in_their_sub_folders(pictures, out):
    os.utime(pictures[0], ns=(10**18, 10**18 + 5 * 10**8))
    found = save([Wanted(row, path, ("SN", str(row % 2))) for row, path in enumerate(pictures)], out)
    assert tree(out) == ["SN/0/0.png", "SN/0/2.png", "SN/1/1.png", "SN/1/3.png"]
    for one, path in zip(found.written, pictures, strict=True):
        assert Path(one.path).read_bytes() == Path(path).read_bytes()
        assert one.bytes == os.path.getsize(path)
        assert one.action == "new"
    assert os.stat(out / "SN/0/0.png").st_mtime_ns == 10**18 + 5 * 10**8
    assert (found.folder, found.skipped, found.stopped) == (str(out), (), "")


def test_the_folder_that_is_there_loses_nothing(pictures, out):
    save(wants(pictures), out)
    (out / "notes.txt").write_text("mine")
    before = {name: state(out / name) for name in tree(out)}
    for if_exists, count in (("number", 9), ("skip", 9), ("number", 13)):
        save(wants(pictures), out, if_exists=if_exists)
        assert {name: state(out / name) for name in before} == before
        assert len(tree(out)) == count
    assert "0 (3).png" in tree(out)


def test_files_are_replaced_only_when_told_and_no_others(pictures, out):
    save(wants(pictures[:1]), out)
    (out / "notes.txt").write_text("mine")
    other = write_pictures(out.parent / "other", 1, seed=5)
    found = save(wants(other), out, if_exists="replace")
    assert (out / "0.png").read_bytes() == Path(other[0]).read_bytes()
    assert [one.action for one in found.written] == ["replaced"]
    assert tree(out) == ["0.png", "notes.txt"]


def test_a_picture_that_is_being_saved_is_never_replaced_by_itself_or_another(pictures):
    folder = Path(pictures[0]).parent
    before = {name: state(folder / name) for name in tree(folder)}
    swapped = [Wanted(0, pictures[0], name="1"), Wanted(1, pictures[1], name="0"), Wanted(2, pictures[2])]
    found = save(swapped, folder, if_exists="replace")
    assert {name: state(folder / name) for name in tree(folder)} == before
    assert len(found.skipped) == 3
    assert "one of the very pictures" in found.skipped[0].reason


def test_nor_under_another_name_of_the_same_file(pictures, out):
    out.mkdir()
    os.link(pictures[0], out / "0.png")
    before = state(pictures[0])
    found = save(wants(pictures[:1]), out, Form("jpeg"), if_exists="replace")
    assert [one.path for one in found.written] == [str(out / "0.jpg")]
    assert save(wants(pictures[:1]), out, if_exists="replace").written == ()
    assert state(pictures[0]) == before


def test_nor_where_a_file_system_numbers_no_files(pictures):
    really, folder = os.stat, Path(pictures[0]).parent

    def unnumbered(path, **options):
        found = really(path, **options)
        return os.stat_result((found.st_mode, 0, *found[2:]), {"st_atime_ns": 0, "st_mtime_ns": 0})
    other = write_pictures(folder.parent / "other", 1, seed=5)
    (folder / "new.png").write_bytes(b"old")
    with patch("os.stat", unnumbered):
        found = save([Wanted(0, other[0], name="new"), Wanted(1, pictures[1])], folder, if_exists="replace")
    assert [one.row for one in found.written] == [0]
    assert "one of the very pictures" in found.skipped[0].reason


def test_nothing_is_written_through_links(pictures, out, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    out.mkdir()
    (out / "SN").symlink_to(elsewhere)
    (out / "1.png").symlink_to(elsewhere / "new.png")
    for if_exists in ("number", "skip", "replace"):
        save([Wanted(0, pictures[0], ("SN",)), Wanted(1, pictures[1])], out, if_exists=if_exists)
        assert tree(elsewhere) == []
    # a link that comes after the plan
    plan = plan_saving([Wanted(0, pictures[0], ("late",))], Form(), "number", list_folder(str(out)))
    (out / "late").symlink_to(elsewhere)
    assert "a link to another place" in save_pictures(plan, str(out), Form()).skipped[0].reason
    assert tree(elsewhere) == []


def test_a_file_that_comes_after_the_plan_stays(pictures, out):
    plan = plan_saving(wants(pictures[:1]), Form(), "number", list_folder(str(out)))
    out.mkdir()
    (out / "0.png").write_bytes(b"mine")
    found = save_pictures(plan, str(out), Form())
    assert (out / "0.png").read_bytes() == b"mine"
    assert tree(out) == ["0.png"]
    assert found.skipped[0].reason == "another file of this name has come in the meantime"


def test_nor_does_one_go_that_comes_while_a_copy_is_written(pictures, out):
    really = saving._copy

    def slow(source, target, check_stop):
        really(source, target, check_stop)
        (out / "0.png").write_bytes(b"mine")
    with patch.object(saving, "_copy", slow):
        found = save(wants(pictures[:1]), out)
    assert (out / "0.png").read_bytes() == b"mine"
    assert (found.written, tree(out)) == ((), ["0.png"])


def test_a_file_that_comes_while_another_is_written_beside_it_stays(tmp_path):
    path = tmp_path / "a.png"
    with pytest.raises(OutputError) as caught, placed(path, replaces=False) as beside:
        beside.write_bytes(b"new")
        path.write_bytes(b"mine")
    assert isinstance(caught.value.__cause__, FileExistsError)
    assert path.read_bytes() == b"mine"
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("there", [False, True])
def test_a_disk_without_hard_links_does_the_same(tmp_path, there):
    path = tmp_path / "a.png"
    if there:
        path.write_bytes(b"mine")
    refused = patch("os.link", side_effect=OSError(errno.EPERM, "Operation not permitted"))
    with refused, (pytest.raises(OutputError) if there else patch("os.sep", os.sep)), \
            placed(path, replaces=False) as beside:
        beside.write_bytes(b"new")
    assert path.read_bytes() == (b"mine" if there else b"new")
    assert os.listdir(tmp_path) == ["a.png"]


def test_unreadable_pictures_cost_themselves_alone(pictures, out, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    paths = [pictures[0], tmp_path / "gone.png", tmp_path / "text.png", "", pictures[1]]
    found = save(wants(paths), out, Form("png"))
    assert tree(out) == ["0.png", "1.png"]
    assert [one.row for one in found.written] == [0, 4]
    assert [(one.row, one.reason) for one in found.skipped] == [
        (1, "there is no such file"), (2, "not a picture of a kind that is read here"), (3, "no file is named")]
    found = save(wants(paths), out / "copies")
    assert [one.row for one in found.skipped] == [1, 3]  # a copy asks for no picture


def test_a_member_of_a_zip_file_is_unpacked(out, tmp_path):
    data = encoded(pixels(), "PNG")
    with zipfile.ZipFile(tmp_path / "plate.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("A01/1.png", data)
    found = save(wants([tmp_path / "plate.zip" / "A01" / "1.png"]), out)
    assert (out / "1.png").read_bytes() == data
    assert found.written[0].bytes == len(data)


def test_files_of_channels_are_all_copied_and_the_row_names_all(pictures, out):
    one = Wanted(7, "|".join(pictures[:2]), is_joined=True)
    written, = save([one], out).written
    assert written.path == f"{out / '0.png'}|{out / '1.png'}"
    assert written.bytes == sum(map(os.path.getsize, pictures[:2]))
    assert tree(out) == ["0.png", "1.png"]


def test_files_of_channels_come_all_or_none(pictures, out, tmp_path):
    one = Wanted(7, "|".join([*pictures[:2], str(tmp_path / "gone.png")]), is_joined=True)
    found = save([one], out)
    assert (found.written, tree(out)) == ((), [])
    assert found.skipped[0].reason == "there is no such file"


def test_a_disk_that_is_full_with_the_last_channel_keeps_none_of_them(pictures, out):
    really = saving._copy

    def full(source, target, check_stop):
        really(source, target, check_stop)
        if source == pictures[2]:
            raise OSError(errno.ENOSPC, "No space left on device")
    with patch.object(saving, "_copy", full):
        found = save([Wanted(0, "|".join(pictures[:3]), is_joined=True)], out)
    assert (found.stopped, tree(out)) == (f"The disk of {out} is full.", [])


def with_arrival(name, content=b"another's"):
    """Copies as usual; as the last channel is copied, a file of this name arrives."""
    really = saving._copy

    def copy(source, target, check_stop):
        really(source, target, check_stop)
        if source.endswith("1.png"):
            name.write_bytes(content)
    return patch.object(saving, "_copy", copy)


@pytest.mark.parametrize("arrived", ["0.png", "1.png"])
def test_a_file_that_arrives_in_the_place_of_one_channel_keeps_all_of_them_away(pictures, out, arrived):
    with with_arrival(out / arrived):
        found = save([Wanted(0, "|".join(pictures[:2]), is_joined=True)], out)
    assert (found.written, tree(out)) == ((), [arrived])
    assert (out / arrived).read_bytes() == b"another's"
    assert found.skipped[0].reason == "another file of this name has come in the meantime"


def test_a_channel_that_has_replaced_a_file_when_the_next_one_fails_stays_and_is_named(pictures, out):
    out.mkdir()
    (out / "1.png").write_bytes(b"old")
    with with_arrival(out / "0.png"):
        found = save([Wanted(0, "|".join(pictures[:2]), is_joined=True)], out, if_exists="replace")
    assert (found.written, tree(out)) == ((), ["0.png", "1.png"])
    assert (out / "0.png").read_bytes() == b"another's"
    assert (out / "1.png").read_bytes() == Path(pictures[1]).read_bytes()
    assert found.skipped[0].reason == ("another file of this name has come in the meantime; before that '1.png' was "
                                       "replaced, and the new file stays")


def test_a_channel_that_cannot_be_taken_back_is_named(pictures, out):
    really = Path.unlink

    def unlink(path, **options):
        if path == out / "1.png":
            raise PermissionError(errno.EACCES, "Permission denied")
        really(path, **options)
    with with_arrival(out / "0.png"), patch.object(Path, "unlink", unlink):
        found = save([Wanted(0, "|".join(pictures[:2]), is_joined=True)], out)
    assert found.skipped[0].reason.endswith("; before that '1.png' was written, and it could not be removed")
    assert tree(out) == ["0.png", "1.png"]


def test_only_our_own_file_is_taken_back(pictures, out):
    really = os.link

    def link(source, target):
        if Path(target).name == "0.png":  # the last to be moved
            (out / "1.png").unlink()
            (out / "1.png").write_bytes(b"mine")
            raise FileExistsError(target)
        really(source, target)
    with patch("os.link", link):
        found = save([Wanted(0, "|".join(pictures[:2]), is_joined=True)], out)
    assert (found.written, tree(out)) == ((), ["1.png"])
    assert (out / "1.png").read_bytes() == b"mine"


@pytest.mark.parametrize(("format", "name"), [("png", "0.png"), ("tiff", "0.tif")])
def test_a_deep_stack_is_written_as_it_is_read(out, tmp_path, format, name):
    stack = np.random.default_rng(1).integers(100, 40_000, (3, 30, 41), dtype=np.uint16)
    path = tmp_path / "0.tif"
    tifffile.imwrite(path, stack, metadata={"axes": "ZYX"}, imagej=True)
    reading = Reading(projection="plane", z=1)
    save(wants([path]), out, Form(format), reading=reading)
    assert np.array_equal(read(out / name), read_image(path, reading).pixels)


def test_jpeg_obeys_its_quality_and_keeps_colours(pictures, out):
    small, large = (save(wants(pictures[:1]), out, Form("jpeg", quality=quality)).written[0] for quality in (20, 95))
    assert small.bytes < large.bytes
    original = read(pictures[0]).astype(int)
    far = [abs(read(one.path).astype(int) - original).mean() for one in (large, small)]
    assert far[0] < 4
    assert far[0] < far[1] < 30


def test_a_longest_side_makes_smaller_and_never_larger(pictures, out):
    found = save(wants(pictures[:1]), out, Form("png", size="longest", longest_px=25))
    assert np.array_equal(read(found.written[0].path), read_thumbnail(pictures[0], 25).pixels)
    assert read(found.written[0].path).shape == (20, 25, 3)
    found = save(wants(pictures[:1]), out, Form("png", size="longest", longest_px=500))
    assert read(found.written[0].path).shape == (40, 50, 3)


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
def test_as_a_network_sees_it_is_what_preprocessing_gives(pictures, out, fit):
    pytest.importorskip("torch", reason="needs torch")
    from orangecontrib.imaging.core.preprocess import fit as fit_to
    found = save(wants(pictures[:2]), out, Form("png", size="network", network="squeezenet", fit=fit))
    for one, path in zip(found.written, pictures):
        tensor, = fit_to(read_image(path).pixels, find_network("squeezenet"), Options(fit=fit))
        assert np.array_equal(read(one.path), tensor.permute(1, 2, 0).numpy())


def test_an_unknown_network_is_named_before_anything_is_written(pictures, out):
    with pytest.raises(WrongUse, match="'nonet' is not a network"):
        save(wants(pictures), out, Form("png", size="network", network="nonet"))
    assert not out.exists()


@pytest.mark.parametrize("size", [(70_000, 2), (65_501, 1), (1, 65_535)])
def test_what_no_jpeg_holds_is_left_out(out, tmp_path, size):
    Image.new("L", size).save(tmp_path / "long.png")
    found = save(wants([tmp_path / "long.png"]), out, Form("jpeg"))
    assert "which no JPEG file holds" in found.skipped[0].reason
    assert tree(out.parent) == ["long.png"]


def test_the_longest_that_a_jpeg_holds_is_written(out, tmp_path):
    Image.new("L", (65_500, 1)).save(tmp_path / "long.png")
    assert read(save(wants([tmp_path / "long.png"]), out, Form("jpeg")).written[0].path).shape == (1, 65_500, 3)


def test_a_picture_that_cannot_be_encoded_costs_itself_alone(pictures, out):
    really = Image.Image.save

    def refusing(image, target, kind, **options):
        if image.getpixel((0, 0)) == Image.open(pictures[1]).getpixel((0, 0)):
            raise OSError("encoder error -2")
        really(image, target, kind, **options)
    with patch.object(Image.Image, "save", refusing):
        found = save(wants(pictures[:3]), out, Form("png"))
    assert tree(out) == ["0.png", "2.png"]
    assert [(one.row, one.reason) for one in found.skipped] == [(1, "it cannot be written as PNG (encoder error -2)")]


def test_cancelling_leaves_whole_files_only(out, tmp_path):
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(40 << 20))
    paths = write_pictures(tmp_path / "in", 2)
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > 6
    with patch.object(saving, "_AT_ONCE", 1):
        found = save(wants([paths[0], large, paths[1]]), out, cancelled=cancelled)
    assert found.stopped == "Saving was cancelled."
    assert tree(out) == ["0.png"]
    assert [one.row for one in found.written] == [0]
    assert [(one.row, one.reason) for one in found.skipped] == [
        (1, "not saved: Saving was cancelled"), (2, "not saved: Saving was cancelled")]


def test_a_full_disk_ends_it_and_what_was_written_stays_whole(pictures, out):
    really, calls = saving._copy, []

    def full(source, target, check_stop):
        calls.append(source)
        if len(calls) > 2:
            Path(target).write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        really(source, target, check_stop)
    with patch.object(saving, "_copy", full), patch.object(saving, "_AT_ONCE", 1):
        found = save(wants(pictures), out)
    assert found.stopped == f"The disk of {out} is full."
    assert tree(out) == ["0.png", "1.png"]
    assert [one.row for one in found.written] == [0, 1]
    assert [one.reason for one in found.skipped] == ["not saved: its disk is full",
                                                     f"not saved: The disk of {out} is full"]
    assert len(calls) == 3


def test_a_disk_with_too_little_room_is_refused_before_with_both_numbers(pictures, out):
    plan = plan_saving(wants(pictures), Form(), "number", list_folder(str(out)))
    needed = needed_bytes(plan, Form())
    assert needed == Needed(sum(map(os.path.getsize, pictures)), 0)
    check_room(plan, needed, str(out))
    with pytest.raises(OutputError, match="Saving these 4 pictures needs .* GB in .*out, where .* are free"):
        check_room(plan, Needed(10**18, 0), str(out))


def test_a_guess_that_may_be_too_high_only_warns(pictures, out):
    plan = plan_saving(wants(pictures), Form("png"), "number", list_folder(str(out)))
    with patch("shutil.disk_usage", return_value=SimpleNamespace(free=1 << 30)):
        check_room(plan, Needed(0, 3 << 30), str(out))
        assert Needed(0, 3 << 30).is_tight(1 << 30)
        assert not Needed(0, 900 << 20).is_tight(1 << 30)
        with pytest.raises(OutputError, match=r"needs 1\.1 GB"):
            check_room(plan, Needed(0, 4 << 30), str(out))


def test_a_size_that_was_chosen_before_has_no_part_in_copies(pictures, out):
    form = Form(size="network", network="nonet", longest_px=16)
    assert (form.made, Form("jpeg").made) == (Form("png"), Form("jpeg"))
    plan = plan_saving(wants(pictures), form, "number", list_folder(str(out)))
    assert needed_bytes(plan, form).made == 0
    assert len(save_pictures(plan, str(out), form).written) == 4


def test_no_more_headers_are_read_than_a_guess_needs_and_none_once_it_is_stopped(pictures, out):
    plan = plan_saving(wants(pictures[:1] * 79), Form("png"), "number", list_folder(str(out)))
    looked = []
    really = save_space.probe_image

    def probe(path, *arguments, **more):
        looked.append(path)
        return really(path, *arguments, **more)
    with patch.object(save_space, "probe_image", probe):
        whole = needed_bytes(plan, Form("png"))
        assert len(looked) == 40
        looked.clear()
        assert needed_bytes(plan, Form("png"), cancelled=lambda: len(looked) > 2) == whole  # all are of one size
        assert len(looked) == 3
        looked.clear()
        asked = iter([False] * 79)
        assert needed_bytes(plan, Form("png"), cancelled=lambda: next(asked, True)) == Needed(0, 0)
    assert looked == []


def test_a_header_that_promises_too_many_pixels_needs_no_room(tmp_path, out):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((1, 1), np.uint8))
    plan = plan_saving(wants([tmp_path / "a.tif"]), Form("png"), "number", list_folder(str(out)))
    info = probe_image(str(tmp_path / "a.tif"))
    with patch.object(save_space, "probe_image", return_value=replace(info, width=10**6, height=10**6)):
        assert needed_bytes(plan, Form("png")) == Needed(0, 0)


@pytest.mark.parametrize("form", [Form("png"), Form("jpeg"), Form("tiff"), Form("png", size="longest", longest_px=30),
                                  Form("png", size="network", network="squeezenet")])
def test_the_guess_of_what_is_needed_is_enough_and_not_far_off(tmp_path, out, form):
    paths = write_pictures(tmp_path / "in", 6, size=(200, 300))
    plan = plan_saving(wants(paths), form, "number", list_folder(str(out)))
    written = sum(one.bytes for one in save_pictures(plan, str(out), form).written)
    assert written <= needed_bytes(plan, form).most <= 4 * written


def test_folders_that_cannot_be_written_to_are_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"file is a file\. Choose a folder\."):
        check_folder(str(tmp_path / "file"))
    with pytest.raises(OutputError, match="nor the one above it"):
        check_folder(str(tmp_path / "a" / "b"))
    with patch("os.access", return_value=False), pytest.raises(OutputError, match="you may not write to this folder"):
        check_folder(str(tmp_path))
    check_folder(str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_folder_in_that_of_the_pictures_is_noticed_also_through_links(tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    assert lies_within(str(tmp_path / "link" / "sub"), str(tmp_path / "in"))
    assert lies_within(str(tmp_path / "in"), str(tmp_path / "in"))
    assert not lies_within(str(tmp_path / "in2"), str(tmp_path / "in"))


def test_progress_counts_rows_in_the_thread_that_asked(pictures, out):
    told = []
    save(wants(pictures), out, on_progress=lambda *counts: told.append((*counts, threading.current_thread())))
    assert told == [(done, 4, threading.main_thread()) for done in (1, 2, 3, 4)]


def test_a_folder_of_another_kind_of_disk_is_listed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_text("")
    (tmp_path / "c").symlink_to(tmp_path / "nowhere")
    listing = list_folder(str(tmp_path))
    assert (listing(""), listing("x"), listing("b")) == ({"a": "folder", "b": "file", "c": "link"}, {}, {})


def test_nothing_that_is_killed_leaves_half_a_file(pictures, out, tmp_path):
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(8 << 20))
    program = ("import sys, time\nfrom orangecontrib.imaging.core import saving\n"
               "from orangecontrib.imaging.core.save_plan import *\n"
               "really = saving._piece\n"
               "def slow(source, read):\n    time.sleep(.05)\n    return really(source, read)\n"
               "saving._piece = slow\n"
               "wanted = [Wanted(row, sys.argv[1], name=str(row)) for row in range(100)]\n"
               "plan = plan_saving(wanted, Form(), 'number', saving.list_folder(sys.argv[2]))\n"
               "saving.save_pictures(plan, sys.argv[2], Form())\n")
    with subprocess.Popen([sys.executable, "-P", "-c", program, str(large), str(out)]) as child:
        until = time.monotonic() + 60
        while time.monotonic() < until and not (out.exists() and any(out.glob("[0-9]*"))):
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    saved = list(out.glob("[0-9]*.bin"))
    assert saved
    assert all(path.read_bytes() == large.read_bytes() for path in saved)


@needs_slides
@pytest.mark.parametrize("form", [Form(), Form("png")])
def test_a_tile_of_a_slide_is_written_as_png_with_its_own_pixels(out, tmp_path, form):
    values = colourful(600, 700)
    slide = write_slide(tmp_path / "in" / "s.svs", values)
    tile = TilePlace(slide, 256, 256, 0)
    found = save(wants([tile.path]), out, form)
    assert tree(out) == ["s tile 256 at 256,0.png"]
    assert np.array_equal(read(found.written[0].path), read_image(tile.path).pixels)
    assert not found.are_copies


def test_only_what_is_all_copied_is_read_as_its_originals():
    recipe = Reading(contrast="range", ranges=((50, 150),))
    copy, made = Written(0, "/out/a.tif", 7, "new", copies=True), Written(1, "/out/b.png", 7, "new", copies=False)
    for written, reading in (((copy, copy), recipe), ((made,), Reading()), ((copy, made), Reading())):
        assert Saved("/out", written, ()).reading(recipe) == reading


def test_a_link_that_comes_after_the_plan_is_not_replaced(pictures, out):
    out.mkdir()
    (out / "0.png").write_bytes(b"old")
    plan = plan_saving(wants(pictures[:1]), Form(), "replace", list_folder(str(out)))
    (out / "0.png").unlink()
    (out / "0.png").symlink_to(pictures[1])
    before = state(pictures[1])
    assert save_pictures(plan, str(out), Form()).skipped[0].reason == "0.png: a link, which is not replaced"
    assert state(pictures[1]) == before


def test_a_disk_that_fails_while_a_picture_is_read_is_told_of_that_picture(pictures, out):
    with patch.object(saving, "stream_file") as opened:
        opened.return_value.__enter__.return_value.read.side_effect = OSError(errno.EIO, "Input/output error")
        found = save(wants(pictures[:1]), out)
    assert (found.skipped[0].reason, tree(out)) == ("input/output error", [])


def test_a_picture_that_memory_cannot_hold_costs_itself_alone(pictures, out):
    really = saving.PictureWriter.encoded

    def encoded(writer, path):
        if path == pictures[1]:
            raise MemoryError
        return really(writer, path)
    with patch.object(saving.PictureWriter, "encoded", encoded):
        found = save(wants(pictures[:3]), out, Form("png"))
    assert tree(out) == ["0.png", "2.png"]
    assert [one.row for one in found.skipped] == [1]
    assert "memory" in found.skipped[0].reason


def test_a_name_that_no_folder_can_have_is_told_in_a_sentence():
    with pytest.raises(OutputError, match="no folder can have this name. Choose another one."):
        list_folder("/a\0b")("")


def test_names_of_which_no_file_system_folder_can_be_lie_nowhere():
    assert not lies_within("/a\0b", "/a")


def test_only_what_was_looked_at_counts_when_the_guess_is_stopped(pictures, out):
    plan = plan_saving(wants(pictures), Form(), "number", list_folder(str(out)))
    assert needed_bytes(plan, Form(), cancelled=lambda: True) == Needed(0, 0)
