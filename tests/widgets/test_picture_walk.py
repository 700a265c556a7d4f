"""Which rows a window of pictures shows, and which come next."""

import numpy as np
from slots import SLOT_S, slot_s

from orangecontrib.imaging.widgets.parts.picture_walk import PictureWalk


def walk(count, row=None, order=None, compared=(), beside=False):
    """A walk through so many rows that stands at one of them."""
    one = PictureWalk()
    one.start(count)
    if order is not None:
        one.set_order(order)
    one.set_compared(compared)
    one.row = row
    one.stand_beside(beside)
    return one


def test_nothing_is_shown_before_a_row_is_chosen():
    one = walk(3)
    assert (one.rows, one.near, one.can_step(1), one.can_step(-1)) == ((), (), False, False)
    one.step(1)
    assert one.row is None


def test_one_row_is_shown_and_its_neighbours_come_next():
    assert (walk(5, 2).rows, walk(5, 2).near) == ((2,), (3, 1))
    assert (walk(5, 0).near, walk(5, 4).near) == ((1,), (3,))
    assert walk(5, 3, order=(4, 3, 0)).near == (0, 4)


def test_side_by_side_stand_the_row_and_the_next_one_and_at_the_end_the_last_two():
    assert walk(5, 2, beside=True).rows == (2, 3)
    assert walk(5, 4, beside=True).rows == (3, 4)
    assert (walk(5, 2, beside=True).near, walk(1, 0, beside=True).rows) == ((4, 1), (0,))


def test_side_by_side_the_last_row_is_gone_to_by_its_pair():
    one = walk(5, 2, beside=True)
    one.go_to(4)
    assert (one.row, one.rows, one.place) == (3, (3, 4), 3)
    one.go_to(1)
    assert (one.row, one.rows) == (1, (1, 2))


def test_of_compared_rows_four_stand_side_by_side_and_steps_shift_them_by_one():
    one = walk(9, 8, compared=(1, 2, 3, 5, 7, 8), beside=True)
    assert (one.rows, one.can_step(1)) == ((3, 5, 7, 8), False)
    one.step(-1)
    assert (one.row, one.rows, one.near) == (2, (2, 3, 5, 7), (8, 1))


def test_one_compared_row_is_not_enough():
    assert walk(9, 4, compared=(1,), beside=True).rows == (4, 5)


def test_other_rows_begin_a_new_walk():
    one = walk(9, 4, compared=(1, 2), beside=True)
    one.start(2)
    assert (one.row, one.is_beside, one.count) == (None, False, 2)
    one.row = 0
    assert (one.near, one.place) == ((1,), 0)


def test_side_by_side_another_order_leaves_all_that_stand_in_it():
    one = walk(9, 4, beside=True)
    one.set_order((7, 8, 4))
    assert (one.row, one.rows, one.place) == (8, (8, 4), 1)


def test_without_rows_side_by_side_is_empty():
    assert walk(3, order=(), beside=True).rows == ()


def test_a_step_through_very_many_rows_takes_no_time():
    one = walk(1_000_000, 7, order=np.arange(1_000_000)[::-1])
    assert slot_s(lambda: one.set_order(np.arange(1_000_000))) < SLOT_S
    one.set_order(np.arange(1_000_000)[::-1])
    assert slot_s(lambda: (one.step(-1), one.rows, one.near, one.can_step(1))) < SLOT_S / 10
