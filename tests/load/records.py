"""What recording safe mail costs: processor time, octets of the record, and nothing where nobody wants it.

``python -m tests.load.records``: each letter is looked at in turns for a tenant that wants records and one
that does not; the median of the differences is told.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Final

from lazaretto.db.json_text import json_text
from lazaretto.spool.malware_telling import scanned
from tests.unit.detect.malware.containers import a_letter, a_zip
from tests.unit.pipeline.test_malware_event import DOCUMENT, NOW, TENANT, WANTED, looked_at

ROUNDS: Final = 40
_TEXT: Final = "We meet on Monday; see https://www.partner.example/plan and bring the figures.\n"
LETTERS: Final = {
    "text": a_letter({}, _TEXT * 20),
    "links": a_letter({}, "".join(f"https://h{each}.partner.example/a/{each}\n" for each in range(60))),
    "zip of 50 files": a_letter(
        {"pack.zip": a_zip({f"{each}.txt": _TEXT.encode() * 300 for each in range(50)})}
    ),
}


def measured(letter: bytes) -> dict[str, float]:
    """Return milliseconds with and without a record, and the octets that it takes."""
    spent: dict[str, list[float]] = {"": [], WANTED: []}
    octets = {}
    for _ in range(ROUNDS):
        for wish, times in spent.items():
            submission, judgement = looked_at(letter, "none", DOCUMENT + wish)
            compiled = time.thread_time()
            event = scanned(submission, judgement, TENANT, (), NOW, "250 queued")
            octets[wish] = len(json_text(event.details))
            times.append(sum(judgement.timings.values()) + (time.thread_time() - compiled) * 1_000)
    without, with_record = (statistics.median(times) for times in spent.values())
    return {
        "ms_without": round(without, 3),
        "ms_with": round(with_record, 3),
        "octets_of_record": octets[WANTED] - octets[""],
    }


if __name__ == "__main__":
    for name, letter in LETTERS.items():
        print(json.dumps({"letter": name, **measured(letter)}), flush=True)
