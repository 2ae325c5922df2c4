"""CPU of a whole look at real mail of three sizes: view, authentication, every detector, judging.

    python -m tests.load.whole_look FOLDER [MESSAGES]

FOLDER holds the shared corpora.  Taken are messages of about 3.4, 16 and 73 KB, so many of each, from all
sets in turn; told are the median and what costs the most.  DNS is not asked, as if answers came from a cache
and said nothing.  Scanners outside this program are not counted.
"""

from __future__ import annotations

import json
import statistics
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Gathered
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.authentication.evaluating import authenticate
from lazaretto.detect.malware.contents import open_apart
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of
from lazaretto.policy.judging import judge

SIZES: Final = (3_400, 16_000, 73_000)
TENANT: Final = TenantSnapshot(
    tenant=TenantId(1), name="customer", version=1, domains={"customer.example": ()}
)
RECIPIENTS: Final = ("anna@customer.example",)
GATHERED: Final = Gathered(received_at=datetime(2026, 6, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))


def mails(folder: Path, size: int, wanted: int) -> list[bytes]:
    """Return ``wanted`` real messages of about ``size`` octets, as evenly from all sets as they are there."""
    streams = [_near(archive, size) for archive in sorted((folder / "mail").glob("*.tar.xz"))]
    found: list[bytes] = []
    while streams and len(found) < wanted:
        for stream in list(streams):
            octets = next(stream, None)
            if octets is None:
                streams.remove(stream)
            elif len(found) < wanted:
                found.append(octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    return found


def _near(archive: Path, size: int) -> Iterator[bytes]:
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.isfile() and member.name.endswith(".eml") and 0.85 < member.size / size < 1.15:
                opened = packed.extractfile(member)
                assert opened is not None
                yield opened.read()


def main() -> None:
    """Print one line of JSON a size."""
    folder = Path(sys.argv[1])
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    open_apart()
    looking = detectors()
    for size in SIZES:
        spent: list[float] = []
        costs: Counter[str] = Counter()
        found = mails(folder, size, wanted)
        for octets in found:
            # The first look at a message fills what later looks would find ready; the second is told.
            for _ in range(2):
                began = time.thread_time()
                view = view_of(octets)
                facts = authenticate(view, GATHERED, "ann@partner.example", RECIPIENTS)
                findings = look_at(view, facts, TENANT, looking)
                judge(findings, facts, TENANT, RECIPIENTS, Direction.INBOUND)
                once = (time.thread_time() - began) * 1_000
            timings: dict[str, float] = {}
            look_at(view_of(octets), facts, TENANT, looking, timings)
            costs.update(timings)
            spent.append(once)
        dearest = {name: round(cost / len(found), 3) for name, cost in costs.most_common(8)}
        told = {
            "octets": size,
            "messages": len(found),
            "median_ms": round(statistics.median(spent), 2),
            "mean_ms": round(statistics.fmean(spent), 2),
            "p90_ms": round(statistics.quantiles(spent, n=10)[8], 2),
            "dearest_mean_ms": dearest,
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
