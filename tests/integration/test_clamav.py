"""With ClamAV beside it: its word counts, its limits are said, and while it is down mail waits."""

from __future__ import annotations

import base64
import io
import json
import os
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from lazaretto.protocol.clamd import Clamav, beyond_limits
from lazaretto.protocol.settings import ClamavSettings
from lazaretto.testing.clamd import SIGNATURE_NAME, TOKEN, ClamdServer
from tests.integration.running_product import answer, copies, eventually, letter, queued_as, running_product
from tests.journeys.conftest import Platform

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
COMES_AGAIN = 150.0
"""Seconds within which a message that could not be looked at is looked at again, with leeway."""


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamdServer]:
    with ClamdServer(tmp_path_factory.mktemp("clamd")) as server:
        yield server


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, clamd: ClamdServer) -> Iterator[Platform]:
    settings = f'[edge]\nbanner_delay = 0.0\n[clamav]\nservers = ["/nowhere/clamd.ctl", "{clamd.path}"]\n'
    with running_product(tmp_path_factory.mktemp("clamav"), settings) as made:
        yield made


def with_file(content: bytes) -> bytes:
    """Return a letter with an attached file."""
    head, _, body = letter().partition(b"\r\n\r\n")
    head = head.replace(b"text/plain; charset=us-ascii", b"multipart/mixed; boundary=b")
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return (
        head
        + b"\r\n\r\n--b\r\n\r\n"
        + body
        + b"\r\n--b\r\nContent-Type: application/octet-stream; name=a.bin\r\n"
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encoded
        + b"--b--\r\n"
    )


def trace(platform: Platform, identity: str) -> list[dict[str, Any]]:
    """Return what the trace tells of a message; nothing until it is there."""
    lines = platform.product.command("trace", "--recipient", "bob@one.example", "--json").split("\n")
    told = [json.loads(line) for line in lines if line]
    return [each for each in told if each["id"] == identity]


def findings(platform: Platform, octets: bytes) -> dict[str, str]:
    """Return the symbols found in a message with what was seen."""
    identity = queued_as(answer(platform, octets))
    (told,) = eventually(lambda: trace(platform, identity))
    return {each["symbol"]: each["evidence"] for each in told["findings"]}


def test_what_clamav_knows_is_malware(platform: Platform) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", TOKEN)

    found = findings(platform, with_file(packed.getvalue()))

    assert found["CLAMAV_FOUND"].startswith(SIGNATURE_NAME)


def test_what_is_beyond_its_limits_is_unscannable(platform: Platform) -> None:
    assert "CLAMAV_INCOMPLETE" in findings(platform, with_file(os.urandom(2_500_000)))


async def test_a_daemon_that_tells_what_is_beyond_its_limits_passes_the_doctor(clamd: ClamdServer) -> None:
    assert await Clamav(ClamavSettings(servers=(clamd.path,))).is_complete(beyond_limits())


def test_while_it_is_down_mail_is_accepted_and_waits(platform: Platform, clamd: ClamdServer) -> None:
    clamd.stop()
    try:
        identity = queued_as(answer(platform, letter()))
        (told,) = eventually(lambda: trace(platform, identity))
        assert told["verdict"] is None
        assert not platform.delivered(identity)
    finally:
        clamd.start()

    assert eventually(lambda: platform.delivered(identity), COMES_AGAIN)
    assert len(copies(platform, identity)) == 1
