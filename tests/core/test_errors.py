"""The errors' tree and what they say."""

import inspect
import re

import pytest

from orangecontrib.imaging.core import errors
from orangecontrib.imaging.core.errors import ImagingError, UnknownLayer, UnknownNetwork, UnreadableImage, WrongUse


def test_the_tree_drawn_in_the_module_is_the_tree_of_the_classes():
    drawn = {}
    above = {}
    for line in errors.__doc__.splitlines():
        if found := re.match(r"([│ ]*)(?:├── |└── )?([A-Z][A-Za-z]+)(?:   |$)", line):
            depth = 0 if found[2] == "ImagingError" else 1 + len(found[1]) // 4
            drawn[found[2]] = above.get(depth - 1, "Exception")
            above[depth] = found[2]
    classes = {name: kind.__base__.__name__ for name, kind in inspect.getmembers(errors, inspect.isclass)
               if issubclass(kind, ImagingError)}
    assert drawn == classes


@pytest.mark.parametrize(("error", "words"), [
    (UnknownNetwork("squeezent", ["squeezenet", "vgg16"]),
     "'squeezent' is not a network; did you mean 'squeezenet'? 'orange-imaging models' lists all."),
    (UnknownNetwork("zzz", ["squeezenet"]), "'zzz' is not a network. 'orange-imaging models' lists all."),
    (UnknownLayer("logit", "squeezenet", iter(["penultimate", "logits"])),
     "squeezenet has no layer 'logit'; did you mean 'logits'? It has: penultimate, logits."),
])
def test_an_unknown_name_is_answered_with_the_nearest_and_with_what_there_is(error, words):
    assert str(error) == words
    assert isinstance(error, WrongUse)


def test_an_unreadable_image_names_file_and_reason_in_text_that_every_terminal_can_print():
    error = UnreadableImage("/a/b\udcff.png", "the file is empty")
    assert str(error) == "bytes:/a/b%FF.png: the file is empty"
    assert (error.path, error.reason) == ("/a/b\udcff.png", "the file is empty")
    str(error).encode("utf-8")
