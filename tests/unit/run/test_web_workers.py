"""As many web processes as processors, unless a setting says otherwise."""

from __future__ import annotations

import os

import pytest

from lazaretto.run.web import MOST_WORKERS, usual_workers
from lazaretto.web.process_settings import WebSettings


@pytest.mark.parametrize(("processors", "workers"), [(1, 1), (2, 2), (3, 3), (64, MOST_WORKERS)])
def test_there_is_a_process_for_each_processor_up_to_three(
    monkeypatch: pytest.MonkeyPatch, processors: int, workers: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(processors)))

    assert usual_workers() == workers


def test_that_is_what_holds_where_nothing_is_said() -> None:
    assert WebSettings().workers == 0
