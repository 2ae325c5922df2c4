"""What looking for malware costs: CPU per message and per megabyte of named files, beside ClamAV.

    python -m tests.load.look [files|delay|fixtures]

``files`` gives the processor time of the malware detectors and their parser for a letter with each
file, and those of a ``clamd`` with a base of one signature, and of amavisd with that clamd, for the
same letter, where they are installed.  ``fixtures`` gives what becomes of the hostile fixtures.  ``delay``
gives how long honest letters wait among bombs, beside how long they wait alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.api import Detector
from lazaretto.detect.malware.contents import open_apart
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of
from lazaretto.protocol.clamd import Clamav
from lazaretto.protocol.settings import ClamavSettings
from lazaretto.run.scanning import Assumptions, Scanning
from lazaretto.testing.clamd import ClamdServer
from tests.corpus.fixture_table import counts
from tests.load.amavis import Amavis
from tests.load.bench import text_message
from tests.load.poison import poisons
from tests.unit.detect.malware.containers import a_letter, a_zip, an_iso

FACTS: Final = Facts(received_at=datetime(2026, 1, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
ROUNDS: Final = {"plain text": 400, "docx, 200 KB": 40, "pdf, 2 MB": 10, "zip of 200 files, 5 MB": 10}
FEW: Final = 4
TICKS: Final = os.sysconf("SC_CLK_TCK")
WORDS: Final = ("scales", "arrive", "week", "mill", "sends", "quotes", "for", "oats")


def letters() -> Iterator[tuple[str, bytes]]:
    """Yield a letter of plain text, and one with each of the files that are measured."""
    yield "plain text", text_message(3_400)
    for name, (kind, octets) in attachments().items():
        yield name, a_letter({f"a.{kind}": octets})


def attachments() -> Mapping[str, tuple[str, bytes]]:
    """Return the ending and the octets of each file that is measured; its name tells its size."""
    chance = random.Random(7)
    return {
        "docx, 200 KB": ("docx", _document(chance, 150_000, 147_000, "word/document.xml")),
        "pdf, 2 MB": ("pdf", _pdf(chance)),
        "zip of 200 files, 5 MB": (
            "zip",
            a_zip({f"{number}.bin": chance.randbytes(25_000) for number in range(200)}),
        ),
        "pptx, 20 MB": ("pptx", _document(chance, 19_500_000, 3_000_000, "ppt/slides/slide1.xml")),
        "iso, 50 MB": ("iso", an_iso(chance.randbytes(50_000_000))),
    }


def _document(chance: random.Random, pictures: int, text: int, main: str) -> bytes:
    runs = "".join(f"<w:t>{chance.choice(WORDS)} {chance.random()}</w:t>" for _ in range(text // 32))
    size = pictures // 10
    media = {f"media/image{number}.png": b"\x89PNG" + chance.randbytes(size) for number in range(10)}
    return a_zip({"[Content_Types].xml": b"<Types/>", main: f"<w>{runs}</w>".encode(), **media})


def _pdf(chance: random.Random) -> bytes:
    objects = []
    for number in range(1, 101):
        text = " ".join(f"({chance.choice(WORDS)}) Tj {chance.random()} 0 Td" for _ in range(1_832))
        packed = zlib.compress(text.encode())
        objects.append(
            b"%d 0 obj\n<</Length %d /Filter /FlateDecode>>\nstream\n%b\nendstream\nendobj\n"
            % (number, len(packed), packed)
        )
    return b"%PDF-1.7\n" + b"".join(objects) + b"trailer <</Root 1 0 R>>\n%%EOF"


def cpu_of(pid: int) -> float:
    """Return the seconds of processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def look_cost(octets: bytes, rounds: int, chosen: list[Detector]) -> float:
    """Return the seconds that one look takes, the parser's with it."""
    keeper = open_apart()
    look_at(view_of(octets), FACTS, None, chosen)
    parser = keeper.parser_pid
    before = time.process_time() + (cpu_of(parser) if parser else 0)
    for _ in range(rounds):
        look_at(view_of(octets), FACTS, None, chosen)
    spent = time.process_time() + (cpu_of(parser) if parser else 0) - before
    return spent / rounds


