"""Workers may write no file: what they say is heard by their station, and stands in its log."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lazaretto.core.cards import DetectorCard, OnFailure, Service
from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of
from lazaretto.mail.view import MessageView
from lazaretto.pipeline.hearing import MOST_IN_ALL
from lazaretto.pipeline.settings import PipelineSettings
from lazaretto.pipeline.station import Station
from lazaretto.run.logging import log_to
from lazaretto.run.troubles import Kind, trouble_in

PATIENCE = 120.0
TOLD = '{"event": "detector failed", "detector": "malware.x"}'


class _Breaks:
    """A detector that a message broke."""

    card: ClassVar = DetectorCard(
        name="malware.breaks",
        summary="Breaks",
        service=Service.ANTIMALWARE,
        symbols=(),
        on_failure=OnFailure.UNSCANNABLE,
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        raise ValueError("what the mail says")


def _serve(connection: socket.socket) -> None:
    word = connection.recv(64)
    if word == b"look":
        log_to(sys.stderr, role="scan")
        facts = Facts(received_at=datetime(2026, 1, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
        look_at(view_of(b"From: a@b.example\r\n\r\nhello\r\n"), facts, None, [_Breaks()])
    if word == b"tell":
        sys.stderr.write(f"{TOLD}\n")
    if word == b"prose":
        sys.stderr.write('Fatal error\x1b[2J: {"event": 1}\n')
    if word == b"chatter":
        for _ in range(MOST_IN_ALL // 1_000 + 100):
            sys.stderr.write("x" * 1_000 + "\n")
        sys.stderr.write(f"{TOLD}\n")
    if word == b"die":
        sys.stderr.write(f"{TOLD}\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stderr.flush()
    connection.sendall(b"done")


@dataclass(frozen=True, slots=True)
class Heard:
    """A station in a child process, its log, and the events that it took note of."""

    folder: Path

    def say(self, word: bytes) -> None:
        """Have a worker say something, and wait for its answer or end."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
                try:
                    caller.connect(str(self.folder / "scan.sock"))
                except OSError:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
                    continue
                caller.sendall(word)
                caller.recv(64)
                return

    def wait_for(self, name: str, text: str) -> str:
        """Return what the file ``name`` holds once ``text`` is in it."""
        deadline = time.monotonic() + PATIENCE
        while text not in (said := (self.folder / name).read_text()):
            assert time.monotonic() < deadline, said
            time.sleep(0.02)
        return said


@pytest.fixture
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heard]:
    folder = tmp_path_factory.mktemp("h")
    (folder / "log").write_text("")
    (folder / "notes").write_text("")
    child = os.fork()
    if child == 0:
        with (folder / "log").open("ab") as log:
            os.dup2(log.fileno(), 2)
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115 - as a new process has it

        def note(event: Any) -> None:
            with (folder / "notes").open("a") as notes:
                notes.write(json.dumps(dict(event)) + "\n")

        try:
            Station(folder, PipelineSettings(workers=1), lambda: _serve, note).run()
        finally:
            os._exit(0)
    try:
        yield Heard(folder)
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


def test_an_event_that_a_worker_tells_is_in_the_log_and_noted(heard: Heard) -> None:
    heard.say(b"tell")

    assert TOLD in heard.wait_for("log", TOLD).split("\n")
    assert heard.wait_for("notes", "malware.x").strip() == TOLD


def test_a_detector_that_fails_in_a_worker_is_a_trouble_that_people_see(heard: Heard) -> None:
    heard.say(b"look")

    (event,) = map(json.loads, heard.wait_for("notes", "malware.breaks").strip().split("\n"))
    trouble = trouble_in(event, datetime.now(UTC))

    assert trouble is not None
    assert (trouble.kind, trouble.about, trouble.problem) == (Kind.DETECTOR, "malware.breaks", "ValueError")
    assert trouble.matters
    assert "what the mail says" in heard.wait_for("log", "malware.breaks")


def test_the_last_words_of_a_worker_that_dies_are_heard_and_its_death_noted(heard: Heard) -> None:
    heard.say(b"die")

    noted = heard.wait_for("notes", "scan worker died")

    assert [json.loads(line)["event"] for line in noted.strip().split("\n")] == [
        "detector failed",
        "scan worker died",
    ]


def test_what_is_no_event_is_one_line_of_the_log_and_changes_nothing_else(heard: Heard) -> None:
    heard.say(b"prose")

    line = heard.wait_for("log", "Fatal error").strip()

    assert "\x1b" not in line
    assert json.loads(line)["event"] == "scan worker said"
    assert heard.wait_for("notes", "") == ""


def test_a_worker_that_talks_without_end_holds_up_nobody_and_fills_no_disk(heard: Heard) -> None:
    heard.say(b"chatter")
    heard.say(b"tell")

    assert (heard.folder / "log").stat().st_size < 2 * MOST_IN_ALL
