"""A destination gets more connections while it does well, fewer when it fails, none while it is dead."""

from __future__ import annotations

from lazaretto.delivery.feedback import Feedback


def a_feedback() -> Feedback:
    return Feedback(initial=5, most=20, probes_before_dead=3, probe_delay=1.0, dead_time=60.0)


def test_connections_grow_by_one_per_round_up_to_the_most() -> None:
    feedback = a_feedback()

    for _ in range(6):
        feedback.succeeded(now=0.0)
    after_one_round = feedback.connections
    for _ in range(1_000):
        feedback.succeeded(now=0.0)

    assert after_one_round == 6
    assert feedback.connections == 20


def test_after_a_failure_one_connection_probes_after_a_pause() -> None:
    feedback = a_feedback()

    feedback.failed(now=100.0)

    assert feedback.connections == 1
    assert feedback.is_quiet(100.5)
    assert not feedback.is_quiet(101.0)
    assert not feedback.is_dead


def test_failures_of_one_moment_count_once() -> None:
    feedback = a_feedback()

    for _ in range(20):
        feedback.failed(now=100.0)

    assert feedback.failures == 1


def test_three_failures_in_a_row_make_it_dead_for_a_minute() -> None:
    feedback = a_feedback()

    for now in (0.0, 10.0, 20.0):
        feedback.failed(now)

    assert feedback.is_dead
    assert feedback.is_quiet(79.0)
    assert not feedback.is_quiet(80.0)


def test_one_success_brings_it_back_to_life() -> None:
    feedback = a_feedback()
    for now in (0.0, 10.0, 20.0):
        feedback.failed(now)

    feedback.succeeded(now=0.0)

    assert not feedback.is_dead
    assert not feedback.is_quiet(20.0)
    assert feedback.connections >= 1


def test_what_others_say_counts_where_nothing_is_known() -> None:
    feedback = a_feedback()

    feedback.heard(4, seconds=30.0, now=100.0)

    assert feedback.is_dead
    assert feedback.is_quiet(129.0)
    assert not feedback.is_quiet(130.0)


def test_when_others_hear_an_answer_one_connection_tries_first() -> None:
    feedback = a_feedback()
    feedback.heard(4, seconds=30.0, now=100.0)

    feedback.heard(0, seconds=0.0, now=105.0)

    assert not feedback.is_quiet(105.0)
    assert feedback.connections == 1
    feedback.succeeded(now=106.0)
    assert feedback.connections == 5


def test_who_gets_through_believes_nobody_who_does_not() -> None:
    feedback = a_feedback()
    feedback.succeeded(now=100.0)

    feedback.heard(4, seconds=300.0, now=200.0)
    assert not feedback.is_quiet(200.0)

    feedback.heard(4, seconds=300.0, now=401.0)
    assert feedback.is_quiet(402.0)


def test_who_was_turned_away_believes_that_more_than_others() -> None:
    feedback = a_feedback()
    feedback.failed(now=100.0)

    feedback.heard(0, seconds=0.0, now=100.5)
    assert feedback.is_quiet(100.5)

    feedback.heard(9, seconds=300.0, now=100.5)
    assert not feedback.is_quiet(102.0)
