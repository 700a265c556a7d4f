"""The sample sets that are made for lessons: each has the one trait that its lesson is about."""

from collections import Counter
from zlib import crc32

import numpy as np
import pytest

from orangecontrib.imaging.core.samples import SAMPLE_SETS
from orangecontrib.imaging.core.samples.algae import ALGA_CLASSES, draw_on_other_ground, draw_on_own_ground
from orangecontrib.imaging.core.samples.mislabeled import MISLABELED_CLASSES, choose_drawn
from orangecontrib.imaging.core.samples.optics import Camera, expose, photograph


def line_share(pixels):
    """How much of a picture's detail lies in its strongest wave, 0 to 1: much where lines are evenly spaced."""
    power = np.abs(np.fft.rfft2(pixels.astype(float))) ** 2
    y, x = np.ogrid[:power.shape[0], :power.shape[1]]
    detail = power[np.hypot(np.minimum(y, len(power) - y), x) > 4]
    return detail.max() / detail.sum()


def drawn(drawer, category):
    return [drawer(category, np.random.default_rng([5, number])) for number in range(12)]


def test_the_ground_goes_with_the_kind_in_one_set_and_with_the_other_kind_in_the_next():
    share = {(drawer, kind): np.median([line_share(one) for one in drawn(drawer, kind)])
             for drawer in (draw_on_own_ground, draw_on_other_ground) for kind in ALGA_CLASSES}
    assert share[draw_on_own_ground, "long"] > 1.5 * share[draw_on_own_ground, "round"]
    assert share[draw_on_other_ground, "round"] > 1.5 * share[draw_on_other_ground, "long"]


def test_in_the_mixed_set_both_grounds_lie_under_both_kinds():
    mixed = SAMPLE_SETS["backgrounds-mixed"]
    for kind in ALGA_CLASSES:
        key = [0, crc32(b"backgrounds-mixed"), crc32(kind.encode())]
        grounds = Counter(str(np.random.default_rng([*key, number]).choice(("specks", "lines")))
                          for number in range(1, mixed.per_class + 1))
        assert min(grounds.values()) >= 10, kind


def test_six_of_a_hundred_pictures_lie_in_the_wrong_folder():
    key = [0, crc32(b"mislabeled")]
    wrong = [f"{folder}_{number:03}" for folder in MISLABELED_CLASSES for number in range(1, 51)
             if choose_drawn(folder, np.random.default_rng([*key, crc32(folder.encode()), number])) != folder]
    assert wrong == ["ER_010", "ER_023", "ER_037", "ER_041", "nucleus_012", "nucleus_029"]


def test_stained_nuclei_differ_in_counts_and_use_a_small_part_of_16_bits():
    stained = SAMPLE_SETS["stained"]
    bright = {kind: [float(np.percentile(stained.draw(kind, number), 99.5)) for number in range(1, 21)]
              for kind in stained.classes}
    assert np.median(bright["strong"]) > 1.7 * np.median(bright["weak"])
    assert max(max(counts) for counts in bright.values()) < 4096 / 2
    assert stained.draw("weak", 1).dtype == np.uint16


@pytest.mark.parametrize("photons", [50, 800])
def test_what_is_exposed_has_the_density_of_the_plane_and_the_noise_of_photons(photons):
    camera = Camera(0.5, 0, photons, 0, 0, 0)
    seen = expose(np.full((200, 200), 2, np.float32), camera, np.random.default_rng(1))
    assert seen.mean() == pytest.approx(2, rel=0.01)
    assert seen.std() == pytest.approx(np.sqrt(2 / photons), rel=0.03)
    assert photograph(np.full((200, 200), 2, np.float32), camera, np.random.default_rng(1)).std() > 3
