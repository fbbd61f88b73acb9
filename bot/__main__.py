"""The way in, for `python -m bot` and `vendorwatch` alike."""

import sys
from typing import NoReturn

INTERRUPTED = 130
"""The shell's number for Ctrl-C. Here again, since nothing of ours is loaded yet."""


def main() -> NoReturn:
    """Run the command line and exit with its code; Ctrl-C is quiet from the first moment on."""
    try:
        from bot.cli import command_line  # noqa: PLC0415 - Ctrl-C may come while this loads

        code = command_line()
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
