"""Patterns take the names of files apart as plate readers and people put them together."""

import re

import pytest

from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.name_patterns import READY_PATTERNS, parse_pattern, suggest_pattern

# As their makers' manuals and published data sets name them.
NAMES = {
    "ImageXpress, MetaXpress": (
        "Week1_22123/Week1_22123_G10_s2_w1BEDC2073-A983-4B98-95E9-84466707A25D.tif",
        {"plate": "Week1_22123", "well": "G10", "site": "2", "channel": "1"}),
    "ImageXpress, one site": ("AS_09125_A01_w2.tif", {"plate": "AS_09125", "well": "A01", "channel": "2"}),
    "Operetta, Opera Phenix": (
        "Images/r02c03f04p01-ch2sk1fk1fl1.tiff",
        {"row": "02", "column": "03", "site": "04", "plane": "01", "channel": "2", "time": "1"}),
    "CellVoyager": (
        "AssayPlate_Greiner_#655090_A01_T0001F002L01A03Z04C05.tif",
        {"plate": "AssayPlate_Greiner_#655090", "well": "A01", "time": "0001", "site": "002", "plane": "04",
         "channel": "05"}),
    "ScanR": ("A1--W00001--P00002--Z00003--T00004--DAPI.tif",
              {"well": "A1", "site": "00002", "plane": "00003", "time": "00004", "channel": "DAPI"}),
    "IN Cell Analyzer": ("B - 2(fld 1 wv DAPI - DAPI).tif",
                         {"row": "B", "column": "2", "site": "1", "channel": "DAPI - DAPI"}),
    "CellInsight, ArrayScan": ("MFGTMP_120628150001_A01f00d1.TIF",
                               {"plate": "MFGTMP_120628150001", "well": "A01", "site": "00", "channel": "1"}),
    "Micro-Manager": ("Pos0/img_channel001_position002_time000000003_z004.tif",
                      {"channel": "001", "site": "002", "time": "000000003", "plane": "004"}),
    "Plate, well, site, channel": ("p1_B02_3_GFP.png", {"plate": "p1", "well": "B02", "site": "3", "channel": "GFP"}),
    "Channels _w1, _w2, …": ("day 2/embryo_7_w1.tif", {"name": "embryo_7", "channel": "1"}),
    "Channels _ch1, _ch2, …": ("embryo_ch00.tif", {"name": "embryo", "channel": "00"}),
}


@pytest.mark.parametrize("reader", READY_PATTERNS)
def test_ready_patterns_fit_the_names_of_their_instruments(reader):
    name, parts = NAMES[reader]
    assert parse_pattern(READY_PATTERNS[reader]).match(name) == parts
    assert suggest_pattern([name]) == READY_PATTERNS[reader]


@pytest.mark.parametrize(("pattern", "name", "parts"), [
    ("{a}_{b}", "one_two_three.png", {"a": "one", "b": "two_three"}),
    ("{a}_*_{b}", "one_two_three_four.png", {"a": "one", "b": "three_four"}),
    ("{drug}/{plate}_{well}", "x/aspirin 5 µM/p1_A01.tif", {"drug": "aspirin 5 µM", "plate": "p1", "well": "A01"}),
    ("{year}/{month}/*", "2021/05/a.b.png", {"year": "2021", "month": "05"}),
    (" {a} ", "x.y.png", {"a": "x.y"}),
    ("{ the well : well }x", "A1x.png", {"the well": "A1"}),
    ("{n:digits}.{m:letters}", "12.ab.png", {"n": "12", "m": "ab"}),
    ("(+{a})", "(+b).png", {"a": "b"}),
    ("{plate}_{well:well}_*", "P1_s3_AF48_w1.png", {"plate": "P1_s3", "well": "AF48"}),
    ("{plate}_{well}_s{site}_w{channel}", "P1_B02_s3_w1.tif", {"plate": "P1", "well": "B02", "site": "3",
                                                               "channel": "1"}),
    ("{plate}_{well}_s{site}_w{channel}", "Week1_22_B02_s3_w1.tif", {"plate": "Week1_22", "well": "B02", "site": "3",
                                                                     "channel": "1"}),
    ("{plate}_{well}_{site}_w{channel}", "P1_B02_s3_w1.tif", {"plate": "P1", "well": "B02", "site": "s3",
                                                              "channel": "1"}),
    ("{plate}_{well}_{site}", "P1_upper left_3.tif", {"plate": "P1", "well": "upper left", "site": "3"}),
])
def test_a_pattern_takes_a_name_apart(pattern, name, parts):
    assert parse_pattern(pattern).match(name) == parts


