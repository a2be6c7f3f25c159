"""Children that can be interrupted, wherever the tests themselves were started."""

import signal


def interruptible() -> None:
    """For `preexec_fn`: a shell starts what runs in the background with SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
