"""Where the browser is. Playwright drives the system's own Chromium."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium() -> str | None:
    """The program in CHROMIUM, else the first one on the path; None if there is none."""
    given = os.environ.get("CHROMIUM", "")
    return shutil.which(given) if given else next(filter(None, map(shutil.which, NAMES)), None)
