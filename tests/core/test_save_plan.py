"""Where pictures would be written: decided without a disk, no two rows in one file."""

import random
import time

import pytest

from orangecontrib.imaging.core.errors import Cancelled, WrongUse
from orangecontrib.imaging.core.save_plan import Form, Wanted, plan_saving

COPY, PNG = Form(), Form("png")


def plan(wanted, form=COPY, if_exists="number", there=None):
    return plan_saving(wanted, form, if_exists, lambda folder: (there or {}).get(folder, {}))


def targets(*wanted, **options):
    return [file.target for file in plan(wanted, **options).files()]


def reasons(*wanted, **options):
    return [(one.row, one.reason) for one in plan(wanted, **options).skipped]


def named(*names, **more):
    return [Wanted(row, f"/in/{row}.tif", name=name, **more) for row, name in enumerate(names)]


def test_a_copy_keeps_the_name_and_the_ending_of_its_file():
    wanted = [Wanted(0, "/in/Cell 1.ome.TIF"), Wanted(1, "/in/plate.zip/A01/1.jpg"), Wanted(2, "/in/noending"),
              Wanted(3, "/in/a.data"), Wanted(4, "/in/a.jpg.png")]
    assert targets(*wanted) == ["Cell 1.ome.TIF", "1.jpg", "noending", "a.data", "a.jpg.png"]


@pytest.mark.parametrize(("format", "suffix"), [("png", ".png"), ("jpeg", ".jpg"), ("tiff", ".tif")])
def test_what_is_written_anew_is_named_by_its_format(format, suffix):
    assert targets(Wanted(0, "/in/a.czi"), Wanted(1, "/in/1.5"), form=Form(format)) == [f"a{suffix}", f"1.5{suffix}"]


def test_sub_folders_and_names_come_from_columns_in_their_order():
    wanted = [Wanted(0, "/in/x.tif", ("SN", "day 1"), "p1_A01"), Wanted(1, "/in/y.tif", ("", "3.14"), "cell.png")]
    assert targets(*wanted, form=PNG) == ["SN/day 1/p1_A01.png", "no value/3.14/cell.png"]


@pytest.mark.parametrize("evil", ["..", "../..", "/etc", "C:\\x", "\\\\server\\x", "a\0b", "~", "..\\.."])
def test_no_value_of_a_column_leads_out_of_the_folder(evil):
    for target in targets(Wanted(0, "/in/x.tif", (evil, evil), evil), form=PNG):
        parts = target.split("/")
        assert len(parts) == 3
        assert not {"", ".", ".."} & set(parts)
        assert not set(target) & set("\\:\0")


def test_two_rows_never_become_one_file_whatever_case_their_names_have():
    assert targets(*named("A", "a", "A", "b"), form=PNG) == ["A.png", "a (2).png", "A (3).png", "b.png"]
    assert targets(*named("A", "a"), form=PNG, if_exists="replace") == ["A.png", "a (2).png"]
    assert targets(*named("e\u0301", "\u00e9"), form=PNG) == ["\u00e9.png", "\u00e9 (2).png"]


def test_two_values_never_share_a_sub_folder():
    values = ["a/b", "a:b", "A_b", "a/b", "", "no value"]
    wanted = [Wanted(row, f"/in/{row}.png", (value,)) for row, value in enumerate(values)]
    assert targets(*wanted) == ["a_b/0.png", "a_b (2)/1.png", "A_b (3)/2.png", "a_b/3.png", "no value/4.png",
                                "no value (2)/5.png"]


THERE = {"": {"A.png": "file", "b.png": "folder", "c.png": "link", "SN": "folder", "file": "file", "link": "link"},
         "SN": {"a.png": "file"}}


def test_files_that_are_there_are_kept_and_new_ones_numbered():
    assert targets(*named("a", "b", "c", "a"), form=PNG, there=THERE) == [
        "a (2).png", "b (2).png", "c (2).png", "a (3).png"]


def test_or_new_ones_are_left_out():
    wanted = named("a", "d", "d")
    assert targets(*wanted, form=PNG, if_exists="skip", there=THERE) == ["d.png", "d (2).png"]
    assert reasons(*wanted, form=PNG, if_exists="skip", there=THERE) == [(0, "'a.png' is there already")]


def test_or_files_are_replaced_but_neither_folders_nor_links():
    wanted = named("a", "b", "c", "d", "a")
    found = plan(wanted, PNG, "replace", THERE)
    assert [(file.target, file.action) for file in found.files()] == [
        ("a.png", "replaced"), ("d.png", "new"), ("a (2).png", "numbered")]
    assert [one.reason for one in found.skipped] == ["'b.png' is a folder, which is not replaced",
                                                     "'c.png' is a link, which is not replaced"]


