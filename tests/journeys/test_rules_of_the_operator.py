"""Rules of the operator's own: what they find is stopped, what they could not be tried on is never clean,

and whoever runs the platform learns which rule it was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

import pytest

from tests.journeys.conftest import PATIENCE, Platform
from tests.load.product import Product, SinkProcess

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

ENDLESS = "for all i in (0..filesize - 1) : (for all j in (0..filesize - 1) : (uint8(i) + uint8(j) >= 0))"
RULES = f"""\
rule our_lure {{ meta: verdict = "malware" strings: $a = "the very words" condition: $a }}
rule broken {{ condition: $a }}
rule slow {{ strings: $a = "trigger" condition: $a and {ENDLESS} }}
"""
ADMINISTRATORS = "administrators: [alice@one.example]\nlanguage: nl"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform whose operator has rules of YARA: one that is sound, one broken, one slow for some files."""
    folder = tmp_path_factory.mktemp("yara")
    rules, kept = folder / "rules", folder / "kept"
    rules.mkdir()
    kept.mkdir()
    (rules / "ours.yar").write_text(RULES)
    sink = SinkProcess.start(folder, keep=kept)
    settings = (
        f'[delivery]\nrelay = "127.0.0.1:{sink.port}"\n[content]\nleast_free_share = 0.01\n'
        f'[detect]\nyara_rules = "{rules}"\n'
    )
    product = Product.start(folder / "home", settings)
    try:
        made = Platform(product, sink, kept)
        made.publish("one", "one.example", ADMINISTRATORS)
        yield made
    finally:
        product.stop()
        sink.stop()


def _letter(attached: bytes) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Ann <ann@partner.example>"
    message["To"] = "bob@one.example"
    message["Subject"] = "minutes"
    message["Message-ID"] = f"<{time.monotonic_ns()}@partner.example>"
    message.set_content("See you on Tuesday.\n")
    message.add_attachment(attached, maintype="application", subtype="octet-stream", filename="a.bin")
    return message.as_bytes()


def _mail_to(platform: Platform, address: str, subject: str) -> EmailMessage:
    """Return what the next hop got for ``address`` from our own program, once it is there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for received in platform.sink.received():
            for path in platform.kept.glob(f"{received[3]}*") if received[2] == address else ():
                mail = message_from_bytes(path.read_bytes(), policy=default)
                if mail["Auto-Submitted"] == "auto-generated" and subject in str(mail["Subject"]):
                    return mail
        time.sleep(0.2)
    raise AssertionError(f"{address} was told nothing: {platform.sink.received()}")


def test_what_a_rule_of_the_operators_finds_is_quarantined_under_its_name(guarded: Platform) -> None:
    identity, _ = guarded.send(_letter(b"these are the very words of a lure"), "bob@one.example")

    story = guarded.story(identity, "quarantined")

    assert story["verdict"] == "malware"
    assert "our_lure" in str([each for each in story["findings"] if each["symbol"] == "YARA_MALWARE"])
    assert guarded.delivered(identity) == []


def test_a_message_that_a_rule_could_not_be_tried_on_is_never_clean_and_everybody_is_told(
    guarded: Platform,
) -> None:
    guarded.product.command(
        "account", "add", "carla.vermeer@one.example", "--role", "operator-administrator", "--language", "fr"
    )
    hostile = b"trigger and the very words" + bytes(200_000)

    identity, _ = guarded.send(_letter(b"trigger only" + bytes(200_000)), "bob@one.example")
    both, _ = guarded.send(_letter(hostile), "bob@one.example")
    honest, _ = guarded.send(_letter(b"nothing at all" + bytes(200_000)), "bob@one.example")

    story = guarded.story(identity, "quarantined")
    assert story["verdict"] == "unscannable"
    (finding,) = [each for each in story["findings"] if each["symbol"] == "YARA_TIME_LIMIT"]
    assert "ours.yar:slow" in str(finding)
    # What the other rules of the same file find counts as ever.
    assert guarded.story(both, "quarantined")["verdict"] == "malware"
    guarded.story(honest, "delivered")

    notice = _mail_to(guarded, "alice@one.example", "Een regel kon niet")
    assert "ours.yar:slow" in notice.get_content()
    alert = _mail_to(guarded, "carla.vermeer@one.example", "demandent votre attention")
    assert "ours.yar:broken" in alert.get_content()

    assert "slow" in _log(guarded.product.home, "yara rule set apart")
    shown = _doctor(guarded)
    assert "ours.yar:broken is left out" in shown
    assert "ours.yar:slow was too slow" in shown


def _log(home: Path, event: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        lines = [line for line in (home / "log" / "scan.log").read_text().split("\n") if event in line]
        if lines:
            return "\n".join(lines)
        time.sleep(0.2)
    raise AssertionError(f"the log never said {event}")


def _doctor(platform: Platform) -> str:
    """Return what ``lazaretto doctor`` says of rules, which is wrong here, so that the command fails."""
    with pytest.raises(RuntimeError):
        platform.product.command("doctor")
    home = platform.product.home
    from lazaretto.run.diagnosis import examine
    from lazaretto.run.home import Home
    from lazaretto.run.settings import load_settings

    found = examine(Home.at(home), load_settings(Home.at(home)))
    return next(each.told for each in found if each.question == "rules and detectors")
