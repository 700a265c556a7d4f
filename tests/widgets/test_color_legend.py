"""What colors stand for: one rule for how many names are shown, in text, on a map and in print."""

import pytest

from orangecontrib.imaging.widgets.parts.color_legend import legend_text, shown_entries

ENTRIES = [(f"name <{number}>", (number, 0, 255)) for number in range(33)]


@pytest.mark.parametrize(("count", "most", "others"), [(0, 30, 0), (30, 30, 0), (31, 30, 1), (33, 14, 19)])
def test_of_more_than_are_shown_the_others_are_counted(count, most, others):
    counted = [(f"and {others} more", None)] if others else []
    assert shown_entries(ENTRIES[:count], most) == [*ENTRIES[:count][:most], *counted]


def test_a_text_has_thirty_names_in_their_colors_and_how_many_more_there_are():
    first, *_, last, others = legend_text(ENTRIES).split(" &nbsp; ")
    assert first == '<span style="color:#0000ff">■</span>&nbsp;name&nbsp;&lt;0&gt;'
    assert last == '<span style="color:#1d00ff">■</span>&nbsp;name&nbsp;&lt;29&gt;'
    assert others == "and 3 more"
    assert legend_text([]) == ""
