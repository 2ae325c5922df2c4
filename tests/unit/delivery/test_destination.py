"""What is known of a destination may be forgotten when nothing waits for it and it is not left alone."""

from __future__ import annotations

import pytest

from lazaretto.delivery.destination import Destination
from lazaretto.delivery.holding import Held
from lazaretto.testing.copies import a_copy
from tests.unit.delivery.test_feedback import a_feedback

LEFT_ALONE = 60.0


@pytest.fixture
def destination() -> Destination:
    return Destination("mx dead.example", a_feedback())


def test_one_that_does_well_is_unused_between_its_messages(destination: Destination) -> None:
    destination.feedback.succeeded(now=0.0)

    assert destination.is_unused(now=0.0)


def test_one_for_which_something_waits_is_not(destination: Destination) -> None:
    destination.put(Held(a_copy(), None, 0.0))

    assert not destination.is_unused(now=0.0)


def test_a_dead_one_is_kept_for_as_long_as_it_is_left_alone_and_no_longer(destination: Destination) -> None:
    for moment in (0.0, 1.0, 3.0):
        destination.feedback.failed(now=moment)

    assert destination.feedback.is_dead
    assert not destination.is_unused(now=3.0 + LEFT_ALONE - 1)
    assert destination.is_unused(now=3.0 + LEFT_ALONE)
