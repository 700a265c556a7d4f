"""Files that are the channels of one picture become one row, and one picture."""

import numpy as np
import pytest
import tifffile
from made import encoded, pixels

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import UnreadableImage, WrongUse
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.images import probe_image, read_image
from orangecontrib.imaging.core.name_patterns import parse_pattern
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.store import Store, file_state, file_written

PATTERN = parse_pattern("{well:well}_w{channel}")
JOINED = Reading(joined=True)


def put(folder, name, seed=0, **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 4000, (20, 30)).astype(np.uint16)
    tifffile.imwrite(path, options.pop("values", values), **options)
    return path


def test_files_that_differ_in_their_channel_alone_are_one_picture(tmp_path):
    for well in ("A01", "A02"):
        for channel in (1, 2, 10):
            put(tmp_path, f"drug/{well}_w{channel}.tif", seed=channel)
    scan = scan_folder(tmp_path, channels=PATTERN)
    assert scan.channels == ("channel 1", "channel 2", "channel 10")
    assert [image.name for image in scan.images] == [
        f"drug/{well}_w1.tif|drug/{well}_w2.tif|drug/{well}_w10.tif" for well in ("A01", "A02")]
    assert [image.category for image in scan.images] == ["drug", "drug"]
    info = scan.images[0].info
    assert (info.channels, info.width, info.height, info.bits) == (3, 30, 20, 16)
    assert info.bytes == sum((tmp_path / f"drug/A01_w{channel}.tif").stat().st_size for channel in (1, 2, 10))


def test_what_cannot_be_joined_is_left_out_with_its_reason(tmp_path):
    for name in ("A01_w1", "A01_w2", "A02_w1", "overview", "b/A01_w1", "b/A01_w2"):
        put(tmp_path, f"{name}.tif")
    put(tmp_path, "A01_w1.tiff")
    put(tmp_path, "A|1_w1.tif")
    scan = scan_folder(tmp_path, channels=PATTERN)
    assert [image.name for image in scan.images] == ["A01_w1.tif|A01_w2.tif", "b/A01_w1.tif|b/A01_w2.tif"]
    reasons = {str(one.path).removeprefix(f"{tmp_path}/"): one.reason for one in scan.skipped}
    assert reasons == {
        "A02_w1.tif": "the file of channel 2 is missing",
        "overview.tif": "its name does not fit the pattern {well:well}_w{channel}",
        "A01_w1.tiff": "a second file of channel 1, beside A01_w1.tif",
        "A|1_w1.tif": "a path with | in it cannot be joined; rename the file or the folder"}


def test_files_below_a_folder_with_the_joining_letter_in_its_name_are_refused_with_the_reason(tmp_path):
    folder = tmp_path / "plate 1|2"
    for number in (1, 2):
        put(folder, f"A01_w{number}.tif")
    scan = scan_folder(folder, channels=PATTERN)
    assert scan.images == ()
    assert [(one.path, one.reason) for one in scan.skipped] == [
        (str(folder / f"A01_w{number}.tif"), "a path with | in it cannot be joined; rename the file or the folder")
        for number in (1, 2)]


def test_a_pattern_without_channels_joins_nothing(tmp_path):
    put(tmp_path, "A01_w1.tif")
    with pytest.raises(WrongUse, match="has no part {channel}"):
        scan_folder(tmp_path, channels=parse_pattern("{well}_*"))


def test_joined_files_are_seen_as_one_stack_of_their_channels(tmp_path):
    values = np.random.default_rng(3).integers(0, 4000, (3, 20, 30)).astype(np.uint16)
    paths = [put(tmp_path, f"A01_w{number}.tif", values=channel) for number, channel in enumerate(values)]
    put(tmp_path, "stack.tif", values=values, imagej=True, metadata={"axes": "CYX"})
    joined = "|".join(map(str, paths))
    for more in ({}, {"channels": (2, 0)}, {"channels": (1, 2), "separate": True}):
        expected = read_image(tmp_path / "stack.tif", Reading(**more))
        found = read_image(joined, Reading(joined=True, **more))
        np.testing.assert_array_equal(found.pixels, expected.pixels)
        assert found.notes == expected.notes


def test_what_was_done_to_read_one_of_its_files_is_said_once(tmp_path):
    paths = [tmp_path / f"{channel}.tif" for channel in range(2)]
    for path in paths:
        with tifffile.TiffWriter(path) as out:
            out.write(pixels()[..., 0], photometric="minisblack", metadata=None)
            out.write(np.ones((61, 83), bool), photometric="mask", subfiletype=4, metadata=None)
    notes = read_image("|".join(map(str, paths)), Reading(joined=True)).notes
    assert notes == ("2 channels", "1 page is left out: no picture but a mask of transparency")


def test_files_that_do_not_fit_together_are_refused(tmp_path):
    good = put(tmp_path, "a.tif")
    others = {
        "differs from the first": put(tmp_path, "b.tif", values=np.zeros((20, 31), np.uint16)),
        "differs from the first in size, planes": put(tmp_path, "c.tif", values=np.zeros((20, 30), np.uint8)),
        "bits, or in what is white": put(tmp_path, "w.tif", photometric="miniswhite"),
        "file 2 of its channels holds 3 channels itself": tmp_path / "d.png"}
    (tmp_path / "d.png").write_bytes(encoded(pixels(20, 30), "PNG"))
    for words, other in others.items():
        for read in (read_image, probe_image):
            with pytest.raises(UnreadableImage) as refused:
                read(f"{good}|{other}", JOINED)
            assert words in refused.value.reason
    with pytest.raises(UnreadableImage) as refused:
        read_image(f"{good}|{tmp_path / 'gone.tif'}", JOINED)
    assert refused.value.reason == "there is no such file"


def test_vectors_of_joined_files_are_kept_until_one_of_them_changes(tmp_path):
    import os
    import time
    paths = [put(tmp_path, f"A01_w{number}.tif", seed=number) for number in (1, 2)]
    joined = "|".join(map(str, paths))
    for path in paths:
        os.utime(path, (time.time() - 60, time.time() - 60))
    store = Store(tmp_path / "store")
    first = embed([joined], reading=JOINED, store=store)
    again = embed([joined], reading=JOINED, store=store)
    assert (first.computed, again.computed) == (1, 0)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    before = file_state(joined), file_written(joined)
    put(tmp_path, "A01_w2.tif", seed=9)
    assert file_written(joined) != before[1]
    assert file_state(joined) is None  # too fresh to be trusted
    assert embed([joined], reading=JOINED, store=store).computed == 1
    store.close()
