"""``orange-imaging embed -o OUT/`` of zip files, cut slides and joined channels: what the one-file command gives."""

import csv
import zipfile

import numpy as np
import pytest
import tifffile
from made import write_pictures
from slides import glass, needs_slides, stained, write_slide

pytest.importorskip("pyarrow")

import pyarrow
import pyarrow.parquet

from orangecontrib.imaging import cli


def check_same(source, tmp_path, size, *options):
    """Embed into one file and into shards of `size`; the same rows, numbers and reasons. Gives (paths, skipped)."""
    out, one = tmp_path / "out", tmp_path / "one.npz"
    assert cli.main(["embed", str(source), "-o", str(one), "--no-store", *options]) == 0
    assert cli.main(["embed", str(source), "-o", f"{out}/", "--shard-size", str(size), *options]) == 0
    rows, skipped = (pyarrow.concat_tables(map(pyarrow.parquet.read_table, sorted(out.glob(f"{kind}-*.parquet"))))
                     for kind in ("shard", "skipped"))
    with np.load(one) as expected:
        assert rows["path"].to_pylist() == expected["paths"].tolist()
        assert rows["category"].to_pylist() == expected["categories"].tolist()
        np.testing.assert_allclose(np.array(rows["vector"].to_pylist(), np.float32), expected["vectors"], rtol=0,
                                   atol=1e-5)
    with open(tmp_path / "one.npz.skipped.csv", encoding="utf-8", newline="") as file:
        listed = [tuple(row) for row in csv.reader(file)][1:]
    assert sorted(zip(skipped["path"].to_pylist(), skipped["reason"].to_pylist(), strict=True)) == sorted(listed)
    return rows["path"].to_pylist(), dict(listed)


def test_a_zip_file_of_pictures(tmp_path):
    write_pictures(tmp_path / "p" / "a", 4)
    (tmp_path / "p" / "a" / "broken.png").write_bytes(b"no picture")
    with zipfile.ZipFile(tmp_path / "screen.zip", "w") as archive:
        for path in sorted((tmp_path / "p" / "a").iterdir()):
            archive.write(path, f"plate 1/{path.name}")
            archive.write(path, f"plate 2/{path.name}")
    paths, skipped = check_same(tmp_path / "screen.zip", tmp_path, 3)
    assert len(paths) == 8
    assert list(skipped) == ["plate 1/broken.png", "plate 2/broken.png"]


@needs_slides
def test_slides_that_are_cut_into_tiles(tmp_path):
    write_slide(tmp_path / "p" / "sick" / "a.svs", stained(256, 512, (60, 0, 400, 200)))
    write_slide(tmp_path / "p" / "well" / "b.svs", glass(256, 256))
    (tmp_path / "p" / "well" / "c.svs").write_bytes(b"no slide")
    paths, skipped = check_same(tmp_path / "p", tmp_path, 2, "--slide-tiles", "128")
    assert len(paths) > 4
    assert {"well/b.svs", "well/c.svs"} == set(skipped)


def test_channels_that_are_joined_from_several_files(tmp_path):
    values = np.random.default_rng(0).integers(0, 4000, (5, 2, 30, 40)).astype(np.uint16)
    (tmp_path / "p").mkdir()
    for well, channels in zip(("A01", "A02", "A03", "B01", "B02"), values, strict=True):
        for channel, one in enumerate(channels, 1):
            tifffile.imwrite(tmp_path / "p" / f"Pé 1_{well}_w{channel}.tif", one)
    (tmp_path / "p" / "Pé 1_A03_w2.tif").write_bytes(b"II*\0")
    (tmp_path / "p" / "Pé 1_C01_w1.tif").write_bytes((tmp_path / "p" / "Pé 1_A01_w1.tif").read_bytes())
    paths, skipped = check_same(tmp_path / "p", tmp_path, 2, "--names", "{plate}_{well:well}_w{channel:digits}",
                                "--join-channels", "--class", "well", "--each-channel")
    assert len(paths) == 4
    assert len(skipped) == 2
