"""Members of zip files: the list is read once, no more is unpacked than is needed, and threads may share them."""

import hashlib
import os
import random
import struct
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from made import encoded, pixels

from orangecontrib.imaging.core import zip_files
from orangecontrib.imaging.core.contents import Content, read_content
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.files import file_size, open_file
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.images import probe_image, read_image
from orangecontrib.imaging.core.zip_files import zip_members

PNG = encoded(pixels(), "PNG")
NOISE = random.Random(0).randbytes(300_000)


@pytest.fixture
def opened(monkeypatch):
    """Names of zip files as they are opened, and closed with a minus before."""
    names = []

    class Noted(zipfile.ZipFile):
        def __init__(self, file, *rest, **more):
            names.append(os.path.basename(file))
            super().__init__(file, *rest, **more)

        def close(self):
            if self.fp:
                names.append(f"-{os.path.basename(self.filename)}")
            super().close()

    zip_files._opened.cache_clear()
    monkeypatch.setattr(zipfile, "ZipFile", Noted)
    yield names
    zip_files._opened.cache_clear()


def packed(path, kind=zipfile.ZIP_DEFLATED, **members):
    zip_file = zipfile.ZipFile(path, "w", kind)
    with zip_file:
        for name, content in members.items():
            zip_file.writestr(f"{name}.png", content)
    return path


def content(path):
    with open_file(str(path)) as file:
        return file.read()


def test_the_list_of_members_is_read_once_for_all_of_them(tmp_path, opened):
    path = packed(tmp_path / "z.zip", **{f"m{number}": PNG for number in range(20)})
    opened.clear()
    for image in scan_folder(path).images:
        np.testing.assert_array_equal(read_image(image.path).pixels, pixels())
    assert opened == ["z.zip"]


def test_a_zip_file_that_was_written_again_is_read_anew(tmp_path):
    path = packed(tmp_path / "z.zip", a=b"before")
    assert content(path / "a.png") == b"before"
    packed(path, a=b"afterwards", b=b"new")
    assert (content(path / "a.png"), content(path / "b.png")) == (b"afterwards", b"new")


def test_few_zip_files_stay_open_and_one_that_is_read_from_outlives_its_turn(tmp_path, opened):
    paths = [packed(tmp_path / f"{number}.zip", a=NOISE) for number in range(7)]
    opened.clear()
    with open_file(str(paths[0] / "a.png")) as file:
        assert file.read(10) == NOISE[:10]
        assert [file_size(str(path / "a.png")) for path in paths] == [len(NOISE)] * 7
        assert opened == ["0.zip", "1.zip", "2.zip", "3.zip", "4.zip", "5.zip", "-1.zip", "6.zip", "-2.zip"]
        assert file.read() == NOISE[10:]
    del file
    assert opened[-1] == "-0.zip"


def test_many_threads_read_from_the_same_zip_files(tmp_path):
    contents = {f"m{number}": random.Random(number).randbytes(1000 * number + 1) for number in range(90)}
    paths = [packed(tmp_path / f"{number}.zip", **contents) for number in range(6)]
    asked = [(path, name) for path in paths for name in contents] * 3
    random.Random(0).shuffle(asked)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: content(one[0] / f"{one[1]}.png"), asked))
    assert all(bytes_ == contents[name] for bytes_, (_, name) in zip(found, asked))


def test_a_member_is_searched_like_a_file(tmp_path):
    path = packed(tmp_path / "z.zip", a=NOISE)
    with open_file(str(path / "a.png")) as file:
        assert (file.seek(-5, os.SEEK_END), file.read(), file.read()) == (len(NOISE) - 5, NOISE[-5:], b"")
        assert (file.seek(100), file.seek(50, os.SEEK_CUR), file.read(3)) == (100, 150, NOISE[150:153])
        assert (file.seek(10), file.read(None)) == (10, NOISE[10:])
    assert read_content(str(path / "a.png")).data == NOISE


