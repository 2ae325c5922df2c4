"""While the DNS does not answer mail is taken and waits; nothing is refused for good, returned or lost.

``python -m tests.faults.silent_dns`` has it silent for a quarter of an hour.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.silent_dns import silence

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SECONDS = 6.0
RATE = 3.0
LIMIT = 1.0


def test_silence_of_the_dns_refuses_and_loses_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    told = silence(tmp_path, SECONDS, RATE, LIMIT)

    assert told.asked > 0
    assert set(told.ledger.answers) == {"250"}
    assert told.delivered_in_silence == 0
    assert told.lost == []
    assert max(told.arrived.values()) == 1
    assert told.returned == 0
