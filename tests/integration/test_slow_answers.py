"""A next hop that takes several leases' time to say 250 gets each letter once, and others do not wait for it.

``python -m tests.faults.slow_answers`` has it take nine minutes, with the leases of every day.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.slow_answers import SETTINGS, SLOW_MESSAGES, watch

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

SECONDS = 25.0
LEASE = 8.0
SHORT_LEASES = f"{SETTINGS}[spool]\nlease_time = {LEASE}\n[delivery]\nlease_time = {LEASE}\n"
MESSAGES = 10


def test_an_answer_that_comes_after_three_leases_is_waited_for(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    told = asyncio.run(watch(tmp_path, SECONDS, MESSAGES, SHORT_LEASES))

    assert len(told.copies_of_slow) == SLOW_MESSAGES
    assert set(told.copies_of_slow.values()) == {1}
    assert told.waiting_at_end == 0
    assert max(told.beside) < SECONDS
