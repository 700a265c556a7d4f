"""Real schedulers and workers of Dask for tests: processes of their own, on the loopback address."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from child import wait_until

SOURCE = Path(__file__).resolve().parent.parent


class Cluster:
    """A scheduler, and workers that are started one by one; all end with `close`."""

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.processes = []
        self.scheduler, text = self._start("scheduler", ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
                                           r"Scheduler at:\s+(tcp://127\.0\.0\.1:\d+)")
        self.address = text

    def worker(self, *options, nanny=False, env=None, modules=None, threads=1):
        """Start a worker; its process. `modules`: a folder that its Python finds modules in, before others."""
        paths = [str(modules)] if modules else []
        env = {**(env or {}), "PYTHONPATH": os.pathsep.join([*paths, str(SOURCE), str(SOURCE / "tests")])}
        arguments = [self.address, "--host", "127.0.0.1", "--no-dashboard", "--nthreads", str(threads),
                     "--local-directory", str(self.folder), *([] if nanny else ["--no-nanny"]), *options]
        return self._start("worker", arguments, r"Registered to:\s+(tcp://127\.0\.0\.1:\d+)", env)[0]

    def close(self):
        for process in reversed(self.processes):
            kill(process)

    def _start(self, what, arguments, sign, env=None):
        log = self.folder / f"{what}-{len(self.processes)}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen([sys.executable, "-P", "-m", "distributed.cli.dask_" + what, *arguments],
                                       stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                                       cwd=self.folder, env={**os.environ, **(env or {})})
        self.processes.append(process)
        found = []

        def said():
            found[:] = re.findall(sign, log.read_text(errors="replace"))
            return found or process.poll() is not None

        if not wait_until(said, 60) or not found:
            raise AssertionError(log.read_text(errors="replace"))
        return process, found[0]


def kill(process):
    """End a process and what it started, at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
