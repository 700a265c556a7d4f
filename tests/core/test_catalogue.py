"""All networks by one name each: ours, added ones, files of one's own."""

import pytest

from orangecontrib.imaging.core.catalogue import all_cards, find_network, network_names
from orangecontrib.imaging.core.errors import UnknownNetwork, WrongUse


@pytest.mark.parametrize(("model", "names"), [
    ("squeezenet", ("squeezenet",)), ("squeezenet+resnet50", ("squeezenet", "resnet50")),
    ("vgg16+resnet18+alexnet", ("vgg16", "resnet18", "alexnet")), ("/tmp/C++/net.pth", ("/tmp/C++/net.pth",)),
    ("/tmp/C++/net.pth+resnet50", ("/tmp/C++/net.pth", "resnet50")), ("squeezenet+painters", ("squeezenet+painters",)),
], ids=str)
def test_names_joined_by_a_plus_are_networks_and_a_path_may_hold_one(model, names):
    assert network_names(model) == names


def test_networks_are_found_by_name_and_files_by_their_ending():
    assert find_network("vgg16").title == "VGG-16"
    assert all_cards()[0].name == "squeezenet"
    with pytest.raises(UnknownNetwork, match="did you mean 'vgg19'"):
        find_network("vgg61")
    with pytest.raises(WrongUse, match="there is no such file"):
        find_network("/nowhere/net.pth")


@pytest.mark.parametrize(("model", "words"), [
    ("squeezenet+painters", "'painters' is not a network. "),
    ("squeezenet+resnet5+vgg16", "'resnet5' is not a network; did you mean 'resnet50'? "),
    ("squeezent+resnet50", "'squeezent' is not a network; did you mean 'squeezenet'? "),
    ("squeezenet+", "'' is not a network. "),
])
def test_of_networks_joined_by_a_plus_the_unknown_one_is_named(model, words):
    with pytest.raises(UnknownNetwork) as caught:
        [find_network(name) for name in network_names(model)]
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("model", ["squeezenet+vgg16+/x/net.pth", "/x/net.pth+/x/other.onnx"])
def test_only_one_of_several_networks_may_be_a_file_and_it_comes_first(model):
    with pytest.raises(WrongUse) as caught:
        find_network(model)
    assert str(caught.value) == (f"{model}: of networks joined by + only one may be a file of your own, "
                                 "and it must come first.")
