"""Labels by hand: which picture has which, undo and redo, pictures of other tables, and what a workflow keeps."""

import json
from ast import literal_eval

import numpy as np
import pytest
from slots import slot_s

from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.hand_labels import COLORS, LabelBook
from orangecontrib.imaging.core.known_pictures import KnownPictures
from orangecontrib.imaging.core.label_history import MOST_STEPS, LabelHistory, changed_elsewhere
from orangecontrib.imaging.core.saved_labels import from_plain, to_plain

MANY = 100_000
LABEL_ALL_S = 0.02


def rows(*numbers):
    return np.array(numbers, np.int32)


@pytest.fixture
def book():
    """Two labels, and no picture labeled."""
    return LabelBook().add("budding").add("round")


def test_a_label_gets_the_lowest_free_number_and_a_color_that_no_other_has(book):
    book = book.add("third").remove(2).add("new")
    assert [(label.number, label.name) for label in book.labels] == [(1, "budding"), (2, "new"), (3, "third")]
    assert [label.color for label in book.labels] == list(COLORS[:3])


def test_a_color_comes_again_only_when_all_are_taken():
    book = LabelBook()
    for _ in range(9):
        book = book.add()
    assert [label.color for label in book.labels] == [*COLORS, COLORS[0]]
    assert [label.name for label in book.labels] == [f"Label {number}" for number in range(1, 10)]


def test_a_label_without_a_name_is_not_called_as_another(book):
    assert book.add("label 3").add().labels[-1].name == "Label 4"
    assert book.rename(1, "LABEL 3").add().labels[-1].name == "Label 4"


def test_more_than_99_labels_are_refused():
    book = LabelBook()
    for _ in range(99):
        book = book.add()
    with pytest.raises(WrongUse, match="There are 99 labels, and no room for more"):
        book.add()


@pytest.mark.parametrize("name", ["", "  ", "\n\t"])
def test_a_blank_name_is_refused(book, name):
    with pytest.raises(WrongUse, match="A label needs a name"):
        book.rename(1, name)


@pytest.mark.parametrize("name", ["round", "ROUND", "  Round "])
def test_a_name_is_not_given_twice_whatever_its_letters(book, name):
    with pytest.raises(WrongUse, match="Another label is called"):
        book.rename(1, name)
    with pytest.raises(WrongUse, match="Another label is called"):
        book.add(name)


def test_a_name_may_change_its_letters_and_becomes_one_line(book):
    assert book.rename(1, "Budding").find(1).name == "Budding"
    assert book.rename(1, "very\n  big").find(1).name == "very big"


def test_labels_are_put_in_place_of_others_and_taken_away(book):
    book = book.put("/a", rows(0, 1, 2, -1), 1).put("/a", rows(2), 2).put("/a", rows(0), 0)
    assert book.numbers("/a", rows(0, 1, 2, 3, -1)).tolist() == [0, 1, 2, 0, 0]
    assert book.numbers("/b", rows(0, 1)).tolist() == [0, 0]


def test_putting_a_label_changes_no_older_book(book):
    labeled = book.put("/a", rows(0), 1)
    labeled.put("/a", rows(0, 1), 2)
    assert labeled.numbers("/a", rows(0, 1)).tolist() == [1, 0]
    assert book.numbers("/a", rows(0)).tolist() == [0]
    with pytest.raises(ValueError, match="read-only"):
        labeled.marks["/a"][0] = 2


def test_what_changes_nothing_gives_the_same_book(book):
    labeled = book.put("/a", rows(0), 1)
    assert labeled.put("/a", rows(0), 1) is labeled
    assert labeled.put("/a", rows(5), 0) is labeled
    assert labeled.put("/a", rows(-1), 1) is labeled
    assert labeled.remove(7) is labeled
    assert labeled.rename(1, "budding") is labeled


def test_a_number_without_a_label_cannot_be_put(book):
    with pytest.raises(WrongUse, match=r"No label has the number 5. Add Label makes one."):
        book.put("/a", rows(0), 5)


def test_a_removed_label_leaves_no_picture_behind_in_any_folder(book):
    book = book.put("/a", rows(0, 1), 1).put("/b", rows(4), 1).put("/b", rows(5), 2)
    assert book.total(1) == 3
    book = book.remove(1).add("new")
    assert book.find(1).name == "new"
    assert book.total(1) == 0
    assert book.numbers("/b", rows(4, 5)).tolist() == [0, 2]


