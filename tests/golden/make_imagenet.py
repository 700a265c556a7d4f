"""Writes imagenet.npz: what torchvision's networks, with seeded weights, say of one made picture.

Independent of ours on purpose: Pillow resizes, torchvision normalises and runs; the vector is caught at the entrance of
the last linear layer. Kept are its first 64 numbers. Run by hand, from the root of the source tree, when the picture,
the seeds or the list of networks change:  python tests/golden/make_imagenet.py
"""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torchvision.models import get_model_weights
from torchvision.transforms.functional import InterpolationMode, normalize, pil_to_tensor

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from made import pixels  # noqa: E402
from seeded import seeded_network  # noqa: E402

KEPT = 64
FILTERS = {InterpolationMode.BILINEAR: Image.Resampling.BILINEAR, InterpolationMode.BICUBIC: Image.Resampling.BICUBIC}


def golden_picture():
    """(300, 400, 3) uint8."""
    return pixels(300, 400, seed=11)


def reference_input(picture, name):
    """(1, 3, side, side) float32: the whole picture as a square, by Pillow, rows first in any version of it."""
    transforms = get_model_weights(name).DEFAULT.transforms()
    side, filter = transforms.crop_size[0], FILTERS[transforms.interpolation]
    rows = Image.fromarray(picture).resize((side, picture.shape[0]), filter)
    image = pil_to_tensor(rows.resize((side, side), filter)).float() / 255
    return normalize(image, transforms.mean, transforms.std)[None]


def penultimate(net, batch):
    """The exact input of the last linear layer, (n, dimension) float32."""
    caught = []
    last = [module for module in net.modules() if isinstance(module, nn.Linear)][-1]
    handle = last.register_forward_pre_hook(lambda module, given: caught.append(given[0].clone()))
    with torch.inference_mode():
        net(batch)
    handle.remove()
    return caught[0].numpy()


def main(names):
    """Write the golden numbers of these networks."""
    found = {}
    for name in names:
        side = get_model_weights(name).DEFAULT.transforms().crop_size[0]
        vector = penultimate(seeded_network(name, side), reference_input(golden_picture(), name))[0]
        found[name] = vector[:KEPT]
        print(name, vector.shape, vector.std())
    np.savez_compressed(HERE / "imagenet.npz", **found)


if __name__ == "__main__":
    from orangecontrib.imaging.core.cards import network_cards
    main([card.name for card in network_cards() if card.weights.url])
