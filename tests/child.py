"""Child processes for tests: the real worker, with a quick network in place of torch, and faults to order."""

import os
import sys
import time

PRELUDE = """
import os, sys, time
from contextlib import nullcontext
import numpy as np
from orangecontrib.imaging.core import embed, recipe, worker
from orangecontrib.imaging.core.device import Device

class Network:
    def fit(self, pixels):
        return pixels

    def embed(self, pictures):
        return np.stack([np.resize(picture.mean(axis=(0, 1)), 512).astype(np.float32) for picture in pictures])

embed.load_network = lambda card, weights, options, device, models: Network()
embed.find_device = lambda name, threads, precision: Device("cpu", "CPU, no torch", precision, threads or 2, 4)
recipe.engine_name = lambda card, device: "no torch"
embed.torch_settings = lambda *_: nullcontext()

def on_reading(name, action):
    really = embed.read_image
    def read_image(path, reading, *, data):
        if os.path.basename(path) == name:
            action()
        return really(path, reading, data=data)
    embed.read_image = read_image

def on_forward(action):
    really = Network.embed
    def forward(network, pictures):
        action()
        return really(network, pictures)
    Network.embed = forward
"""


def quick_command(folder, fault=""):
    """The command of a worker without torch, with lines of code that order its faults."""
    script = folder / f"child-{os.urandom(4).hex()}.py"
    script.write_text(f"{PRELUDE}\n{fault}\nworker.main()\n", encoding="utf-8")
    return [sys.executable, "-P", str(script)]


def wait_until(condition, timeout_s=30.0):
    """Whether it came true in time; asked a hundred times a second."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def is_running(pid):
    """Whether a process runs; one that ended and waits to be noticed does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
