"""As many web processes as processors, unless a setting says otherwise."""

from __future__ import annotations

import os

import pytest

from lazaretto.web.process_settings import MOST_PROCESSES, WebSettings


@pytest.mark.parametrize(("processors", "processes"), [(1, 1), (2, 2), (3, 3), (64, MOST_PROCESSES)])
def test_there_is_a_process_for_each_processor_up_to_three(
    monkeypatch: pytest.MonkeyPatch, processors: int, processes: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(processors)))

    assert WebSettings().processes == processes
    assert WebSettings(workers=5).processes == 5
