"""Which columns name groups, and the column of folds as Test and Score takes it."""

import numpy as np
import pytest
from Orange.classification import MajorityLearner
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table, TimeVariable
from Orange.evaluation import CrossValidationFeature

from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.group_folds import NONE, choose_folds
from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.tables.group_folds import (
    class_codes,
    column_codes,
    group_columns,
    likely_group,
    with_folds,
)


def _table(plates=("P1", "P1", "P2", "P3", ""), kinds=(0, 1, 0, 1, 0)):
    hidden = ContinuousVariable("n0")
    hidden.attributes["hidden"] = True
    domain = Domain([hidden, ContinuousVariable("well")], DiscreteVariable("kind", ("young", "old")),
                    [image_variable("image", "/nowhere"), StringVariable("plate"), TimeVariable("day", have_date=1),
                     DiscreteVariable("donor", ("x", "y"))])
    count = len(plates)
    metas = [[f"{row}.png", plate, 86400.0 * (row % 2), float(row % 2)] for row, plate in enumerate(plates)]
    return Table.from_numpy(domain, np.column_stack([np.arange(count) / 3, np.arange(count) // 2]),
                            np.array(kinds, float), np.array(metas, object))


def test_columns_that_can_name_groups_are_metas_first_without_pictures_classes_and_hidden_numbers():
    assert [column.name for column in group_columns(_table())] == ["plate", "day", "donor", "well"]
    assert group_columns(None) == []


@pytest.mark.parametrize(("names", "expected"), [
    (["image name", "plate", "donor"], "donor"), (["width", "Plate ID"], "Plate ID"), (["SlideID", "well"], "SlideID"),
    (["patient_no"], "patient_no"), (["template", "background", "running"], None), ([], None)])
def test_the_widest_unit_is_guessed_by_whole_words_of_its_name(names, expected):
    found = likely_group([StringVariable(name) for name in names])
    assert (found.name if found else None) == expected


def test_values_of_text_categories_numbers_and_dates_become_numbers():
    table = _table(plates=("P2", "P1", " ", "", "P2"))
    assert column_codes(table, table.domain["plate"]).tolist() == [1, 0, NONE, NONE, 1]
    assert column_codes(table, table.domain["donor"]).tolist() == [0, 1, 0, 1, 0]
    assert column_codes(table, table.domain["well"]).tolist() == [0, 0, 1, 1, 2]
    assert column_codes(table, table.domain["day"]).tolist() == [0, 1, 0, 1, 0]
    with table.unlocked():
        table[0, "well"] = table[1, "donor"] = np.nan
    assert column_codes(table, table.domain["well"]).tolist() == [NONE, 0, 1, 1, 2]
    assert column_codes(table, table.domain["donor"]).tolist() == [0, NONE, 0, 1, 0]


def test_fractions_name_no_groups():
    table = _table()
    with pytest.raises(WrongUse) as caught:
        column_codes(table, table.domain["n0"])
    assert str(caught.value) == ("Column 'n0' holds fractions, such as 0.333333: it cannot name groups. Choose a "
                                 "column of text, categories or whole numbers.")


def test_only_one_categorical_class_counts():
    table = _table(kinds=(0, 1, np.nan, 1, 0))
    assert class_codes(table).tolist() == [0, 1, NONE, 1, 0]
    numbers = Domain(table.domain.attributes, ContinuousVariable("age"))
    assert class_codes(table.transform(numbers)) is None
    assert class_codes(table.transform(Domain(table.domain.attributes))) is None


class _OwnTable(Table):
    pass


def test_all_is_kept_and_the_fold_is_the_first_meta():
    table = _OwnTable.from_table(_table().domain, _table())
    made = choose_folds(column_codes(table, table.domain["plate"]), 2, class_codes(table))
    result = with_folds(table, made)
    assert type(result) is _OwnTable
    assert [column.name for column in result.domain.metas] == ["Fold", "image", "plate", "day", "donor"]
    assert result.domain.metas[0].values == ("1", "2")
    assert result.domain.class_vars == table.domain.class_vars
    np.testing.assert_array_equal(result.ids, table.ids)
    np.testing.assert_array_equal(result.X, table.X)
    np.testing.assert_array_equal(result.metas[:, 1:], table.metas)
    expected = [np.nan if fold == NONE else fold for fold in made.folds]
    np.testing.assert_array_equal(result.metas[:, 0].astype(float), expected)
    assert len(table.domain.metas) == 4


def test_another_column_of_that_name_stays():
    table = _table()
    made = choose_folds(np.array([0, 1, 0, 1, 1]), 2)
    again = with_folds(with_folds(table, made), made)
    assert [column.name for column in again.domain.metas[:2]] == ["Fold (1)", "Fold"]


def test_cross_validation_by_this_column_tests_whole_groups_and_leaves_rows_without_group_out():
    plates = ["P1", "P2", "P3", "P4", ""] * 4
    table = _table(plates, np.arange(20) % 2)
    groups = column_codes(table, table.domain["plate"])
    result = with_folds(table, choose_folds(groups, 3, class_codes(table)))
    sampler = CrossValidationFeature(feature=result.domain["Fold"])
    for train, test in sampler.get_indices(result):
        assert not set(groups[train]) & set(groups[test])
        assert NONE not in groups[[*train, *test]]
    scored = sampler(result, [MajorityLearner()])
    assert sorted(scored.row_indices) == np.flatnonzero(groups != NONE).tolist()
