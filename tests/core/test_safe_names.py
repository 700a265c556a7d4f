"""Whatever text a name is made of, every system takes it, and no two of them are one file."""

import os
import random
import unicodedata

import pytest

from orangecontrib.imaging.core.paths import escape_path
from orangecontrib.imaging.core.safe_names import (
    MOST_BYTES,
    Taken,
    case_key,
    numbered,
    safe_name,
    safe_suffix,
    without_picture_suffix,
)

DEVICES = ["CON", "prn", "Aux", "NUL", "COM1", "com9", "LPT1", "lpt³", "CONIN$", "nul.tar", "CON .txt"]


@pytest.mark.parametrize(("text", "name"), [
    ("cell 01", "cell 01"), ("../../etc/passwd", "_._.._etc_passwd"), ("..", "unnamed"), (".", "unnamed"),
    ("/etc", "_etc"), ("C:\\Windows", "C__Windows"), ("\\\\server\\share", "__server_share"), ("a\0b", "a_b"),
    ("a\nb\tc", "a_b_c"), ("", "unnamed"), ("   ", "unnamed"), ("a. . ", "a"), (".hidden", "_hidden"),
    ("what?*<>|\"", "what______"), ("exe\u202egnp", "exe_gnp"), ("e\u0301", "\u00e9"), ("細胞 Žlička", "細胞 Žlička")])
def test_what_a_system_refuses_is_replaced_and_the_rest_stays(text, name):
    assert safe_name(text) == name


@pytest.mark.parametrize("device", DEVICES)
def test_names_of_devices_get_a_letter_in_front_with_an_ending_too(device):
    assert safe_name(device) == "_" + device
    assert safe_name(device, ".png") == f"_{device}.png"


@pytest.mark.parametrize("name", ["conifer", "com", "com10", "auxin", "null", "console.log"])
def test_names_that_only_begin_like_a_device_stay(name):
    assert safe_name(name) == name


def test_a_name_that_is_not_utf8_becomes_one_that_is_also_in_its_escaped_form():
    name = os.fsdecode(b"z\xff1")
    assert safe_name(name) == safe_name(escape_path(name)) == "z_1"


@pytest.mark.parametrize("letter", ["a", "ž", "細", "🔬", "e\u0323\u0301", "x\u0304"])
def test_a_long_name_keeps_its_ending_and_no_letter_is_cut_in_two(letter):
    name = safe_name(letter * 300, ".tiff")
    whole = unicodedata.normalize("NFC", letter)
    stem = name.removesuffix(".tiff")
    assert name.endswith(".tiff")
    assert MOST_BYTES - len(whole.encode()) < len(name.encode()) <= MOST_BYTES
    assert stem == whole * (len(stem) // len(whole))
    again = numbered(name, ".tiff", 12)
    assert again.endswith(" (12).tiff")
    assert len(again.encode()) <= MOST_BYTES


@pytest.mark.parametrize(("given", "kept"), [(".png", ".png"), (".TIF", ".TIF"), ("", ""), (".", ""), ("png", ""),
                                             ("./../x", ""), (".p g", ""), ("." + "a" * 99, ""), (".a\0", "")])
def test_an_ending_is_letters_or_nothing(given, kept):
    assert safe_suffix(given) == kept


@pytest.mark.parametrize(("name", "stem"), [("a.b.PNG", "a.b"), ("3.14", "3.14"), (".png", ".png"), ("a", "a")])
def test_only_the_ending_of_a_picture_is_taken_from_a_name(name, stem):
    assert without_picture_suffix(name) == stem


@pytest.mark.parametrize(("one", "other"), [("A.png", "a.PNG"), ("Ž", "ž"), ("e\u0301", "É"), ("straße", "STRASSE"),
                                            ("ſ", "S"), ("\u212a", "k")])
def test_names_that_some_system_takes_for_one_file_have_one_key(one, other):
    assert case_key(one) == case_key(other)


def test_names_in_use_get_the_next_free_number_whatever_their_case():
    taken = Taken(["a.png", "A (2).png"])
    assert [taken.take(name, ".png") for name in ("a.png", "A.PNG".replace("PNG", "png"), "b.png", "B.png")] == [
        "a (3).png", "A (4).png", "b.png", "B (2).png"]
    assert "b (2).PNG" in taken
    assert "c.png" not in taken


def test_any_text_gives_a_name_that_every_system_takes_and_no_two_are_alike():
    draw = random.Random(7)
    pieces = ["..", "/", "\\", "C:", "\0", ".", " ", "con", "NUL", "\u202e", "\ud800", "e\u0301", "\u0301", "細", "🔬",
              "a", "A", "ı", "İ", "ß", "~", "(2)", "\n", "bytes:%FF%00", "%2F", "\u3000", "\x85", "\uffff"]
    pieces += [chr(draw.randrange(0x110000)) for _ in range(400)]
    taken, keys = Taken(), set()
    for _ in range(20_000):
        text = "".join(draw.choices(pieces, k=draw.randrange(1, draw.choice([3, 6, 200]))))
        suffix = draw.choice(["", ".png", ".TIF", "./x", "." + draw.choice(pieces)])
        name = safe_name(text, suffix)
        name = taken.take(name, safe_suffix(suffix))
        assert 0 < len(name.encode("utf-8")) <= MOST_BYTES, repr(text)
        assert not set(name) & set('<>:"/\\|?*'), repr(text)
        assert {name[0], name[-1]}.isdisjoint(". "), repr(text)
        assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name), repr(text)
        assert name == unicodedata.normalize("NFC", name), repr(text)
        assert name.split(".")[0].rstrip().upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}, repr(text)
        assert name.endswith(safe_suffix(suffix))
        keys.add(name.casefold())
    assert len(keys) == 20_000
