"""A destination gets more connections while it does well, fewer when it fails, none while it is dead."""

from __future__ import annotations

from lazaretto.delivery.feedback import Feedback


def a_feedback() -> Feedback:
    return Feedback(initial=5, most=20, probes_before_dead=3, probe_delay=1.0, dead_time=60.0)


def test_connections_grow_by_one_per_round_up_to_the_most() -> None:
    feedback = a_feedback()

    for _ in range(6):
        feedback.succeeded()
    after_one_round = feedback.connections
    for _ in range(1_000):
        feedback.succeeded()

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

    feedback.succeeded()

    assert not feedback.is_dead
    assert not feedback.is_quiet(20.0)
    assert feedback.connections >= 1
