"""What people ask Track and Trace: each of its fourteen fields, and what the filled messages have there."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, Final

from tests.load.trace_fill import DAYS

DOMAINS: Final = tuple(f"d{number}.customer.example" for number in range(20))
Ask = Callable[[int], dict[str, Any]]


def message_uuid(n: int) -> str:
    """Return the number under which the ``n``-th message was filled."""
    return f"{n:012x}{hashlib.md5(str(n).encode()).hexdigest()[:20]}"


def _md5(n: int) -> str:
    return hashlib.md5(str(n).encode()).hexdigest()


def _stranger(n: int) -> str:
    return f"user{n * 11 % 40000}@sender{n * 7 % 9000}.example"


def _person(n: int) -> str:
    return f"u{n * 19 % 50000}@{DOMAINS[n % len(DOMAINS)]}"


def _goes_out(n: int) -> bool:
    return n * 7919 % 10007 % 5 == 3


def _sender(n: int) -> str:
    return _person(n) if _goes_out(n) else _stranger(n)


def _recipient(n: int) -> str:
    return _stranger(n) if _goes_out(n) else _person(n)


def _verdict(n: int) -> str:
    k = n * 7919 % 10007
    found = (("malware", k == 0), ("phishing", k % 500 == 1), ("spam", k % 4 == 0), ("bulk", k % 11 == 1))
    return next((name for name, holds in found if holds), "clean")


def _place(n: int) -> str:
    k = n * 7919 % 10007
    found = (
        ("deleted", k == 0), ("quarantined", k % 4 == 0), ("bounced", k % 3001 == 1), ("refused", k % 7 == 1)
    )  # fmt: skip
    return next((name for name, holds in found if holds), "delivered")


def _disposition(n: int) -> str:
    found = {"deleted": "delete", "quarantined": "quarantine", "refused": "reject"}
    return found.get(_place(n), "deliver")


def _day_of(count: int) -> Ask:
    def day(n: int) -> dict[str, Any]:
        start = datetime.now(UTC) - timedelta(days=DAYS - 1)
        at = start + timedelta(days=DAYS - 1) * n / count
        since = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return {"since": since, "until": since + timedelta(days=1)}

    return day


def fields(count: int) -> Mapping[str, Sequence[Ask]]:
    """Return the fields and the ways to ask for the ``n``-th of ``count`` messages by each."""
    return {
        "time": (_day_of(count),),
        "direction": (lambda n: {"direction": "outbound" if _goes_out(n) else "inbound"},),
        "sender": (
            lambda n: {"sender": _sender(n)},
            lambda n: {"sender": _sender(n).partition("@")[2]},
            lambda n: {"author": _sender(n).partition("@")[2]},
        ),
        "recipient": (
            lambda n: {"recipient": _recipient(n)},
            lambda n: {"recipient": _recipient(n).partition("@")[2]},
            lambda n: {"domain": DOMAINS[n % len(DOMAINS)]},
        ),
        "subject": (lambda n: {"subject": f"of {n * 7919 % 100003} for"}, lambda _: {"subject": "invoice"}),
        "message-id": (lambda n: {"message_id": f"{_md5(n)}@sender.example"},),
        "our number": (lambda n: {"id": message_uuid(n)},),
        "source": (
            lambda n: {"client_ip": f"10.{n * 31 % 256}.{n * 17 % 256}.{n % 256}"},
            lambda n: {"client_ip": f"10.{n * 31 % 256}.{n * 17 % 256}.0/24"},
            lambda n: {"client_name": f"mx{n * 13 % 5000}.provider.example"},
        ),
        "attachment": (
            lambda n: {"attachment": f"report-{n * 29 % 20000}.pdf"},
            lambda _: {"attachment": ".pdf"},
        ),
        "hash": (lambda n: {"sha256": _md5(n * 3) + _md5(n)},),
        "web address": (lambda n: {"host": f"host{n * 37 % 30000}.web.example"},),
        "verdict": (
            lambda n: {"verdict": _verdict(n)},
            lambda n: {"symbol": f"SYMBOL_{n * 41 % 60}"},
            lambda n: {"symbol": f"RARE_{n % 5000}"},
            lambda _: {"scanned": False},
        ),
        "status": (
            lambda n: {"place": _place(n)},
            lambda n: {"disposition": _disposition(n)},
            lambda _: {"place": "held"},
        ),
        "policy": (lambda _: {"policy": "antispam.spam"}, lambda _: {"policy": "antispam.none"}),
        "route": (
            lambda n: {"remote": f"mx{n * 43 % 40}.customer.example"},
            lambda _: {"remote": "mx.nowhere.example"},
        ),
    }


def searches(count: int, repeats: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is asked, by name: each field alone and each two together, in all their ways.

    Of two, every other time both hold of one message, and otherwise of two, so that little is found.
    """
    chance = random.Random(5)
    asked = fields(count)
    yield from (("nothing", {}) for _ in range(repeats))
    for name, ways in asked.items():
        for way in ways:
            yield from ((name, way(chance.randrange(count))) for _ in range(repeats))
    for (one, its_ways), (other, other_ways) in combinations(asked.items(), 2):
        for turn, (way, other_way) in enumerate((way, each) for way in its_ways for each in other_ways):
            n = chance.randrange(count)
            second = n if turn % 2 == 0 else chance.randrange(count)
            yield f"{one} + {other}", {**way(n), **other_way(second)}
