"""The hostile fixtures of the shared corpora, and what becomes of each: found, unscannable or missed.

    python -m tests.corpus.fixture_table

A fixture is *found* when what is said of its files makes it malware, spam or phishing, *unscannable* when
it is said that something was not looked at, *opened* when it is an archive whose files were all had,
*remarked* when something is said that would not stop it by itself, and *missed* when none of these is so
although something is there.
"""

from __future__ import annotations

import binascii
import os
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Verdict
from lazaretto.detect.malware.contents import contents_of, open_apart
from lazaretto.detect.malware.unpacking.libarchive import Damaged, entries
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import look_at
from lazaretto.mail.filetype import file_type
from lazaretto.mail.scanner import view_of
from lazaretto.policy.verdicts import classes_of
from tests.conftest import corpora_folder
from tests.unit.detect.malware.containers import a_letter

FACTS = Facts(received_at=datetime(2026, 1, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
WITHOUT_PAYLOAD = b"binhex"
"""What made the MIME corpus wrote the name of a variable, not the test file, into its BinHex files."""
HARMLESS = ("harmless", "clean", "test_output", ".txt", ".py", "MANIFEST", "basic", "other/")
"""Documents of the oletools corpus that have nothing in them, by what its makers say in their names."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one fixture."""

    kind: str
    name: str
    outcome: str


def rows(corpora: Path) -> Iterator[Row]:
    """Yield a row for every fixture."""
    open_apart()
    looking = [each for each in detectors() if each.card.name.startswith("malware.")]

    def outcome(octets: bytes, *, is_there: bool = True) -> str:
        view = view_of(octets)
        findings = look_at(view, FACTS, None, looking)
        reached = classes_of(findings, {}).reached
        if Verdict.MALWARE in reached:
            return "found"
        if Verdict.UNSCANNABLE in reached:
            return "unscannable"
        if reached:
            return "found"
        if any(content.member for content in contents_of(view).files):
            return "opened"
        if any(finding.score > 0 for finding in findings):
            return "remarked"
        return "missed" if is_there else "nothing in it"

    for name, octets in _files(corpora / "mime.tar.xz", "/mime-is-broken-content/new/"):
        yield Row(
            "MIME that hides the test file", name, outcome(octets, is_there=WITHOUT_PAYLOAD not in octets)
        )
    for name, octets in _files(corpora / "malware-safe.tar.xz", ""):
        if "/mal-clamav-testfiles/clam" in name:
            yield Row("wrappings of a program", name, outcome(a_letter({"a.bin": octets})))
        elif "/mal-libarchive/" in name and name.endswith(".uu"):
            content = _uudecoded(octets)
            yield Row("archives", name, outcome(a_letter({"a.bin": content}), is_there=_holds_files(content)))
        elif "/mal-oletools/" in name:
            is_there = not any(word in name for word in HARMLESS)
            yield Row("documents", name, outcome(a_letter({Path(name).name: octets}), is_there=is_there))


def counts() -> dict[str, dict[str, int]]:
    """Return how many of each kind came to which end; empty without the corpora."""
    folder = corpora_folder()
    told: dict[str, Counter[str]] = {}
    for row in rows(folder) if folder is not None else ():
        told.setdefault(row.kind, Counter(missed=0)).update([row.outcome])
    return {kind: dict(sorted(outcomes.items())) for kind, outcomes in told.items()}


def _files(archive: Path, among: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as opened:
        for entry in opened:
            reader = opened.extractfile(entry) if among in entry.name else None
            if reader is not None:
                yield entry.name, reader.read()


def _uudecoded(text: bytes) -> bytes:
    lines = iter(text.split(b"\n"))
    for line in lines:
        if line.startswith(b"begin "):
            break
    out = bytearray()
    for line in lines:
        if line.strip() == b"end":
            break
        # Some encoders leave out the filling, some write too much of it.
        wanted = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
        out += binascii.a2b_uu(line[: wanted or None])
    return bytes(out)


def _holds_files(octets: bytes) -> bool:
    """Tell whether libarchive has a file with content in ``octets``, or breaks over them.

    Asked in a child: it may well break.
    """
    if not file_type(octets).is_archive:
        return False
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = int(any(entry.is_file and entry.read(1) for entry in entries(octets)))
        except Damaged:
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] != 0


def main() -> None:
    """Print the table."""
    folder = corpora_folder()
    if folder is None:
        raise SystemExit("no corpora; set LAZARETTO_CORPORA")
    told = list(rows(folder))
    for (kind, outcome), count in sorted(Counter((row.kind, row.outcome) for row in told).items()):
        print(f"{kind:34} {outcome:14} {count:5}")
    for row in told:
        if row.outcome == "missed":
            print("missed:", row.name)


if __name__ == "__main__":
    main()