def view_cost(octets: bytes, rounds: int) -> float:
    """Return the seconds that making the view takes, which every look needs."""
    before = time.process_time()
    for _ in range(rounds):
        view = view_of(octets)
        for part in view.parts:
            part.decoded(1 << 30)
    return (time.process_time() - before) / rounds


def clamd_cost(server: ClamdServer, octets: bytes, rounds: int) -> float:
    """Return the seconds that a daemon takes for one message."""
    engine = Clamav(ClamavSettings(servers=(server.path,)))

    async def ask() -> None:
        for _ in range(rounds):
            await engine.ask(len(octets), lambda at, count: octets[at : at + count])

    asyncio.run(ask())
    before = cpu_of(server.pid)
    asyncio.run(ask())
    return (cpu_of(server.pid) - before) / rounds


def files() -> Iterator[dict[str, object]]:
    """Yield the figures of each file."""
    chosen = [each for each in detectors() if each.card.name.startswith("malware.")]
    with tempfile.TemporaryDirectory(prefix="lz-clamd-") as folder, ExitStack() as stack:
        server = amavis = None
        try:
            server = stack.enter_context(ClamdServer(Path(folder), largest="100M"))
            amavis = stack.enter_context(Amavis(Path(folder), server))
        except FileNotFoundError as failure:
            print(f"left out: {failure}", flush=True)
        for name, octets in letters():
            rounds = ROUNDS.get(name, FEW)
            seconds = look_cost(octets, rounds, chosen)
            yield {
                "file": name,
                "octets": len(octets),
                "look_ms": round(1000 * (seconds - view_cost(octets, rounds)), 3),
                "with_view_ms": round(1000 * seconds, 3),
                "with_view_ms_per_mb": round(1000 * seconds / (len(octets) / 1e6), 2),
                "clamd_ms": round(1000 * clamd_cost(server, octets, rounds), 2) if server else None,
                "amavis_clamd_ms": round(1000 * amavis.cost(octets, min(rounds, 20)), 2) if amavis else None,
            }


def delay(honest: int = 200) -> dict[str, object]:
    """Return how long honest letters wait for their look, alone and among bombs."""
    alone = _waits([], honest)
    among = _waits(list(poisons().values()), honest)
    return {
        "bombs": len(poisons()),
        "honest": honest,
        "alone_median_ms": round(1000 * statistics.median(alone), 2),
        "among_bombs_median_ms": round(1000 * statistics.median(among), 2),
        "alone_p95_ms": round(1000 * sorted(alone)[int(0.95 * honest)], 2),
        "among_bombs_p95_ms": round(1000 * sorted(among)[int(0.95 * honest)], 2),
    }


def _waits(bombs: list[bytes], honest: int) -> list[float]:
    letter = a_letter({"minutes.zip": a_zip({"minutes.txt": b"we met " * 500})})
    with tempfile.TemporaryDirectory(prefix="lz-look-") as name, Scanning(None, None) as scanning:
        folder = Path(name)
        (folder / "letter").write_bytes(letter)
        for number, bomb in enumerate(bombs):
            (folder / f"bomb{number}").write_bytes(bomb)
        return asyncio.run(_ask_all(scanning, folder, len(bombs), honest))


async def _ask_all(scanning: Scanning, folder: Path, bombs: int, honest: int) -> list[float]:
    async def ask(name: str) -> None:
        await scanning.report(folder / name, Assumptions(now=FACTS.received_at))

    await asyncio.gather(*(ask("letter") for _ in range(4)))
    under_way = [asyncio.create_task(ask(f"bomb{number}")) for number in range(bombs)]
    waits = []
    for _ in range(honest):
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await ask("letter")
        waits.append(time.monotonic() - began)
    await asyncio.gather(*under_way)
    return waits


def main(wanted: list[str]) -> None:
    """Measure and print."""
    if not wanted or "files" in wanted:
        for figures in files():
            print(json.dumps(figures), flush=True)
    if not wanted or "fixtures" in wanted:
        fixtures = counts()
        print(json.dumps({"fixtures": fixtures} if fixtures else "fixtures left out: no corpora"), flush=True)
    if not wanted or "delay" in wanted:
        print(json.dumps(delay()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
