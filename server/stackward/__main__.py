"""``python -m stackward``: the same as the ``stackward`` command."""

import sys

from stackward.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
