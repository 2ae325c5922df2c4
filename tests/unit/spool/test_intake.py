"""Received octets are what was written, small ones in memory, larger ones sealed on disk."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazaretto.core.content import ReceivedContent
from lazaretto.core.errors import StorageFull, TemporaryFailure
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.intake import Intake, claim, discard, take
from lazaretto.spool.sealing import SealedReader

SETTINGS = ContentSettings(inline_max=100, chunk_size=4096)


def content_of(received: ReceivedContent) -> bytes:
    if received.file is None:
        assert received.octets is not None
        return received.octets
    assert received.octets is None
    return b"".join(SealedReader(received.file.path, received.file.key).chunks())


@given(st.lists(st.binary(max_size=300), max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_written_is_received_however_it_was_cut(tmp_path: Path, pieces: list[bytes]) -> None:
    intake = Intake(tmp_path, SETTINGS)
    for piece in pieces:
        intake.write(piece)
    received = intake.finish()

    content = b"".join(pieces)
    assert content_of(received) == content
    assert (received.size, received.sha256) == (len(content), hashlib.sha256(content).digest())
    assert (received.file is not None) == (len(content) > SETTINGS.inline_max)
    discard(received)
    assert list(tmp_path.iterdir()) == []


def test_content_up_to_the_limit_never_touches_the_disk(tmp_path: Path) -> None:
    received = take(bytes(100), tmp_path, SETTINGS)

    assert received.octets == bytes(100)
    assert list(tmp_path.iterdir()) == []


def test_the_buffer_of_the_caller_may_change_afterwards(tmp_path: Path) -> None:
    intake, buffer = Intake(tmp_path, SETTINGS), bytearray(b"before")
    intake.write(memoryview(buffer))
    buffer[:] = b"after!"

    assert intake.finish().octets == b"before"


def test_nothing_on_disk_is_readable(tmp_path: Path) -> None:
    received = take(b"a secret that is easy to find" * 1000, tmp_path, SETTINGS)

    assert received.file is not None
    assert b"secret" not in received.file.path.read_bytes()


@pytest.mark.parametrize("size", [10, 1000, 100_000])
def test_aborting_leaves_nothing(tmp_path: Path, size: int) -> None:
    intake = Intake(tmp_path, SETTINGS)
    intake.write(bytes(size))

    intake.abort()
    intake.abort()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, TemporaryFailure)],
)
def test_errors_of_the_disk_are_temporary_failures_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    def write(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    intake = Intake(tmp_path, SETTINGS)
    intake.write(bytes(10_000))
    monkeypatch.setattr(os, "write", write)

    with pytest.raises(expected):
        intake.finish()
    assert list(tmp_path.iterdir()) == []


def test_only_the_first_may_turn_the_file_into_content(tmp_path: Path) -> None:
    received = take(bytes(1000), tmp_path, SETTINGS)
    assert received.file is not None

    assert [claim(received.file), claim(received.file)] == [True, False]
    discard(received)
    assert list(tmp_path.iterdir()) == []


def test_discarding_twice_does_no_harm(tmp_path: Path) -> None:
    received = take(bytes(1000), tmp_path, SETTINGS)

    discard(received)
    discard(received)
