#!/usr/bin/env python
"""Django's command line for SemTriage."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


# The engine starts processes of its own, which import this module again: hence the guard.
if __name__ == "__main__":
    main()
