"""Run the tests that need other environments; `make test-more` has built them and closed the network.

Each line of CHECKS is an environment, what is shown by it, and the arguments of pytest there. ``-P`` keeps the source
tree off the path: what is tested is what was installed. Two run at a time, each on a core, and print when they have
ended; those of LAST measure or show windows, and run one by one.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
MORE = "build/envs"
ENGINE = ["-m", "not heavy", "tests/core", "tests/test_cli.py", "tests/test_cli_addresses.py",
          "tests/test_cli_merge.py", "tests/test_cli_scheduler.py", "tests/test_cli_shards.py",
          "tests/test_cluster_page.py", "tests/test_layers.py", "tests/more/engine_alone.py"]
CHECKS = (
    (f"{MORE}/oldest", "all tests with the oldest versions allowed", ["-m", "not screen and not heavy", "tests"]),
    (f"{MORE}/engine", "the engine and Dask's worker without Orange and Qt", ENGINE),
    (f"{MORE}/pyqt6", "the widgets on PyQt6, and UMAP", [
        "tests/tables", "tests/widgets", "tests/core/test_umap_projection.py", "tests/more/on_pyqt6.py"]),
    (f"{MORE}/beside-wheel", "beside the older add-on, installed", ["tests/more/beside_older.py"]),
    (f"{MORE}/beside-editable", "beside the older add-on, editable", ["tests/more/beside_older.py"]),
)
LAST = (
    (".venv", "networks that take long", ["-m", "heavy", "tests"]),
    (".venv", "the real canvas under Xvfb", ["-m", "screen", "tests"]),
)


def main():
    with ThreadPoolExecutor(2) as pool:
        passed = list(pool.map(passes, CHECKS))
    passed += map(passes, LAST)
    failed = [shown for (_, shown, _), good in zip((*CHECKS, *LAST), passed, strict=True) if not good]
    print(f"\n{sum(passed)} of {len(passed)} passed" + "".join(f"\nFAILED: {one}" for one in failed))
    return 1 if failed else 0


def passes(check):
    folder, shown, arguments = check
    started = time.monotonic()
    command = [SOURCE / folder / "bin/python", "-P", "-m", "pytest", "-q", "-rs", "--no-traces", *arguments]
    ran = subprocess.run(command, cwd=SOURCE, check=False, text=True, errors="replace", stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    seconds = time.monotonic() - started
    print(f"\n== {shown} ({folder})\n{ran.stdout}   {seconds:.0f} s", flush=True)
    return not ran.returncode


if __name__ == "__main__":
    sys.exit(main())
