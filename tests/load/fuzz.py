"""Feeds parsers what nobody would write, guided by which of their lines that reaches.

    python -m tests.load.fuzz FOLDER [SECONDS]

Runs under Atheris (``make fuzz`` installs it).  Each round opens one file or looks at one message in
this very process, so that whatever a parser raises, beside what its contract allows, ends the run
and leaves the input in ``FOLDER``.  libarchive is left out: it is no Python, and breaks apart.
"""

from __future__ import annotations

import hashlib
import lzma
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lazaretto.mail", "lazaretto.detect.malware"]):
    from lazaretto.detect.malware.unpacking import members
    from lazaretto.detect.malware.unpacking.budget import UnpackingLimits
    from lazaretto.detect.malware.unpacking.libarchive import FORMATS  # noqa: F401 - loaded before the guard
    from lazaretto.mail.scanner import view_of

from tests.unit.detect.malware.apple_containers import (
    a_dmg,
    a_pbzx,
    a_xar,
    an_hfs_volume,
    in_an_apple_partition,
)
from tests.unit.detect.malware.containers import CONTAINERS, a_letter
from tests.unit.detect.malware.hiding_places import HIDING_PLACES
from tests.unit.detect.malware.test_document_codes import WAYS as CODES
from tests.unit.detect.malware.test_made_elsewhere import FILES

LIMITS = UnpackingLimits(cpu_seconds=5, expanded=64 << 20, members=2_000)
LONGEST = 20_000
SLOWEST = 8.0
"""Seconds that one small input may take."""


def one_input(data: bytes) -> None:
    """Open ``data`` as a file and look at it as a message; raise for what takes too long."""
    began = time.thread_time()
    for _ in members(data, "a", LIMITS, lambda: ("word",)):
        pass
    view = view_of(data)
    for part in view.parts:
        part.decoded(1 << 20)
    assert view.text is not None
    if time.thread_time() - began > SLOWEST:
        raise TimeoutError(f"{time.thread_time() - began:.1f} s")


def main() -> None:
    """Fuzz until the time is over."""
    folder = Path(sys.argv[1])
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seeds = folder / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for name, octets in CONTAINERS.items():
        if not octets.startswith((b"Rar!", b"MSCF", b"7z")):
            (seeds / name.replace(" ", "-").replace("'", "")).write_bytes(octets)
    for name, octets in HIDING_PLACES.items():
        (seeds / f"place-{hashlib.sha256(name.encode()).hexdigest()[:12]}").write_bytes(octets)
    for way in CODES:
        (seeds / f"code-{way.__name__}").write_bytes(way())
    for file in FILES.glob("*.xz"):
        octets = lzma.decompress(file.read_bytes())
        # What LHA's methods pack goes to libarchive; disks are mostly empty, and long.
        if not octets.startswith(b"\x60\xea") and len(octets) < LONGEST:
            (seeds / file.stem).write_bytes(octets)
    small = CONTAINERS["cpio"]
    for name, octets in {
        "xar": a_xar(small),
        "pbzx": a_pbzx(small),
        "hfs": an_hfs_volume(small),
        "hfs-packed": an_hfs_volume(small, "attribute"),
        "dmg": a_dmg(an_hfs_volume(small)),
        "apple-map": in_an_apple_partition(an_hfs_volume(small)),
        "solid-rar": (FILES / "rar4_solid.rar").read_bytes(),
    }.items():
        (seeds / name).write_bytes(octets)
    (seeds / "letter").write_bytes(a_letter({"a.zip": CONTAINERS["cpio"]}))
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=60"]
    atheris.Setup([sys.argv[0], str(seeds), f"-artifact_prefix={folder}/", *limits], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
