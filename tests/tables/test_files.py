"""Orange tables as files: what Orange reads back is what was saved, or nothing is written."""

import numpy as np
import pytest

pytest.importorskip("Orange", reason="needs Orange")

from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.imaging.core.errors import OutputError, WrongUse
from orangecontrib.imaging.tables.files import save_table

KEPT = ["SN", "two words", "two  spaces", "na", "N/A", "None", "NaN", "-", "1", "1.5", 'a"b', "a\\b", "a\\ b", "\\a",
        "5' end", "it's", "q'", "a,b", "a#b", "a=b", "čšž", "bytes:%FF"]
LOST_CLASSES = ["NA", "?", "nan", ".", "~", " a", "a ", "\u00a0a", "a\tb", "a\nb", "a\t\tb", "a\r\nb", "'q'", "x 'y' z",
                "a\\"]
LOST_TEXTS = [" a", "a ", "'q'"]


def make_table(classes, texts=()):
    """Each class twice; the first rows have the given texts."""
    domain = Domain([ContinuousVariable("n0")], DiscreteVariable("category", values=tuple(classes)),
                    [StringVariable("image")])
    rows = [*range(len(classes))] * 2
    images = [*texts, *(f"{row}.png" for row in range(len(rows)))][:len(rows)]
    table = Table.from_numpy(domain, np.arange(len(rows))[:, None] / 2, np.array(rows, float),
                             np.array(images, object)[:, None])
    table.attributes = {"embedding": '{"network": "squeezenet"}'}
    return table


def read_classes(table):
    return [None if np.isnan(value) else table.domain.class_var.values[int(value)] for value in table.Y]


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("others", [[], ["other"], ["a", "b"]], ids=len)
def test_a_class_that_is_saved_is_read_back(tmp_path, name, others):
    path, classes = tmp_path / "o.tab", [*others, name]
    save_table(make_table(classes), path)
    assert read_classes(Table(str(path))) == classes * 2


@pytest.mark.parametrize("name", LOST_CLASSES)
@pytest.mark.parametrize("others", [[], ["other"], ["a", "b"]], ids=len)
def test_a_class_that_tab_would_lose_is_refused_by_name_before_anything_is_written(tmp_path, name, others):
    with pytest.raises(WrongUse) as caught:
        save_table(make_table([name, *others]), tmp_path / "o.tab")
    assert str(caught.value) == (
        f"{tmp_path / 'o.tab'}: {name!r} in column 'category' is not safe in a .tab file: Orange may read it as "
        "another or as missing. Choose the ending .pkl or .csv, which keep it.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["NA", "?", "nan", ".", "~", "a\tb", "a\n\nb", "", "a\\", 'say "a"', "it's"])
def test_a_text_is_read_back_also_where_as_a_class_it_would_be_lost(tmp_path, name):
    path = tmp_path / "o.tab"
    save_table(make_table(["a", "b"], [name, f"{name}.png"]), path)
    assert [str(value) for value in Table(str(path)).metas[:2, 0]] == [name, f"{name}.png"]


@pytest.mark.parametrize("text", LOST_TEXTS)
def test_a_picture_whose_name_tab_would_change_is_refused(tmp_path, text):
    with pytest.raises(WrongUse, match="in column 'image' is not safe in a .tab file"):
        save_table(make_table(["a", "b"], ["x.png", text]), tmp_path / "o.tab")


@pytest.mark.parametrize("name", [*LOST_CLASSES, *KEPT])
def test_every_class_is_read_back_from_pkl(tmp_path, name):
    save_table(make_table([name, "other"], LOST_TEXTS), tmp_path / "o.pkl")
    read = Table(str(tmp_path / "o.pkl"))
    assert read_classes(read) == [name, "other"] * 2
    assert read.metas[:3, 0].tolist() == LOST_TEXTS


def test_the_tables_own_attributes_move_along(tmp_path):
    save_table(make_table(["a", "b"]), tmp_path / "o.tab")
    assert Table(str(tmp_path / "o.tab")).attributes["embedding"] == '{"network": "squeezenet"}'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.tab", "o.tab.metadata"]


@pytest.mark.parametrize("ending", ["TAB", "PKL"])
def test_a_file_with_its_ending_in_capitals_is_read_once_it_is_renamed(tmp_path, ending):
    table, path, renamed = make_table(["a", "b"]), tmp_path / f"O.{ending}", tmp_path / f"o.{ending.lower()}"
    save_table(table, path)
    path.rename(renamed)  # Orange opens small letters only
    read = Table(str(renamed))
    assert read_classes(read) == ["a", "b"] * 2
    np.testing.assert_array_equal(read.X, table.X)


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "Ctrl+C"])
def test_where_saving_ends_early_neither_table_nor_attributes_are_left(tmp_path, monkeypatch, fault):
    save = Table.save

    def save_and_fail(table, path):
        save(table, path)
        raise fault

    monkeypatch.setattr(Table, "save", save_and_fail)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        save_table(make_table(["a", "b"]), tmp_path / "o.tab")
    assert list(tmp_path.iterdir()) == []