def test_what_a_member_is_known_by_is_found_without_unpacking_a_large_one_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("orangecontrib.imaging.core.contents._LARGE_BYTES", 1 << 20)
    path = packed(tmp_path / "z.zip", bomb=bytes(64 << 20), small=NOISE)
    assert read_content(str(path / "small.png")).data == NOISE
    tracemalloc.start()
    found = read_content(str(path / "bomb.png"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == Content(hashlib.sha256(bytes(64 << 20)).digest(), None)
    assert peak < 16 << 20


def test_damage_in_a_large_member_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("orangecontrib.imaging.core.contents._LARGE_BYTES", 1000)
    path = packed(tmp_path / "z.zip", a=NOISE)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(UnreadableImage, match="the zip file is damaged"):
        read_content(str(path / "a.png"))


def test_for_a_header_only_the_first_bytes_are_unpacked(tmp_path, monkeypatch):
    unpacked = []
    read = zipfile.ZipExtFile.read

    def noting(file, count=-1):
        unpacked.append(len(found := read(file, count)))
        return found

    monkeypatch.setattr(zipfile.ZipExtFile, "read", noting)
    path = packed(tmp_path / "z.zip", photo=PNG + bytes(40 << 20), bomb=bytes(40 << 20))
    assert probe_image(path / "photo.png").width == 83
    with pytest.raises(UnreadableImage, match="not a picture of a kind that is read here"):
        probe_image(path / "bomb.png")
    assert sum(unpacked) <= 1 << 20


def test_a_large_member_is_unpacked_elsewhere_where_there_is_such_a_place(tmp_path):
    packed(tmp_path / "z.zip", small=PNG, large=PNG + bytes(17 << 20))
    (tmp_path / "plain.png").write_bytes(PNG + bytes(17 << 20))
    asked = []

    def elsewhere(path, reading):
        asked.append(path)
        return probe_image(path, reading)

    scan = scan_folder(tmp_path, probe_stack=elsewhere)
    assert [(image.name, image.info.width) for image in scan.images] == [
        ("plain.png", 83), ("z.zip/large.png", 83), ("z.zip/small.png", 83)]
    assert asked == [str(tmp_path / "z.zip" / "large.png")]


def test_damage_behind_the_first_bytes_is_told_before_pixels_are_taken(tmp_path):
    path = packed(tmp_path / "z.zip", zipfile.ZIP_STORED, a=NOISE)
    data = path.read_bytes()
    path.write_bytes(data.replace(NOISE[-9:], bytes(9)))
    with open_file(str(path / "a.png")) as file:
        assert file.read(10) == NOISE[:10]
        with pytest.raises(UnreadableImage, match=r"a.png: the zip file is damaged \(Bad CRC-32"):
            file.read(len(NOISE) - 100)


def flawed(path, header=None, entry=None, extra=b"", kind=zipfile.ZIP_STORED):
    """A zip file of one picture, with bytes replaced at places in the member's header and in its entry in the list."""
    member = zipfile.ZipInfo("a.png")
    member.extra, member.compress_type = extra, kind
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(member, PNG)
    data = bytearray(path.read_bytes())
    for start, changes in ((0, header or {}), (data.index(b"PK\1\2"), entry or {})):
        for at, new in changes.items():
            data[start + at:start + at + len(new)] = new
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("entry", "reason"), [
    ({6: b"\xff"}, r"zip file version 25\.5"),
    ({9: b"\x08", 46: b"\xff"}, "'utf-8' codec can't decode byte 0xff"),
    ({0: b"\0"}, "Bad magic number for central directory"),
])
def test_a_damaged_list_of_members_is_told(tmp_path, entry, reason):
    path = flawed(tmp_path / "z.zip", entry=entry)
    with pytest.raises(UnreadableImage, match=rf"z\.zip: the zip file cannot be read \({reason}"):
        zip_members(str(path))


def test_a_zip_file_that_has_gone_is_told(tmp_path):
    with pytest.raises(UnreadableImage, match="the zip file cannot be read .*No such file"):
        zip_members(str(tmp_path / "z.zip"))


def test_a_member_without_a_name_is_none(tmp_path):
    path = flawed(tmp_path / "z.zip", entry={46: b"\0"})  # a name ends at a zero byte
    assert zip_members(str(path)) == []


BEHIND_ALL = {"extra": struct.pack("<HHQ", 1, 8, 2 ** 63), "entry": {42: b"\xff" * 4}}


@pytest.mark.parametrize(("flaws", "reason"), [
    ({"header": {0: b"\0"}}, "Bad magic number for file header"),
    ({"header": {35: b"\xff"}, "kind": zipfile.ZIP_DEFLATED}, "Error -3 while decompressing data"),
    ({"header": {7: b"\x08", 30: b"\xff"}}, "'utf-8' codec can't decode byte 0xff"),
    (BEHIND_ALL, "cannot fit 'int' into an offset-sized integer"),
    ({"entry": {8: b"\x20"}}, "compressed patched data"),
    ({"entry": {8: b"\x40"}}, "strong encryption"),
    ({"entry": {20: b"\0\0\1\0\0\0\1\0"}}, "EOFError|Overlapped entries"),  # longer than the zip file
])
def test_a_damaged_member_is_told(tmp_path, flaws, reason):
    path = flawed(tmp_path / "z.zip", **flaws)
    with pytest.raises(UnreadableImage, match=rf"a\.png: the zip file is damaged \(({reason})"):
        content(path / "a.png")


def test_a_member_that_lies_before_its_zip_file_is_told(tmp_path):
    path = packed(tmp_path / "z.zip", a=PNG)
    path.write_bytes(path.read_bytes()[1:])
    with pytest.raises(UnreadableImage, match=r"a\.png: the zip file is damaged \(.*Invalid argument"):
        content(path / "a.png")


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_so_that_it_may_swell_without_a_bound_is_refused(tmp_path, kind):
    path = packed(tmp_path / "z.zip", kind, a=PNG)
    with pytest.raises(UnreadableImage, match="packed in a way that is not read here; unpack the zip file first"):
        read_image(path / "a.png")
