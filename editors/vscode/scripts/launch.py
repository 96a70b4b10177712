"""Starts the server that comes with the extension: ``python -I launch.py serve``; ``--probe`` says what is missing.

Also read by Pythons that are too old for the server, to say so: nothing newer than 3.6 here.
"""  # noqa: INP001 - A program, not a module.

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NEEDED = ("cattrs", "lsprotocol", "pygls", "tree_sitter", "tree_sitter_go")


def probe() -> None:
    """Print the version of this Python, and which modules it cannot import."""
    missing = []
    if sys.version_info >= (3, 11):  # noqa: UP036 - Who asks does not know yet.
        for name in NEEDED:
            try:
                __import__(name)
            except Exception:  # noqa: BLE001 - A module that is there and broken is missing too.
                missing.append(name)
    print(json.dumps({"version": list(sys.version_info[:2]), "missing": missing}))


def main() -> int:
    """Put what is bundled before what this Python has."""
    sys.path[:0] = [os.path.join(HERE, "libs")]
    # Nothing is written into the extension's folder, which may be shared or read-only.
    sys.pycache_prefix = os.environ.get("STACKWARD_BYTECODE") or None
    sys.dont_write_bytecode = sys.pycache_prefix is None
    if sys.argv[1:] == ["--probe"]:
        probe()
        return 0
    from stackward.cli.main import main as run  # noqa: PLC0415 - It is on the path by now.

    return run()


if __name__ == "__main__":
    sys.exit(main())
