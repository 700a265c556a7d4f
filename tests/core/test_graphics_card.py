"""What is said where an NVIDIA card is there and torch does not use it."""

import ctypes

import pytest

from orangecontrib.imaging.core.graphics_card import Card, find_card, remedy

NONE, BARE, READY = Card(False, False), Card(True, False), Card(True, True)


def pci(folder, **devices):
    for name, (vendor, kind) in devices.items():
        (folder / name).mkdir()
        (folder / name / "vendor").write_text(f"{vendor}\n")
        (folder / name / "class").write_text(f"{kind}\n")
    return folder


@pytest.fixture
def loaded(monkeypatch):
    """The libraries that the system has; the names asked for are kept."""
    asked, there = [], set()

    def load(name):
        asked.append(name)
        if name not in there:
            raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", load)
    return asked, there


def test_a_card_is_found_among_the_devices_of_linux(tmp_path, loaded):
    devices = pci(tmp_path, disk=("0x144d", "0x010802"), card=("0x10de", "0x030000"))
    assert find_card("linux", devices) == BARE
    assert loaded[0] == ["libcuda.so.1"]


@pytest.mark.parametrize("other", [("0x10de", "0x040300"), ("0x1002", "0x030000"), ("0x8086", "0x030000")])
def test_the_sound_of_a_card_and_the_cards_of_others_are_none(tmp_path, loaded, other):
    assert find_card("linux", pci(tmp_path, device=other)) == NONE


@pytest.mark.parametrize(("system", "library"), [("linux", "libcuda.so.1"), ("win32", "nvcuda.dll")])
def test_where_there_is_the_driver_there_is_a_card(tmp_path, loaded, system, library):
    loaded[1].add(library)
    assert find_card(system, tmp_path / "absent") == READY
    assert find_card("darwin", tmp_path / "absent") == NONE


def test_a_device_that_tells_nothing_is_passed_over(tmp_path, loaded):
    (tmp_path / "silent").mkdir()
    assert find_card("linux", tmp_path) == NONE


@pytest.mark.parametrize(("card", "cuda", "system", "words"), [
    (NONE, None, "win32", ""),
    (NONE, "13.0", "linux", ""),
    (BARE, None, "linux", "its driver is not installed. Install NVIDIA's driver, and start the computer again."),
    (READY, "13.0", "linux", "older than torch for CUDA 13.0 needs. Update NVIDIA's driver; if"),
    (READY, None, "linux", 'Close Orange, and type in a terminal: "/my env/python" -m pip uninstall -y torch '
                           'torchvision && "/my env/python" -m pip install torch torchvision'),
    (READY, None, "win32", "Stable, Windows, Pip, Python and the highest CUDA. Close Orange."),
])
def test_each_case_has_its_own_remedy(card, cuda, system, words):
    found = remedy(card, cuda, system, "/my env/python")
    assert words in found if words else found == ""


def test_the_line_to_type_leaves_the_other_packages_of_orange_as_they_are():
    said = remedy(READY, None, "linux")
    assert "--force-reinstall" not in said  # which takes the newest NumPy, too, whatever Orange's packages allow
    assert "--upgrade" not in said


def test_the_python_of_a_windows_program_is_named_by_its_twin_that_shows_what_it_does_and_is_waited_for():
    said = remedy(READY, None, "win32", r"C:\Orange\pythonw.exe")
    assert said.endswith(r'"C:\Orange\python.exe" -m pip uninstall -y torch torchvision '
                         r'&& "C:\Orange\python.exe" -m pip install torch torchvision')
