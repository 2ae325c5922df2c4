"""Every line of a log is one JSON object with its fields, whichever module wrote it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

SCRIPT = """
import logging, threading, warnings, structlog
from lazaretto.run.logging import log_to_stderr
log_to_stderr("jobs")
structlog.get_logger("lazaretto.one").info("ours", count=1)
logging.getLogger("lazaretto.two").warning("standard", extra={"waiting": 7, "reason": "away"})
logging.getLogger("lazaretto.two").info("quiet but ours")
logging.getLogger("somebody").info("quiet and not ours")
warnings.warn("old")
thread = threading.Thread(target=lambda: structlog.get_logger("lazaretto.one").info("beside"))
thread.start()
thread.join()
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("lazaretto.two").exception("failed")
"""


@pytest.fixture(scope="module")
def lines() -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    told = [json.loads(line) for line in done.stderr.rstrip("\n").split("\n")]
    return {line["event"]: line for line in told}


def test_fields_of_the_standard_module_are_in_the_line(lines: dict[str, dict[str, Any]]) -> None:
    told = lines["standard"]

    assert (told["waiting"], told["reason"]) == (7, "away")
    assert (told["level"], told["logger"], told["role"]) == ("warning", "lazaretto.two", "jobs")


def test_both_ways_to_log_have_time_level_and_role_also_in_threads(lines: dict[str, dict[str, Any]]) -> None:
    for event in ("ours", "standard", "quiet but ours", "beside", "failed"):
        assert {"timestamp", "level", "role"} <= lines[event].keys()


def test_an_exception_is_a_field_and_not_more_lines(lines: dict[str, dict[str, Any]]) -> None:
    assert "ZeroDivisionError" in lines["failed"]["exception"]


def test_what_libraries_only_mention_is_left_out(lines: dict[str, dict[str, Any]]) -> None:
    assert "quiet and not ours" not in lines