def test_saving_again_replaces_or_skips_the_very_same_files():
    wanted = named("a", "a", "b")
    first = targets(*wanted, form=PNG)
    there = {"": dict.fromkeys(first, "file")}
    assert targets(*wanted, form=PNG, if_exists="replace", there=there) == first
    assert targets(*wanted, form=PNG, if_exists="skip", there=there) == []


def test_a_folder_that_is_there_is_used_a_file_or_link_of_its_name_is_not():
    wanted = [Wanted(row, f"/in/{name}.png", (folder,)) for row, (folder, name) in enumerate(
        [("SN", "a"), ("SN", "b"), ("file", "a"), ("link", "a"), ("FILE", "a")])]
    assert targets(*wanted, there=THERE) == ["SN/a (2).png", "SN/b.png", "FILE (2)/a.png"]
    assert reasons(*wanted, there=THERE) == [(2, "'file' is a file, and no folder to write in"),
                                             (3, "'link' is a link, and no folder to write in")]


def test_files_of_channels_are_copied_each_under_its_own_name_and_written_as_one_picture():
    one = Wanted(3, "/in/a_ch1.tif|/in/a_ch2.tif", ("SN",), is_joined=True)
    assert targets(one) == ["SN/a_ch1.tif", "SN/a_ch2.tif"]
    assert targets(Wanted(3, one.path, name="well", is_joined=True)) == ["well_a_ch1.tif", "well_a_ch2.tif"]
    assert targets(one, form=PNG) == ["SN/a_ch1.png"]


def test_a_tile_is_written_as_png_under_the_name_of_its_slide_and_its_place(tmp_path):
    slide = tmp_path / "s1.svs"
    slide.write_bytes(b"x")
    file, = plan([Wanted(0, f"{slide}/tile 256 at 0,512")]).files()
    assert (file.target, file.copies) == ("s1 tile 256 at 0,512.png", False)


def test_a_slide_whose_pixels_lie_in_other_files_is_not_copied():
    assert "copy its folder yourself" in reasons(Wanted(0, "/in/s.mrxs"))[0][1]
    assert targets(Wanted(0, "/in/s.mrxs"), form=PNG) == ["s.png"]


def test_a_picture_of_the_web_has_the_name_in_its_address_and_the_ending_of_its_copy():
    url = "https://example.org/x/cell%201?size=9"
    assert targets(Wanted(0, url, copy="/cache/0a1b.jpg"), Wanted(1, "https://example.org/b.png")) == [
        "cell 1.jpg", "b.png"]


@pytest.mark.parametrize("form", [COPY, PNG])
def test_an_address_that_is_none_still_gives_a_name(form):
    assert targets(Wanted(0, "http://[a/x/b%201.png?size=9#top"), form=form) == ["b 1.png"]


def test_it_has_the_ending_in_its_address_before_it_was_fetched():
    assert targets(Wanted(0, "https://example.org/b.png?size=9", name="A01")) == ["A01.png"]


def test_twenty_thousand_rows_are_planned_within_a_second():
    draw = random.Random(1)
    wanted = [Wanted(row, f"/in/{draw.randrange(9000)}.png", (f"class {row % 7}",)) for row in range(20_000)]
    times = []
    for _ in range(3):
        start = time.thread_time()
        found = plan(wanted)
        times.append(time.thread_time() - start)
    assert len({file.target.casefold() for file in found.files()}) == 20_000
    assert min(times) < 1


@pytest.mark.parametrize("options", [{"format": "gif"}, {"quality": 0}, {"quality": True}, {"longest_px": 10**6},
                                     {"size": "huge"}, {"fit": "dense"}])
def test_a_form_that_cannot_be_is_refused(options):
    with pytest.raises(WrongUse, match="is not a choice for"):
        Form(**options)


def test_a_plan_that_nobody_waits_for_ends():
    asked = []
    with pytest.raises(Cancelled):
        plan_saving(named(*"abcd"), PNG, "number", lambda folder: {}, lambda: asked.append(1) or len(asked) > 2)
    assert len(asked) == 3


def test_what_cannot_be_planned_is_refused():
    with pytest.raises(WrongUse, match="if_exists"):
        plan([], if_exists="delete")
    with pytest.raises(WrongUse, match="8 deep"):
        plan([Wanted(0, "/in/a.png", ("x",) * 9)])
