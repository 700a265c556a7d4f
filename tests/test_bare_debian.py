"""The command that tries a bare Debian leaves nothing mounted, however it ends."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "bare_debian.sh"
PROGRAMS = {
    "debootstrap": 'mkdir -p "$ROOT/etc" "$ROOT/root/orange3-imaging/.venv"',
    "mount": 'echo "$*" | sed "s/.* //" >> "$ROOT.mounted"',
    "umount": 'for one; do echo "$one" >> "$ROOT.released"; done',
    "git": "tar -cf - -T /dev/null",
    "chroot": 'case "$*" in *"make demo"*) $DURING ;; esac',
}


@pytest.mark.skipif(os.name == "nt" or not shutil.which("sh"), reason="needs a shell, as Debian does")
@pytest.mark.parametrize("during", ["true", "false", "kill -TERM $PPID", "kill -INT $PPID"])
def test_what_was_mounted_is_released(tmp_path, during):
    tools, root = tmp_path / "tools", tmp_path / "debian"
    tools.mkdir()
    for name, lines in PROGRAMS.items():
        (tools / name).write_text(f"#!/bin/sh\n{lines.replace('$DURING', during)}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    ended = subprocess.run(["sh", str(SCRIPT), str(root), "demo"], capture_output=True, text=True, check=False,
                           env={"PATH": f"{tools}:{os.environ['PATH']}", "ROOT": str(root)},
                           preexec_fn=_listen)
    assert (ended.returncode == 0) == (during == "true"), ended.stderr
    mounted, released = (Path(f"{root}.{what}").read_text().split() for what in ("mounted", "released"))
    assert mounted == [f"{root}/proc", f"{root}/dev"]
    assert sorted(released) == sorted(mounted)


def _listen():
    """Ctrl+C reaches the shell also where these tests run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