def test_undo_and_redo_go_back_and_forth_and_a_new_step_forgets_what_was_undone(book):
    history = LabelHistory(book)
    first, second = book.put("/a", rows(0), 1), book.put("/a", rows(0), 2)
    assert history.undo() is history.redo() is None
    history.do(first, "first")
    history.do(second, "second")
    assert history.undo().text == "second"
    assert history.book is first
    assert history.next_redo.text == "second"
    assert history.redo().text == "second"
    assert history.book is second
    history.undo()
    history.do(first.add("c"), "third")
    assert history.next_redo is None
    assert [history.undo().text, history.undo().text] == ["third", "first"]
    assert history.book is book


def test_a_step_that_changes_nothing_is_none(book):
    history = LabelHistory(book)
    assert not history.do(book, "nothing")
    assert history.next_undo is None


def test_undo_of_a_removed_label_brings_all_its_pictures_back(book):
    labeled = book.put("/a", rows(0, 1), 1).put("/b", rows(4), 1)
    history = LabelHistory(labeled)
    history.do(labeled.remove(1), "removed")
    history.undo()
    assert history.book.total(1) == 3
    assert history.book.find(1).name == "budding"


def test_the_last_hundred_steps_are_kept(book):
    history = LabelHistory(book)
    for step in range(MOST_STEPS + 5):
        history.do(history.book.put("/a", rows(step), 1), str(step))
    undone = 0
    while history.undo():
        undone += 1
    assert undone == MOST_STEPS
    assert history.book.total(1) == 5


def test_a_step_tells_how_many_pictures_it_changes_that_are_not_shown(book):
    labeled = book.put("/a", rows(0, 1, 7), 1).put("/b", rows(2), 1)
    history = LabelHistory(book)
    history.do(labeled, "")
    step = history.undo()
    assert changed_elsewhere(step, "/a", rows(0, 1, -1)) == 2
    assert changed_elsewhere(step, "/a", rows(0, 1, 7, 9)) == 1
    assert changed_elsewhere(step, "/c", rows(0)) == 4


def known_of(folder, values, book=LabelBook()):  # noqa: B008
    shown = KnownPictures().look_at(folder, values, book)
    return KnownPictures().with_shown(shown), shown


def test_equal_values_are_one_picture_and_missing_ones_are_none():
    _, shown = known_of("/a", ["x.png", "y.png", "", float("nan"), None, "x.png"])
    assert shown.pictures.tolist() == [0, 1, -1, -1, -1, 0]


def test_a_picture_keeps_its_number_when_other_tables_of_its_folder_come(book):
    known, _ = known_of("/a", ["x.png", "y.png"])
    shown = known.look_at("/a", ["z.png", "y.png"], book)
    assert shown.pictures.tolist() == [2, 1]


def test_the_same_names_in_another_folder_are_other_pictures_whose_labels_are_only_offered(book):
    known, shown = known_of("/plate1", ["x.png", "y.png", "z.png"])
    book = book.put("/plate1", shown.pictures[:2], 1)
    there = known.look_at("/plate2", ["y.png", "q.png", "x.png"], book)
    assert book.numbers(there.folder, there.pictures).tolist() == [0, 0, 0]
    offer = there.offer
    assert (offer.folder, offer.theirs.tolist(), offer.pictures.tolist()) == ("/plate1", [0, 1], [2, 0])


@pytest.mark.parametrize(("values", "count"), [(["x.png"], 1), (["z.png"], 0), (["", None, "q.png"], 0), ([], 0)])
def test_only_labels_of_pictures_that_are_here_by_their_name_are_offered(book, values, count):
    known, shown = known_of("/old", ["x.png", "y.png", "z.png"])
    book = book.put("/old", shown.pictures[:2], 1)
    known = known.with_shown(known.look_at("/new", ["y.png"], LabelBook()))  # known, but not in this table
    offer = known.look_at("/new", values, book).offer
    assert (len(offer.theirs) if offer is not None else 0) == count


def test_of_several_folders_that_with_the_most_labeled_pictures_of_these_names_is_offered(book):
    known, shown = known_of("/a", ["x.png", "y.png"])
    book = book.put("/a", shown.pictures[:1], 1)
    other = known.look_at("/b", ["x.png", "y.png"], book)
    known, book = known.with_shown(other), book.put("/b", other.pictures, 2)
    assert known.look_at("/c", ["x.png", "y.png"], book).offer.folder == "/b"


