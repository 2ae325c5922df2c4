"""Each process is killed at each of its named points on the way of a message, three times: nothing is lost.

``make faults`` does the same fifty times.
"""

from __future__ import annotations

import pytest

from tests.faults.kill_points import Told, kill
from tests.faults.points import POINTS

TIMES = 3

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1_800)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What became of all letters."""
    folder = tmp_path_factory.mktemp("points")
    folder.chmod(0o755)
    return kill(folder, TIMES)


def test_nothing_is_lost_at_any_point(told: Told) -> None:
    assert {point.name for each in told.rounds for point in each.points} == {point.name for point in POINTS}
    assert len(POINTS) == 14
    assert told.broken_off == ""
    assert told.lost == []
    assert all(each["right"] for each in told.balance)


def test_a_letter_comes_again_only_where_an_answer_was_cut_off(told: Told) -> None:
    assert told.wrong == []
    repeated = {point.name for each in told.rounds if each.copies > 1 for point in each.points}
    assert {point.name for point in POINTS if point.copies > 1} <= repeated


def test_what_was_never_answered_is_sent_again_and_taken(told: Told) -> None:
    assert all(each.answers[-1] == "250" for each in told.rounds)
    assert all(each.first_greeting is not None for each in told.rounds if each.answers[0] == "lost")
