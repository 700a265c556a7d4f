"""Vectors from files become the table that Image Embedder would give."""

import json
import time
import tracemalloc
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from made import write_pictures
from Orange.data import ContinuousVariable, DiscreteVariable, StringVariable, TimeVariable

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.tables.columns import image_paths, image_reading
from orangecontrib.imaging.tables.computed_vectors import picture_vectors
from orangecontrib.imaging.tables.embeddings import embed_table, embedded_table
from orangecontrib.imaging.tables.imports import images_table
from orangecontrib.imaging.tables.request import Request, request_of
from orangecontrib.imaging.tables.sharded import skipped_table_of, table_bytes, table_of


@dataclass
class Held:
    """Vectors as files hold them, here in memory."""

    vectors: np.ndarray
    names: list[str]
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, list] = field(default_factory=dict)
    root: str = "/screen"
    reading: Reading = Reading()
    identity: str = json.dumps({"network": "another"})
    title: str = "/vectors/screen"
    taken: list[int] = field(default_factory=list)

    @property
    def count(self):
        return len(self.vectors)

    @property
    def dimension(self):
        return self.vectors.shape[1]

    def take(self, rows, on_progress=None, cancelled=None):
        self.taken.append(len(rows))
        carried = {name: [values[row] for row in rows] for name, values in {**self.values, "path": self.names}.items()}
        return self.vectors[rows], carried

    def blocks(self):
        for first in range(0, self.count, 2):
            yield first, *self.take(range(first, min(first + 2, self.count)))


def held(count=4, dimension=3, **more):
    vectors = np.arange(count * dimension, dtype=np.float32).reshape(count, dimension)
    return Held(vectors, [f"sub/{row}.png" for row in range(count)], **more)


def test_names_pictures_and_vectors_are_columns_and_the_identity_is_the_table_s():
    table = table_of(held())
    assert [one.name for one in table.domain.attributes] == ["n0", "n1", "n2"]
    assert all(one.attributes == {"hidden": True} for one in table.domain.attributes)
    assert [one.name for one in table.domain.metas] == ["image name", "image"]
    assert table.domain.class_vars == ()
    np.testing.assert_array_equal(table.X, np.arange(12).reshape(4, 3))
    assert table.metas.tolist() == [[str(row), f"sub/{row}.png"] for row in range(4)]
    assert table.domain["image"].attributes == {"type": "image", "origin": "/screen"}
    assert image_paths(table, table.domain["image"])[3] == "/screen/sub/3.png"
    assert table.attributes == {"embedding": '{"network": "another"}'}
    assert table.name == "screen"


def test_only_the_rows_asked_for_are_read():
    given = held(count=6)
    table = table_of(given, np.array([1, 4]))
    np.testing.assert_array_equal(table.X, [[3, 4, 5], [12, 13, 14]])
    assert table.metas[:, 0].tolist() == ["1", "4"]
    assert given.taken == [2]


def test_all_rows_are_read_in_blocks_with_progress_and_can_be_cancelled():
    told, given = [], held(count=5)
    np.testing.assert_array_equal(table_of(given, on_progress=lambda *at: told.append(at)).X, given.vectors)
    assert given.taken == [2, 2, 1]
    assert told == [(2, 5), (4, 5), (5, 5)]
    with pytest.raises(Cancelled):
        table_of(given, cancelled=lambda: len(given.taken) > 4)
    assert given.taken == [2, 2, 1, 2, 2]


