"""Vectors become columns: values, rows, what is kept and what is said."""

import json

import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.tables.embeddings import embed_table, embedded_table, skipped_table


class _Pictures(Table):
    """A table's own class must survive."""


@pytest.fixture
def table(tmp_path):
    """Four rows: a picture, no value, a web address, another picture."""
    domain = Domain([ContinuousVariable("age")], [DiscreteVariable("cell", values=("a", "b"))],
                    [StringVariable("reason"), image_variable("image", str(tmp_path))])
    names = ["one.png", "", "https://example.org/x.png", "two.png"]
    metas = np.array([[f"r{row}", name] for row, name in enumerate(names)], dtype=object)
    table = _Pictures.from_numpy(domain, np.arange(4.0)[:, None], np.array([0, 1, 0, 1.0]), metas)
    table.name = "cells"
    return table


def _embedder(given):
    """Vectors that tell their path; records what it was given."""
    def embed(paths, reading):
        given.extend(paths)
        vectors = np.array([[len(path), row] for row, path in enumerate(paths)], dtype=np.float32)
        return Embeddings(vectors, np.arange(len(paths)), (), json.dumps({"network": "fake"}),
                          np.ones(len(paths), bool), "CPU")
    return embed


def test_only_files_are_embedded_and_rows_count_those_of_the_table(table, tmp_path):
    given = []
    found = embed_table(table, table.domain["image"], _embedder(given))
    assert given == [str(tmp_path / "one.png"), str(tmp_path / "two.png")]
    assert found.rows.tolist() == [0, 3]
    assert [(one.row, one.reason) for one in found.skipped] == [
        (1, "the image column has no value in this row"),
        (2, "it lies at example.org, and you have not allowed to fetch pictures from there")]


def test_skipped_rows_of_the_engine_are_told_by_the_row_of_the_table(table, tmp_path):
    def embed(paths, reading):
        return Embeddings(np.ones((1, 2), np.float32), np.array([0]), (Skipped(1, paths[1], "empty"),), "{}",
                          np.array([True]), "CPU")
    found = embed_table(table, table.domain["image"], embed)
    assert [one.row for one in found.skipped] == [1, 2, 3]
    assert found.skipped[-1] == Skipped(3, str(tmp_path / "two.png"), "empty")


def test_vectors_are_appended_hidden_and_everything_else_is_kept(table):
    found = embed_table(table, table.domain["image"], _embedder([]))
    result = embedded_table(table, found)
    assert isinstance(result, _Pictures)
    assert result.ids.tolist() == table.ids[[0, 3]].tolist()
    assert [variable.name for variable in result.domain.attributes] == ["age", "n0", "n1"]
    assert all(variable.attributes == {"hidden": True} for variable in result.domain.attributes[1:])
    np.testing.assert_array_equal(result.X[:, 0], [0, 3])
    np.testing.assert_array_equal(result.X[:, 1:], found.vectors)
    np.testing.assert_array_equal(result.Y, [0, 1])
    assert result.metas.tolist() == table.metas[[0, 3]].tolist()
    assert result.name == "cells"
    assert result.attributes["embedding"] == '{"network": "fake"}'


def test_a_second_embedding_gets_columns_of_its_own(table):
    once = embedded_table(table, embed_table(table, table.domain["image"], _embedder([])))
    twice = embedded_table(once, embed_table(once, once.domain["image"], _embedder([])))
    assert [variable.name for variable in twice.domain.attributes] == ["age", "n0", "n1", "n0 (1)", "n1 (1)"]
    np.testing.assert_array_equal(twice.X[:, 1:3], twice.X[:, 3:])


def test_skipped_rows_leave_with_a_reason_in_a_column_of_a_free_name(table):
    result = skipped_table(table, [Skipped(3, "/a/two.png", "the file is empty")])
    assert result.ids.tolist() == [table.ids[3]]
    assert result[0, "reason (1)"] == "/a/two.png: the file is empty"
    assert result[0, "reason"] == "r3"


def test_no_skipped_rows_give_no_table(table):
    assert skipped_table(table, []) is None
