"""A network in name only, for tests of what happens around it, and pictures that the store trusts."""

import os
import threading

import numpy as np


class Counting:
    """In the network's place: fast, tells the pictures apart, counts them."""

    def __init__(self, dimension=512):
        self.pictures = 0
        self.batches = []
        self._dimension = dimension
        self._lock = threading.Lock()

    def fit(self, pixels):
        return pixels.mean(axis=(0, 1), keepdims=True)

    def embed(self, pictures):
        with self._lock:
            self.pictures += len(pictures)
            self.batches.append(len(pictures))
        return np.stack([self.vector(picture) for picture in pictures])

    def vector(self, picture):
        return np.resize(picture.mean(axis=(0, 1)), self._dimension).astype(np.float32)


def aged(paths):
    """As if changed an hour ago: the store trusts them."""
    for path in paths:
        state = os.stat(path)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns - 3600 * 10**9))
    return paths
