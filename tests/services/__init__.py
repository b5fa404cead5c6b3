"""The real parts that tests run against: PostgreSQL, Redis and Chromium.

Only the standard library is used here: `scripts/test.py` starts the parts before pytest does.
"""

from tests.services.chromium import find_chromium
from tests.services.postgres import PostgresServer
from tests.services.processes import free_port
from tests.services.redis import RedisServer

__all__ = ["PostgresServer", "RedisServer", "find_chromium", "free_port"]
