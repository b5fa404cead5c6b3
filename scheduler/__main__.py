"""`python -m scheduler`: see `scheduler.cli`."""

import signal
import sys

from scheduler.cli import main

if __name__ == "__main__":
    # As Ctrl-C does: the engines that were started end too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
