"""What a newcomer sees first: everything starts, six messages meet their fates, everything stops."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lazaretto.testing.ports import free_port
from tests.load.product import LAZARETTO

pytestmark = pytest.mark.integration


def test_the_demonstration_starts_tells_and_stops(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    smtp, mailbox = free_port(), free_port()
    listen = f'[listen]\nsmtp = "127.0.0.1:{smtp}"\nmailbox = "127.0.0.1:{mailbox}"\n'
    (home / "lazaretto.toml").write_text(listen)
    for first in (True, False):
        output = tmp_path / f"output-{first}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [LAZARETTO, "demo", "run", "--empty", "--home", home],
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + 120
            while "Ctrl-C stops everything." not in output.read_text():
                assert process.poll() is None, output.read_text()
                assert time.monotonic() < deadline, output.read_text()
                time.sleep(0.1)
            if first:
                told = subprocess.run(
                    [LAZARETTO, "demo", "mail", "--home", home], capture_output=True, text=True, check=True
                ).stdout
                filled = subprocess.run(
                    [LAZARETTO, "demo", "fill", "--days", "9", "--home", home],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
        finally:
            # As a terminal does on Ctrl-C: to the whole group.
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=120) == 0
        assert "everything is stopped" in output.read_text()

    assert "starts again" not in (home / "log" / "jobs.log").read_text()
    assert "alice@customer.example: delivered" in told
    assert "verdict    spam" in told
    assert "alice@customer.example: quarantined" in told
    assert "550 5.1.1 invalid recipient" in told
    assert "552 5.3.4" in told
    listed = subprocess.run(
        [LAZARETTO, "quarantine", "list", "--home", home], capture_output=True, text=True, check=True
    ).stdout
    assert "malware" in listed
    assert "9 of 9 days" in filled
    assert "emma@atelier.example" in listed
    assert "news@shop.example" in listed


def test_what_the_demonstration_filled_in_can_be_removed_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    output = tmp_path / "output"
    listen = f'[listen]\nsmtp = "127.0.0.1:{free_port()}"\nmailbox = "127.0.0.1:{free_port()}"\n'
    (home / "lazaretto.toml").write_text(listen + f'http = "127.0.0.1:{free_port()}"\n')
    with output.open("wb") as file:
        words = [LAZARETTO, "demo", "run", "--empty", "--home", home]
        process = subprocess.Popen(words, stdout=file, stderr=file, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while "Ctrl-C stops everything." not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)
        subprocess.run([LAZARETTO, "demo", "fill", "--days", "2", "--home", home], check=True)
        subprocess.run([LAZARETTO, "demo", "clear", "--yes", "--home", home], check=True)
        listed = subprocess.run(
            [LAZARETTO, "quarantine", "list", "--home", home], capture_output=True, text=True, check=True
        ).stdout
    finally:
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=120) == 0

    assert listed == ""


def test_a_second_start_in_the_same_home_is_refused_clearly(tmp_path: Path) -> None:
    home = tmp_path / "home"
    words = [LAZARETTO, "run", "--home", home, "--smtp", f"127.0.0.1:{free_port()}"]
    first = subprocess.Popen(words, stdout=subprocess.PIPE)
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == b"ready\n"
        second = subprocess.run(words, capture_output=True, text=True, check=False)
    finally:
        first.send_signal(signal.SIGTERM)
        assert first.wait(timeout=120) == 0

    assert second.returncode == 1
    assert "runs already" in second.stderr
    assert "Traceback" not in second.stderr
