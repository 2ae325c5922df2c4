"""What is said of connections to PostgreSQL is what the processes' pools come to."""

from __future__ import annotations

import re
from pathlib import Path

from lazaretto.db.cluster import _CONFIGURATION
from lazaretto.run.connections import FOR_A_COMMAND, most_connections
from lazaretto.run.settings import Settings
from lazaretto.web.process_settings import MOST_PROCESSES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "operate" / "postgresql.md"
FOR_SUPERUSERS = 3
"""What PostgreSQL keeps back for them, where nothing else is said."""


def told() -> dict[str, tuple[int, int]]:
    """Return by role how many the page says, and what it says of the databases comes to."""
    rows = re.findall(r"^\| `?(\w+)[^|]* \| (\d+) \| (\d+), (\d+), (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    return {role: (int(number), sum(map(int, each))) for role, number, *each in rows}


def settings_with(**web: int) -> Settings:
    usual = Settings()
    return usual.model_copy(update={"web": usual.web.model_copy(update=web)})


def test_the_page_for_operators_says_how_many_each_process_may_have() -> None:
    most = most_connections(settings_with(workers=1))

    expected = {**most, "together": sum(most.values())}
    assert told() == {role: (number, number) for role, number in expected.items()}


def test_each_worker_of_the_portals_and_each_of_its_threads_counts() -> None:
    one = most_connections(settings_with(workers=1, threads=4))["web"]

    assert most_connections(settings_with(workers=3, threads=6))["web"] == 3 * (one + 2)


def test_workers_count_also_where_no_setting_says_how_many() -> None:
    usual, one = settings_with(workers=0), settings_with(workers=1)

    assert most_connections(usual)["web"] == usual.web.processes * most_connections(one)["web"]


def test_our_own_postgresql_has_room_for_a_node_with_as_many_workers_as_it_may_have_unasked() -> None:
    needed = sum(most_connections(settings_with(workers=MOST_PROCESSES)).values()) + FOR_A_COMMAND
    allowed = re.search(r"^max_connections = (\d+)$", _CONFIGURATION, re.MULTILINE)

    assert allowed is not None
    assert int(allowed[1]) - FOR_SUPERUSERS >= needed
