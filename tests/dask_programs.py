"""Dask's scheduler and workers as a cluster runs them: programs of their own, here on the loopback address."""

import json
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

DASK = [sys.executable, "-P", "-m", "dask"]
PATIENCE_S = 60


@contextmanager
def dask_programs(folder, workers=1, variables=None):
    """The scheduler's address, while it and so many workers run; what they say is in `folder`."""
    folder.mkdir(exist_ok=True)
    told = folder / "scheduler.json"
    with ExitStack() as stack:
        scheduler = stack.enter_context(_program(folder / "scheduler.log", variables, [
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0",
            "--scheduler-file", str(told)]))
        address = _address(scheduler, told, folder / "scheduler.log")
        for number in range(workers):
            stack.enter_context(_program(folder / f"worker-{number}.log", variables, [
                "worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard",
                "--local-directory", str(folder)]))
        yield address


@contextmanager
def _program(log, variables, words):
    with log.open("wb") as said:
        program = subprocess.Popen([*DASK, *words], stdout=said, stderr=said, env=variables)
    try:
        yield program
    finally:
        program.terminate()  # a worker's nanny ends its worker, too
        try:
            program.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def _address(scheduler, told, log):
    until = time.monotonic() + PATIENCE_S
    while scheduler.poll() is None and time.monotonic() < until:
        if told.is_file() and (text := told.read_text()):
            return json.loads(text)["address"]
        time.sleep(0.05)
    raise RuntimeError(f"no scheduler: {log.read_text()}")
