"""Damages a sample of every container reader of ours, again and again, and opens what comes of it.

    python -m tests.load.fuzz_files FOLDER [SECONDS] [SEED]

Where ``tests.load.fuzz`` is guided and takes small inputs, this takes whole disks as well: it changes
what is not empty in them.  It stops at nothing; each input that breaks a reader, takes too long or
too much memory is left in ``FOLDER`` and told, and the exit status is 1 if there was one.  What other
programs' code opens (RAR, CAB, 7z, ARJ, LHA, LZ4) is left out: it may end the process, which is
why the product opens it apart.
"""

from __future__ import annotations

import hashlib
import random
import re
import resource
import sys
import time
import traceback
from pathlib import Path

from lazaretto.detect.malware.unpacking.budget import UnpackingLimits
from lazaretto.detect.malware.unpacking.foreign import foreign_files
from lazaretto.detect.malware.unpacking.members import members
from lazaretto.detect.malware.unpacking.openers import openers_of
from lazaretto.mail.filetype import FileType, file_type
from tests.unit.detect.malware.samples import samples

LIMITS = UnpackingLimits(cpu_seconds=5, expanded=64 << 20, members=2_000)
SLOWEST = 8.0
"""Seconds of processor time that one input may take."""
MOST_MEMORY = 1 << 30
"""Octets of address space beyond what the program has at its beginning."""
_NATIVE = frozenset(
    {FileType.LHA, FileType.LZ4, FileType.RAR, FileType.CAB, FileType.SEVEN_ZIP, FileType.ARJ}
)
_FULL = re.compile(rb"[^\0]{1,512}")
_WIDE = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\x80",
    b"\1\0\0\0",
)


def damaged(octets: bytes, chance: random.Random) -> bytes:
    """Return ``octets`` with a few changes where they are not empty."""
    out = bytearray(octets)
    places = [match.span() for match in _FULL.finditer(octets)]
    for _ in range(chance.choice((1, 1, 2, 3, 8, 40))):
        begin, end = chance.choice(places)
        at = min(chance.randrange(begin, end), len(out) - 1)
        match chance.randrange(6):
            case 0:
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                out[at] = chance.randrange(256)
            case 2:
                out[at : at + 4] = chance.choice(_WIDE)[: len(out) - at]
            case 3:
                source = chance.choice(places)[0]
                count = chance.choice((4, 8, 16, 64))
                out[at : at + count] = octets[source : source + count]
            case 4:
                size = min(8, len(out) - at)
                number = int.from_bytes(out[at : at + size], "little") + chance.choice((-1, 1, 16, -16))
                out[at : at + size] = (number % (1 << 8 * size)).to_bytes(size, "little")
            case 5 if chance.random() < 0.1:
                del out[at:]
                break
    return bytes(out)


def complaint(octets: bytes) -> str:
    """Return what is wrong with how ``octets`` are opened; empty for nothing."""
    began = time.thread_time()
    try:
        for _ in members(octets, "a", LIMITS, lambda: ("password",)):
            pass
    except Exception:
        # Whatever it is, a reader let it through that may raise nothing.
        return traceback.format_exc()
    spent = time.thread_time() - began
    return f"{spent:.1f} s" if spent > SLOWEST else ""


def is_native(octets: bytes) -> bool:
    """Tell whether code that is no Python opens ``octets``, and could end this process."""
    return file_type(octets[: 64 << 10]) in _NATIVE or foreign_files in openers_of(octets)


def main() -> int:
    """Damage and open until the time is over."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + (float(sys.argv[2]) if len(sys.argv) > 2 else 300)
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else None)
    chosen = {name: octets for name, octets in samples().items() if not is_native(octets)}
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY, resource.RLIM_INFINITY))
    told: set[str] = set()
    rounds = 0
    while time.monotonic() < until:
        for name, sound in chosen.items():
            rounds += 1
            octets = damaged(sound, chance)
            if problem := complaint(octets):
                key = "\n".join(problem.strip().splitlines()[-4:])
                if key not in told:
                    told.add(key)
                    file = folder / f"broken-{hashlib.sha256(octets).hexdigest()[:12]}"
                    file.write_bytes(octets)
                    print(f"{name}: {file}\n{problem}", flush=True)
            if time.monotonic() > until:
                break
    print(f"{rounds} files, {len(told)} complaints", flush=True)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