@pytest.fixture
def far_east(monkeypatch):
    """Where a clock shows another hour than in UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    if hasattr(time, "tzset"):
        time.tzset()
    yield
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()


def test_carried_columns_become_columns_of_their_kind(far_east):
    moment = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)
    kinds = {"plate": "string", "dose": "double", "site": "int64", "dead": "bool", "day": "date32[day]",
             "taken": "timestamp[us, tz=UTC]"}
    values = {"plate": ["P10", "P2", "", None], "dose": [0.5, None, 2.0, 1.0], "site": [1, 2, None, 4],
              "dead": [True, False, None, True], "day": [date(1970, 1, 2), None, None, None],
              "taken": [moment, None, datetime(1970, 1, 1, 0, 1), None]}
    table = table_of(held(columns=kinds, values=values))
    assert [type(one) for one in table.domain.metas[2:]] == [
        DiscreteVariable, ContinuousVariable, ContinuousVariable, DiscreteVariable, TimeVariable, TimeVariable]
    assert table.domain["plate"].values == ("P2", "P10")
    assert table.domain["dead"].values == ("no", "yes")
    np.testing.assert_array_equal(table.get_column("plate"), [1, 0, np.nan, np.nan])
    np.testing.assert_array_equal(table.get_column("dose"), [0.5, np.nan, 2, 1])
    np.testing.assert_array_equal(table.get_column("dead"), [1, 0, np.nan, 1])
    np.testing.assert_array_equal(table.get_column("day"), [86400, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(table.get_column("taken"), [moment.timestamp(), np.nan, 60, np.nan])
    assert str(table[0, "site"]) == "1"


def test_text_of_very_many_values_stays_text_but_the_category_is_the_class():
    count = 501
    names = [f"gene {row}" for row in range(count)]
    table = table_of(held(count, columns={"gene": "string", "category": "string"},
                          values={"gene": names, "category": names}))
    assert isinstance(table.domain["gene"], StringVariable)
    assert table.domain.class_var.name == "category"
    assert table.domain.class_var.values == tuple(names)
    assert [one.name for one in table.domain.metas] == ["image name", "image", "gene"]
    few = table_of(held(count - 1, columns={"gene": "string"}, values={"gene": names[:-1]}))
    assert len(few.domain["gene"].values) == count - 1


def test_a_category_of_numbers_is_no_class():
    table = table_of(held(columns={"category": "int64"}, values={"category": [1, 2, 1, 2]}))
    assert table.domain.class_vars == ()
    assert isinstance(table.domain["category"], ContinuousVariable)


def test_a_carried_column_never_takes_the_name_of_another():
    table = table_of(held(columns={"image": "string", "n1": "double"}, values={"image": [*"abcd"], "n1": [1, 2, 3, 4]}))
    names = [one.name for one in (*table.domain.variables, *table.domain.metas)]
    assert len(set(names)) == len(names) == 7
    assert {"image", "image (1)", "n1"} <= set(names)


def test_joined_files_have_the_name_that_they_have_in_common():
    given = held(1, reading=Reading(joined=True))
    given.names = ["a/cell1_w1.tif|a/cell1_w2.tif"]
    table = table_of(given)
    assert table.metas.tolist() == [["cell1", "a/cell1_w1.tif|a/cell1_w2.tif"]]
    assert image_reading(table.domain["image"]) == Reading(joined=True)


def test_no_row_gives_a_table_without_rows():
    table = table_of(held(columns={"plate": "string"}, values={"plate": [""] * 4}), np.array([], np.int64))
    assert (len(table), len(table.domain.attributes)) == (0, 3)


def test_memory_counts_eight_bytes_a_number_and_of_a_sample_also_what_is_read():
    wide = held(2, dimension=512)
    assert 2 * 512 * 8 < table_bytes(wide, 2) < 2 * 512 * 8 * 1.1
    assert 512 * 12 < table_bytes(wide, 1) < 512 * 12 * 1.1


def test_where_nobody_told_the_folder_or_the_identity_the_table_does_not_either():
    table = table_of(held(root=None, identity=""))
    assert table.domain["image"].attributes["origin"] == ""
    assert table.attributes == {}


def test_skipped_pictures_have_their_place_and_their_reason():
    table = skipped_table_of([("sub/bad.png", "the file is empty")], "/screen", Reading())
    assert table.metas.tolist() == [["sub/bad.png", "the file is empty"]]
    assert image_paths(table, table.domain["image"]) == ["/screen/sub/bad.png"]
    assert skipped_table_of([], "/screen", Reading()) is None


def in_classes(folder):
    for number, name in enumerate(("alive", "dead")):
        write_pictures(folder / name, 3, seed=number)
    return scan_folder(str(folder))


@pytest.mark.parametrize("options", [Options(), Options(views="mirror", unit_length=True)])
def test_the_table_equals_that_of_image_embedder(tmp_path, options):
    scan = in_classes(tmp_path)
    imported = images_table(scan)
    found = embed_table(imported, imported.domain["image"],
                        lambda paths, reading: embed(paths, "squeezenet", options=options, reading=reading))
    embedder = embedded_table(imported, found, (), picture_vectors(imported.domain["image"], "squeezenet", options,
                                                                   found))
    opened = table_of(Held(found.vectors, [image.name for image in scan.images], {"category": "string"},
                           {"category": [image.category for image in scan.images]}, scan.folder,
                           identity=found.identity))
    assert opened.domain.attributes == embedder.domain.attributes
    assert all(one.attributes == {"hidden": True} for one in opened.domain.attributes)
    assert opened.domain.class_var == embedder.domain.class_var
    assert opened.domain.class_var.values == embedder.domain.class_var.values
    assert opened.domain.metas == embedder.domain.metas[:2]
    np.testing.assert_allclose(opened.X, embedder.X, atol=1e-5)
    np.testing.assert_array_equal(opened.Y, embedder.Y)
    assert opened.metas.tolist() == embedder.metas[:, :2].tolist()
    assert opened.attributes == embedder.attributes
    raw = images_table(scan_folder(str(Path(scan.folder) / "dead")))
    np.testing.assert_allclose(raw.transform(opened.domain).X, embedder.X[3:], atol=1e-5)


def identity_of_parts(*parts):
    return json.dumps({"side by side": list(parts)} if len(parts) > 1 else parts[0])


def part(network="squeezenet", options=Options(), reading=Reading()):
    return {"network": network, "options": options.record(), "reading": json.loads(reading.to_json()), "weights": "ab"}


def test_what_was_asked_for_is_told_by_the_identity():
    turned = Options(views="turns", layers=("a",))
    second = Options(views="turns")
    assert request_of(identity_of_parts(part(options=turned)), Reading()) == Request("squeezenet", turned, Reading())
    assert request_of(identity_of_parts(part(options=turned), part("resnet50", second)), Reading()) == Request(
        "squeezenet+resnet50", turned, Reading())
    each = Reading(channels=(0, 1), separate=True)
    parts = [part(reading=one) for one in each.parts()]
    assert len(parts) == 2
    assert request_of(identity_of_parts(*parts), each) == Request("squeezenet", Options(), each)


@pytest.mark.parametrize("identity", [
    "", "null", "{}", json.dumps({"network": "squeezenet"}), json.dumps(part("My network")),
    json.dumps({**part(), "options": {"of later": 1}}), json.dumps(part(reading=Reading(time=2))),
    json.dumps({"side by side": [part(), part("resnet50", Options(views="turns"))]}),
    json.dumps({"vectors": part(), "components": 3, "projection": "ab"})])
def test_what_cannot_be_told_for_certain_is_not_guessed(identity):
    assert request_of(identity, Reading()) is None


@pytest.mark.parametrize("count", [None, 5000])
def test_no_more_memory_is_taken_than_was_told(tmp_path, count):
    pytest.importorskip("pyarrow")
    from opened_shards import make_shards, names_of

    from orangecontrib.imaging.core.shards.reading import open_vectors
    total, dimension = 20_000, 128
    vectors = np.random.default_rng(0).normal(size=(total, dimension))
    opened = open_vectors(make_shards(tmp_path / "out", names_of(total), total // 4, vectors=vectors))
    table_of(opened, np.arange(10))  # imports
    tracemalloc.start()
    table = table_of(opened, None if count is None else np.arange(0, total, total // count))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(table) == (count or total)
    assert 0.5 < most / table_bytes(opened, len(table)) < 1.2
