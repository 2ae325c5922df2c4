"""Damages a sample of every container reader, again and again, and has what comes of it opened.

    python -m tests.load.fuzz_files FOLDER [SECONDS] [SEED [WORDS]]

Where ``tests.load.fuzz`` is guided and takes small inputs, this takes whole disks as well: it changes
what is not empty in them.  Files are opened as in the product: by a parser apart, which may do nothing else,
and which other programs' code (libarchive's: RAR, CAB, 7z, ARJ, LHA, LZ4) may end.  It stops at nothing; each
input over which a parser dies or has to be ended is left in ``FOLDER`` and told with what a process of its
own says about it, and the exit status is 1 if there was one.  With ``WORDS`` only samples whose names contain
one of them, separated by commas, are damaged.
"""

from __future__ import annotations

import faulthandler
import hashlib
import logging
import random
import re
import resource
import subprocess
import sys
import time
import traceback
from pathlib import Path

from lazaretto.detect.malware.unpacking import ParserKeeper
from lazaretto.detect.malware.unpacking.budget import Spent, UnpackingLimits
from lazaretto.detect.malware.unpacking.keeping import ENDED
from lazaretto.detect.malware.unpacking.members import members
from lazaretto.detect.malware.unpacking.pieces import Trouble
from lazaretto.detect.malware.unpacking.results import Problem
from tests.unit.detect.malware.samples import samples

LIMITS = UnpackingLimits(cpu_seconds=5, expanded=64 << 20, members=2_000)
SLOWEST = 8.0
"""Seconds of processor time that one input may take."""
MOST_MEMORY = 1 << 30
"""Octets of address space beyond what the program has at its beginning."""
_EXPLAIN = "--explain"
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


def complaint(octets: bytes, keeper: ParserKeeper) -> str:
    """Return what is wrong with how ``octets`` are opened; empty for nothing."""
    spent = Spent()
    try:
        for each in members(octets, "a", LIMITS, lambda: ("password", "Sesame42"), spent=spent, apart=keeper):
            if isinstance(each, Problem) and (each.trouble is Trouble.FAILED or ENDED in each.detail):
                return each.detail
    except Exception:
        # Whatever it is, a reader let it through that may raise nothing.
        return traceback.format_exc()
    return f"{spent.cpu_seconds:.1f} s" if spent.cpu_seconds > SLOWEST else ""


def explained(file: Path) -> str:
    """Return the last words of a process that opens ``file`` without anything around it; empty for none."""
    command = [sys.executable, "-m", "tests.load.fuzz_files", _EXPLAIN, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "\n".join(
        [*done.stderr.strip().splitlines()[-12:], f"status {done.returncode}"] * bool(done.returncode)
    )


def explain(file: Path) -> int:
    """Open ``file`` here, with about the means that a parser has, and say what goes wrong."""
    faulthandler.enable()
    _bound_memory()
    resource.setrlimit(resource.RLIMIT_CPU, (20, resource.RLIM_INFINITY))
    for _ in members(file.read_bytes(), "a", LIMITS, lambda: ("password", "Sesame42")):
        pass
    return 0


def main() -> int:
    """Damage and have opened until the time is over."""
    if sys.argv[1] == _EXPLAIN:
        return explain(Path(sys.argv[2]))
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + (float(sys.argv[2]) if len(sys.argv) > 2 else 300)
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else None)
    words = sys.argv[4].split(",") if len(sys.argv) > 4 else [""]
    chosen = {name: octets for name, octets in samples().items() if any(word in name for word in words)}
    logging.disable(logging.WARNING)
    keeper = ParserKeeper()
    _bound_memory()
    told: set[str] = set()
    rounds = 0
    while time.monotonic() < until:
        for name, sound in chosen.items():
            rounds += 1
            octets = damaged(sound, chance)
            if problem := complaint(octets, keeper):
                file = folder / f"broken-{hashlib.sha256(octets).hexdigest()[:12]}"
                file.write_bytes(octets)
                reason = explained(file)
                # On a busy machine the clock ends what was hardly begun: such a file does no harm.
                is_clock = ENDED in problem and not reason
                if is_clock or (reason or problem) in told:
                    file.unlink()
                    continue
                told.add(reason or problem)
                print(f"{name}: {file}\n{problem}\n{reason}", flush=True)
            if time.monotonic() > until:
                break
    keeper.close()
    print(f"{rounds} files of {len(chosen)} samples, {len(told)} complaints", flush=True)
    return 1 if told else 0


def _bound_memory() -> None:
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
