"""What came into a trap, or was reported by enough, is stopped for every tenant at its second sighting."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.running_product import eventually, infected, queued_as, running_product
from tests.journeys.conftest import Platform

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in ("lon", "mur", "tes", "ran")]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    settings = '[detect]\ntraps = ["gone@one.example"]\n'
    with running_product(tmp_path_factory.mktemp("signatures"), settings) as running:
        for name in ("two", "three"):
            running.publish(name, f"{name}.example")
        yield running


def _mailing(seed: int, name: str) -> bytes:
    chosen = random.Random(seed)
    message = EmailMessage(policy=SMTP)
    message["From"] = "Ann <ann@partner.example>"
    message["Subject"] = f"for {name}"
    message["Message-ID"] = f"<{seed}.{name}@partner.example>"
    message["Date"] = "Tue, 24 Nov 2026 10:00:00 +0000"
    message.set_content(f"Dear {name}, " + " ".join(chosen.choice(WORDS) for _ in range(150)))
    return message.as_bytes()


def _reply(platform: Platform, octets: bytes, recipient: str) -> str:
    return platform.send(octets, recipient)[0]


def _is_stopped(platform: Platform, seed: int, name: str) -> bool:
    return _reply(platform, _mailing(seed, name), "bob@two.example").startswith("550")


def _report(platform: Platform, said: str, *words: str) -> dict[str, object]:
    return json.loads(platform.product.command("report", said, *words, "--json"))


def test_what_came_into_a_trap_is_stopped_for_every_tenant(platform: Platform) -> None:
    assert not _is_stopped(platform, 1, "before")
    _reply(platform, _mailing(1, "trap"), "gone@one.example")

    assert eventually(lambda: _is_stopped(platform, 1, "again"))
    assert not _is_stopped(platform, 2, "another")


def test_people_need_a_quorum_of_tenants(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "missed.eml"
    file.write_bytes(_mailing(3, "x"))
    one = [_report(platform, "spam", str(file), "--tenant", "one", "--as", "user", "--reporter", who)
           for who in ("a@one.example", "b@one.example", "c@one.example")]  # fmt: skip

    assert "2 of 3 reports" in str(one[-1]["effect"])
    assert one[-1]["state"] == "answered"
    last = _report(
        platform, "spam", str(file), "--tenant", "two", "--as", "user", "--reporter", "d@two.example"
    )

    assert "stopped from now on" in str(last["effect"])
    assert eventually(lambda: _is_stopped(platform, 3, "again"))


def test_the_operator_stops_and_frees_at_once(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "missed.eml"
    file.write_bytes(_mailing(4, "x"))

    _report(platform, "spam", str(file))
    assert eventually(lambda: _is_stopped(platform, 4, "again"))
    freed = _report(platform, "not-spam", str(file))

    assert "not stopped by a signature any more" in str(freed["effect"])
    assert "SIGNATURE_SPAM" in freed["findings"]  # type: ignore[operator]
    assert eventually(lambda: not _is_stopped(platform, 4, "later"))


def test_what_we_still_have_is_reported_by_its_id_and_the_rest_by_its_file(
    platform: Platform,
) -> None:
    rests = queued_as(_reply_of(platform, infected("report")))
    case = _report(platform, "not-spam", rests)

    assert case["verdict"] == "malware"
    with pytest.raises(RuntimeError, match="report it again with its file"):
        _report(platform, "spam", str(uuid4()))
    listed = platform.product.command("report", "list")
    assert rests in listed


def _reply_of(platform: Platform, octets: bytes) -> str:
    return f"250 2.0.0 Queued as {platform.send(octets, 'bob@one.example')[0]}"
