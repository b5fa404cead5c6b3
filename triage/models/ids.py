"""Identifiers that sort by time of creation."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): unique without asking anybody, and index-friendly."""
    return uuid7()
