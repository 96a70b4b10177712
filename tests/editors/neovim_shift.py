"""The negative control: a server whose every range is one column off. Stands between an editor and the real server.

Called as ``neovim_shift.py SERVER ARGUMENTS…``. What the editor sends passes unchanged. What the server sends has one
added to each ``character``; a test that still passes looks at nothing. Used by the tests of every editor.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import IO, Any


def shifted(value: Any) -> Any:
    """The same value with all positions one column to the right."""
    if isinstance(value, list):
        return [shifted(one) for one in value]
    if not isinstance(value, dict):
        return value
    moved = {key: shifted(one) for key, one in value.items()}
    if isinstance(moved.get("line"), int) and isinstance(moved.get("character"), int):
        moved["character"] += 1
    return moved


def frames(source: IO[bytes]) -> Any:
    """The bodies of the messages of a stream."""
    while True:
        length = 0
        while (header := source.readline().strip()) != b"":
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length == 0:
            return
        yield source.read(length)


def main() -> int:
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    to_server = server.stdin

    def forward() -> None:
        for body in frames(sys.stdin.buffer):
            to_server.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            to_server.flush()
        to_server.close()

    threading.Thread(target=forward, daemon=True).start()
    for body in frames(server.stdout):
        moved = json.dumps(shifted(json.loads(body))).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(moved), moved))
        sys.stdout.buffer.flush()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
