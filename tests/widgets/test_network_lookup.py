"""What the disk tells of networks."""

from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.widgets.parts.network_lookup import Sight, first_sight, look


def test_at_first_sight_a_network_of_ours_is_known_and_a_file_is_not():
    assert first_sight("vgg16") == Sight("vgg16", find_card("vgg16"))
    assert first_sight("/lab/mine.pth") == Sight("/lab/mine.pth")
    assert first_sight("leaves").reason == (
        "No network here is called 'leaves'; an add-on that brought it may be missing.")


def test_a_look_finds_weights_in_the_folder_and_the_users_own_file(tmp_path):
    (tmp_path / find_card("alexnet").weights.file).write_bytes(b"x")
    (tmp_path / "mine.pth").write_bytes(b"x")
    (tmp_path / "mine.json").write_text('{"architecture": "resnet18"}')
    mine = str(tmp_path / "mine.pth")
    sight = look(mine, str(tmp_path))
    assert (sight.card.name, sight.reason) == (mine, "")
    assert sight.here == {"squeezenet", "alexnet", mine}


def test_a_look_at_a_file_that_is_gone_gives_the_reason(tmp_path):
    sight = look(str(tmp_path / "mine.pth"), "")
    assert sight.card is None
    assert "mine.pth: there is no such file." in sight.reason
    assert sight.here == {"squeezenet"}
