"""What a graphics card has no room for runs in smaller batches, then on the processor; both are told."""

import dataclasses

import numpy as np
import pytest
from counting import Counting, aged
from made import encoded

from orangecontrib.imaging.core import embed as embed_module
from orangecontrib.imaging.core.device import find_device
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import NoRoom
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


class WithoutRoom(Counting):
    """A graphics card whose memory these pictures, by brightness, do not fit into."""

    def __init__(self, large):
        super().__init__()
        self.large = large

    def embed(self, pictures, halving=False):
        if any(int(picture.mean()) in self.large for picture in pictures):
            raise NoRoom("full")
        return super().embed(pictures)


class RoomWhenHalving(WithoutRoom):
    """A graphics card whose memory these pictures fit into only in smaller batches."""

    def embed(self, pictures, halving=False):
        return Counting.embed(self, pictures) if halving else super().embed(pictures)


@pytest.fixture
def small_card(monkeypatch, tmp_path):
    """Pictures 0 … 5, each of one grey; a pretended card of half precision; what the processor loads and sees."""
    card = dataclasses.replace(find_device("cpu", 2), name="cuda", title="Pretended card", precision="fp16", batch=3)
    processor, loaded = Counting(), []

    def load(model, weights, options, device, models):
        if device.name == "cuda":
            return networks[0]
        loaded.append((options, device))
        return processor

    networks = []
    monkeypatch.setattr(embed_module, "load_network", load)
    monkeypatch.setattr(embed_module, "find_device", lambda name, *_: find_device("cpu", 2) if name == "cpu" else card)
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    for number, path in enumerate(paths):
        path.write_bytes(encoded(np.full((9, 9, 3), 10 * number, np.uint8), "PNG"))
    return aged(paths), networks, processor, loaded


@pytest.mark.parametrize(("options", "moved"), [
    (Options(precision="fp16"), [3, 4, 5]),  # their batch
    (Options(precision="fp16", fit="dense", scales=(64,)), [4]),  # pictures run alone
], ids=["squares", "dense"])
def test_what_the_graphics_card_has_no_room_for_runs_exactly_on_the_processor_told_and_not_kept(
        small_card, store, options, moved):
    paths, networks, processor, loaded = small_card
    networks.append(WithoutRoom({40}))
    found = embed(paths, options=options, store=store)
    assert found.rows.tolist() == list(range(6))
    np.testing.assert_array_equal(found.vectors[:, 0], 10.0 * np.arange(6))
    assert (found.computed, processor.pictures, networks[0].pictures) == (6, len(moved), 6 - len(moved))
    assert {(one.precision, one.fit, device.name) for one, device in loaded} == {("fp32", options.fit, "cpu")}
    pictures = "1 picture, so the processor computed its vector" if moved == [4] else (
        "3 pictures, so the processor computed their vectors")
    assert [note[:note.index(" in full")] for note in found.notes] == [
        f"The graphics card (Pretended card) had no room for {pictures}"]
    assert "not kept" in found.notes[0]
    networks[0] = Counting()
    again = embed(paths, options=options, store=store)
    assert (again.computed, again.notes) == (len(moved), ())


def test_what_the_graphics_card_has_room_for_in_smaller_batches_only_is_told_and_not_kept(small_card, store):
    paths, networks, processor, _ = small_card
    networks.append(RoomWhenHalving({40}))
    options = Options(precision="fp16")
    found = embed(paths, options=options, store=store)
    np.testing.assert_array_equal(found.vectors[:, 0], 10.0 * np.arange(6))
    assert (found.computed, processor.pictures, networks[0].pictures) == (6, 0, 6)
    assert found.notes == (
        "The graphics card (Pretended card) had no room for 3 pictures at once, so it computed their vectors in "
        "smaller batches; they may differ slightly, and are not kept in the store. Close other programs that use the "
        "graphics card, or choose CPU.",)
    networks[0] = Counting()
    again = embed(paths, options=options, store=store)
    assert (again.computed, again.notes) == (3, ())


def test_a_large_batch_of_the_graphics_card_is_seen_by_the_processor_in_its_own_batches(small_card, monkeypatch):
    paths, networks, processor, _ = small_card
    networks.append(WithoutRoom(range(256)))
    card = dataclasses.replace(embed_module.find_device("cuda"), batch=64)
    monkeypatch.setattr(embed_module, "find_device", lambda name, *_: find_device("cpu") if name == "cpu" else card)
    found = embed(paths, options=Options(precision="fp16"))
    np.testing.assert_array_equal(found.vectors[:, 0], 10.0 * np.arange(6))
    assert processor.batches == [4, 2]
