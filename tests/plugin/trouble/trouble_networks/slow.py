"""Sleeps when it is imported."""

import time

time.sleep(20)


def build(card, layers, data, dense):
    raise AssertionError("nobody waits so long")
