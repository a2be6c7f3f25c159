"""`python -m slo_toolkit` and the command `slo`."""

from __future__ import annotations

import gc
import sys

INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


def main() -> None:
    """Run the command line with the arguments of the process and exit."""
    # The specs, plans and texts of a run refer to each other in one direction: hardly anything is ever
    # garbage in a circle, and looking for it every 700 objects takes a third of compiling 1,000 SLOs.
    gc.set_threshold(100_000, 50, 1_000)
    try:
        # Importing takes most of a short call, so Ctrl-C must find a handler here already.
        from slo_toolkit.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