@pytest.mark.parametrize(("name", "channel"), [
    ("Week1_150607_B02_s1_w107447158-AC92-4E8B-9E4B-6A2F3A5A5B5C.tif", "1"),
    ("Week1_150607_B02_s4_w412345678-1234-5678-9012-345678901234.tif", "4"),
    ("Week1_150607_B02_s2_w2a6ed8f34-1234-4e8b-9e4b-6a2f3a5a5b5c.tif", "2"),
    ("Week1_150607_B02_s1_w1_thumb07447158-AC92-4E8B-9E4B-6A2F3A5A5B5C.tif", "1"),
    ("Week1_150607_B02_s1_w10.tif", "10")])
def test_the_wavelength_of_imagexpress_ends_where_its_guid_begins(name, channel):
    with_sites = parse_pattern(READY_PATTERNS["ImageXpress, MetaXpress"])
    one_site = parse_pattern(READY_PATTERNS["ImageXpress, one site"])
    assert with_sites.match(name)["channel"] == channel
    assert one_site.match(re.sub("_s[0-9]", "", name)) == {
        "plate": "Week1_150607", "well": "B02", "channel": channel}


def test_a_guid_that_is_a_part_stays_whole():
    guid = "07447158-AC92-4E8B-9E4B-6A2F3A5A5B5C"
    assert parse_pattern("{id}").match(f"{guid}.png") == {"id": guid}
    assert parse_pattern("p{plate:digits}{id}").match(f"p12{guid}.png") == {"plate": "12", "id": guid}


@pytest.mark.parametrize(("pattern", "name"), [
    ("{a}_{b}", "none.png"), ("{n:digits}", "a1.png"), ("{w:well}", "A123.png"), ("{d}/{a}", "a.png"),
    ("{a}_{b}", "_b.png"),
    ("{l:letters}", "a_b.png"), ("x{a}", "Xa.png"), ("{plate}_{well:well}_w{channel}", "P1_B02_s3_w1.png"),
    ("{w:well}1", "A1.png"), ("{w:well}", "AG1.png"), ("{w:well}", "a1.png")])
def test_what_does_not_fit_matches_nothing(pattern, name):
    assert parse_pattern(pattern).match(name) is None


@pytest.mark.parametrize(("text", "words"), [
    ("", "names no part"), ("plain", "names no part"), ("{a", "a brace is left open"), ("a}", "a brace is left open"),
    ("{a}{a}", "names 'a' twice"), ("{}", "a part has no name"), ("{:digits}", "a part has no name"),
    ("{folder}_{k}", "a part cannot be named 'folder', which stands for the sub-folder. Give it another name."),
    ("{a:numbers}", "'numbers' is not a kind of text. Choose from digits, letters, well.")])
def test_a_pattern_that_cannot_be_says_why(text, words):
    with pytest.raises(WrongUse) as refused:
        parse_pattern(text)
    assert words in str(refused.value)


def test_a_long_name_does_not_hang_a_pattern_of_many_parts():
    pattern = parse_pattern("_".join(f"{{p{number}}}" for number in range(8)) + "_end")
    assert pattern.match("_" * 200 + "a.png") is None


def test_the_first_pattern_that_more_than_half_of_the_names_fit_is_suggested():
    one_site = READY_PATTERNS["ImageXpress, one site"]
    assert suggest_pattern(["p_A01_w1.tif", "overview.tif"]) is None
    assert suggest_pattern(["p_A01_w1.tif", "overview.tif", "p_A02_w1.tif"]) == one_site
    assert suggest_pattern(["p_A01_w1.tif", "overview_w1.tif", "p_A02_w1.tif"]) == one_site
    assert suggest_pattern(["a.png", "b.png"]) is None
    assert suggest_pattern([]) is None
    assert suggest_pattern(["p_A01_s1_w1.tif", "p_A01_s2_w1.tif"]) == READY_PATTERNS["ImageXpress, MetaXpress"]
