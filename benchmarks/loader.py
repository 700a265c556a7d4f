"""Time torch's DataLoader with two workers on a folder, as tutorials write it; prints one line of JSON.

usage: python loader.py FOLDER NAME IMAGES

NAME is torchvision's; random weights, Pillow, torchvision's transforms, batches of 8, torch's own number of threads.
The pictures of the folder are gone through as often as needed. rate: images/s, the start of the workers included.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import models, transforms

SIZE_PX = {"squeezenet1_1": 227, "inception_v3": 299}
ARGUMENTS = {"inception_v3": {"init_weights": False}}


class Pictures(Dataset):
    """The pictures at these paths, each (3, side, side) float32, normalised."""

    def __init__(self, paths: Sequence[Path], side_px: int) -> None:
        """Nothing is read yet."""
        self.paths = paths
        self.transform = transforms.Compose([
            transforms.Resize((side_px, side_px)), transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> Tensor:
        with Image.open(self.paths[row]) as picture:
            return self.transform(picture.convert("RGB"))


def main(folder: str, name: str, images: str) -> None:
    """Load the network, then time one pass."""
    net = models.get_model(name, weights=None, **ARGUMENTS.get(name, {})).eval()
    paths = list(islice(cycle(sorted(Path(folder).glob("*.jpg"))), int(images)))
    pictures = Pictures(paths, SIZE_PX.get(name, 224))
    started = time.perf_counter()
    with torch.inference_mode():
        vectors = torch.cat([net(batch) for batch in DataLoader(pictures, batch_size=8, num_workers=2)])
    print(json.dumps({"rate": len(vectors) / (time.perf_counter() - started)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