def test_a_folder_with_labels_of_its_own_or_set_apart_is_offered_none(book):
    known, shown = known_of("/a", ["x.png", "y.png"])
    book = book.put("/a", shown.pictures, 1)
    assert known.look_at("/b", ["x.png"], book.put("/b", rows(0), 2)).offer is None
    assert known.set_apart("/b").look_at("/b", ["x.png"], book).offer is None
    assert known.set_apart("/b").look_at("/c", ["x.png"], book).offer is not None


def test_labels_taken_over_leave_those_that_pictures_have_and_those_of_the_other_folder(book):
    book = book.put("/a", rows(0, 1, 2), 1).put("/b", rows(5), 2)
    taken = book.take_over("/a", rows(0, 1, 2, 3), "/b", rows(5, 0, 7, 8))
    assert taken.numbers("/b", rows(0, 5, 7, 8)).tolist() == [1, 2, 1, 0]
    assert taken.put("/b", rows(0), 2).numbers("/a", rows(0, 1, 2)).tolist() == [1, 1, 1]
    assert book.numbers("/b", rows(0)).tolist() == [0]
    assert taken.take_over("/a", rows(0), "/b", rows(5)) is taken


def labeled(names=("x.png", "bytes:%ff.png", "z\udcff.png")):
    known, shown = known_of("/a\udcff", list(names))
    book = LabelBook().add("one").add("two")
    book = book.put(shown.folder, shown.pictures[:2], 2).put(shown.folder, shown.pictures[2:], 1)
    return book, known.set_apart("/b\udcff")


def test_labels_return_as_they_were_kept():
    book, known = labeled()
    plain = to_plain(book, known)
    json.dumps(plain).encode("utf-8")
    assert literal_eval(repr(plain)) == plain
    repr(plain).encode("utf-8")
    again, known_again = from_plain(plain)
    assert again.labels == book.labels
    assert known_again.apart == {"/b\udcff"}
    shown = known_again.look_at("/a\udcff", ["z\udcff.png", "bytes:%ff.png", "x.png", "new.png"], again)
    assert again.numbers(shown.folder, shown.pictures).tolist() == [1, 2, 2, 0]


def test_where_there_is_nothing_to_keep_nothing_is_kept():
    assert to_plain(LabelBook(), KnownPictures()) == {}


NONSENSE = [None, 3, "x", [], {}, {"version": "2"}, {"version": 0},
            {"version": 1, "labels": 3, "pictures": 4, "apart": 5},
            {"version": 1, "labels": [[0, "a", "#e69f00"], [100, "a", ""], ["1", "a", ""], [1, " ", ""], [1]]},
            {"version": 1, "pictures": {"/a": {"1": ["x"]}, 3: 4}, "apart": [1, ["a"]]}]


@pytest.mark.parametrize("plain", NONSENSE, ids=repr)
def test_nonsense_in_saved_labels_is_left_out(plain):
    book, known = from_plain(plain)
    assert book.labels == ()
    assert sum(int(np.count_nonzero(marks)) for marks in book.marks.values()) == 0
    assert known.apart == frozenset()


def test_labels_of_a_later_version_are_refused_so_that_nobody_takes_them_for_none():
    with pytest.raises(WrongUse, match="made by a newer version of this add-on. Update it to see them"):
        from_plain({"version": 2, "labels": [[1, "a", ""]]})


def test_what_makes_sense_beside_nonsense_is_kept():
    plain = {"version": 1, "labels": [[2, "a", "red"], [2, "b", "#56b4e9"], [3, "A", "#56b4e9"], [4, "c", "#56b4e9"]],
             "pictures": {"/a": {"2": ["x", 5], "9": ["y"], "4": "z"}}}
    book, known = from_plain(plain)
    assert [(label.number, label.name, label.color) for label in book.labels] == [
        (2, "a", COLORS[0]), (4, "c", "#56b4e9")]
    assert known.numbers["/a"] == {"x": 0}
    assert book.marks["/a"].tolist() == [2]


def test_all_of_100_000_pictures_are_labeled_and_undone_within_20_ms():
    _, shown = known_of("/a", [f"plate/well/p{row}.png" for row in range(MANY)])
    history = LabelHistory(LabelBook().add())
    seconds = []
    for _ in range(3):
        seconds.append(slot_s(lambda: history.do(history.book.put(shown.folder, shown.pictures, 1), "all")))
        seconds.append(slot_s(lambda: changed_elsewhere(history.undo(), shown.folder, shown.pictures)))
    assert min(seconds[::2]) < LABEL_ALL_S
    assert min(seconds[1::2]) < LABEL_ALL_S
