"""What a process opens the store with, handed over in its environment.

``LAZARETTO_STORE`` holds a JSON object of ``StoreSettings``: the server's own worker processes inherit
it, and Django reads it when it is set up.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Final

import msgspec

VARIABLE: Final = "LAZARETTO_STORE"


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the store is opened with."""

    control: str = ""
    """Connection strings."""
    spool: str = ""
    trace: str = ""
    master_key: str = ""
    """File of the key under which content is sealed."""
    content: str = ""
    """Folder of larger content on this machine."""
    object_store: dict[str, Any] | None = None
    """``ObjectStoreSettings`` of larger content elsewhere."""
    secret: str = "no secret was given"  # noqa: S105 - says itself that it is none
    base_url: str = "http://127.0.0.1:8025"
    """What links in mail and pages begin with; its host is the only one that is answered."""
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Host names that requests may be for."""
    keep_audit_months: int = 12
    """Months that recorded acts are kept where a contract says no other number."""
    give_up_after: float = 7 * 86_400.0
    """Seconds for which a released copy is tried."""
    requests_per_minute: int = 600
    """Of one token."""
    max_body: int = 32_000_000
    """Octets of a request."""
    reachable_networks: tuple[str, ...] = ()
    """Private networks that addresses of tenants' own choosing may lead to all the same."""
    secure: bool = False
    """Pages are reached over HTTPS only."""
    dns_file: str = ""
    """Answers to questions to the DNS; empty = the resolvers are asked."""
    dns_servers: tuple[str, ...] = ()
    """Resolvers; empty = those of the machine."""
    host_name: str = ""
    """This platform's name in EHLO."""
    mx_hosts: tuple[str, ...] = ()
    """Names that the MX records of customers' domains shall name."""
    spf_include: str = ""
    """What customers' SPF records shall include; empty = the MX hosts themselves."""
    probe_address: str = ""
    """Own address that no customer's server has to accept mail from; empty = there is none."""
    probe_networks: tuple[str, ...] = ()
    """Private networks in which tenants may have their routes tested."""


@cache
def given() -> StoreSettings:
    """Return what this process was given; without anything there is no database, which tools can do with."""
    return msgspec.json.decode(os.environ.get(VARIABLE, "{}"), type=StoreSettings)


def hand_over(settings: StoreSettings) -> None:
    """Let this process and its children find ``settings``; before the first ``given``."""
    os.environ[VARIABLE] = msgspec.json.encode(settings).decode()
    given.cache_clear()
