"""The demo's trickle of sample incidents, as one more task of the embedded server."""

from triage.demo.feed import run as run_feed

__all__ = ["run_feed"]
