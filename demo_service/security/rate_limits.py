"""How often a key and an address may call.

The address is counted before the key is looked at, so that guessing keys is limited, too. Counts live in
the process: with several replicas behind a balancer, each allows its share.
"""

import ipaddress
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from demo_service.problems import RateLimited


class RateLimits:
    """Two limits such as ``600/minute``; a sliding window, of constant memory for each key and address."""

    def __init__(self, *, per_key: str, per_address: str) -> None:
        self._per_key = parse(per_key)
        self._per_address = parse(per_address)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count_address(self, address: str) -> None:
        """Count a request from ``address``. Raises ``RateLimited``."""
        self._count(self._per_address, "address", _network(address))

    def count_key(self, kid: str) -> None:
        """Count a request of a key. Raises ``RateLimited``."""
        self._count(self._per_key, "key", kid)

    def _count(self, limit: RateLimitItem, *identifiers: str) -> None:
        if not self._limiter.hit(limit, *identifiers):
            reset = self._limiter.get_window_stats(limit, *identifiers).reset_time
            raise RateLimited(reset - time.time())


def _network(address: str) -> str:
    """The address itself, or an IPv6 host's /64, of which one host has every address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
