"""Long loops leave other threads their turns."""

import threading
from time import perf_counter, sleep

import numpy as np

from orangecontrib.imaging.core.unhurried import unhurried


def longest_wait_s(loop):
    """Of a thread that wants a short turn again and again while another one runs the loop."""
    running = threading.Thread(target=loop)
    running.start()
    waits = []
    while running.is_alive():
        start = perf_counter()
        for _ in range(5):
            sleep(0)  # as a window does: it gives Python away, and wants it back
        waits.append(perf_counter() - start)
    return float(np.median(waits))


def test_it_gives_the_same_values():
    assert list(unhurried(range(1234))) == list(range(1234))
    assert list(unhurried(())) == []


def test_another_thread_is_not_kept_waiting_meanwhile():
    names = [str(number) for number in range(300_000)]

    def share():
        hurried = longest_wait_s(lambda: [name.casefold() for _ in range(3) for name in names])
        return longest_wait_s(lambda: [name.casefold() for _ in range(3) for name in unhurried(names)]) / hurried

    assert any(share() < 1 / 3 for _ in range(6))  # other programs may have the cores for one of the two measurements
