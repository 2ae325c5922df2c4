"""Near copies are known again, other mail is not, and nothing small or common can be made to match."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.reputation.digests import Signature, signatures_of
from lazaretto.detect.reputation.signature_file import Entry, SignatureFile, write
from lazaretto.detect.reputation.signatures import Signatures
from lazaretto.intelligence.signature_store import SignatureState, Source, Vote, state_of
from lazaretto.mail.scanner import view_of

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in ("lon", "mur", "tes", "ran")]


def _text(seed: int, words: int = 200) -> list[str]:
    chosen = random.Random(seed)
    return [chosen.choice(WORDS) for _ in range(words)]


def _mail(text: str, *files: bytes, image: bytes = b"") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "a@b.example"
    message["Subject"] = "x"
    message.set_content(text)
    for octets in files:
        message.add_attachment(octets, maintype="application", subtype="octet-stream", filename="a.bin")
    if image:
        message.add_attachment(image, maintype="image", subtype="png", filename="a.png")
    return message.as_bytes()


def _signatures(octets: bytes, kind: str) -> list[Signature]:
    return [each for each in signatures_of(view_of(octets)) if each.kind == kind]


def _agree(one: bytes, other: bytes, kind: str) -> bool:
    first, second = _signatures(one, kind), _signatures(other, kind)
    return any(len(set(a.keys) & set(b.keys)) >= a.enough for a in first for b in second)


@pytest.mark.parametrize("seed", range(20))
def test_a_mailing_with_another_name_amount_and_link_is_known_again(seed: int) -> None:
    words = _text(seed)
    one = f"Dear Ann, {' '.join(words)} you owe 123.45 https://a.example/u/1?x=1 Ann"
    other = f"Hello Mr Bob Miller {' '.join(words)} you owe 99 https://b.example/k/77777 Bob"

    assert _agree(_mail(one), _mail(other), "body")


@pytest.mark.parametrize("seed", range(20))
def test_other_letters_are_not_taken_for_it(seed: int) -> None:
    common = _text(99, 30)
    one, other = [*_text(seed), *common], [*_text(seed + 1000), *common]

    assert not _agree(_mail(" ".join(one)), _mail(" ".join(other)), "body")


@pytest.mark.parametrize("text", ["", "Thank you, see you on Monday.", "ok " * 500, "1 2 3 " * 400])
def test_a_body_that_says_little_has_no_signature(text: str) -> None:
    assert _signatures(_mail(text), "body") == []


def test_a_changed_file_and_a_picture_are_known_again() -> None:
    octets = random.Random(1).randbytes(60_000)
    changed = octets[:20_000] + b"another serial number" + octets[20_000:] + b"filling" * 20
    other = random.Random(2).randbytes(60_000)

    assert _agree(_mail("x", octets), _mail("y", changed), "file")
    assert _agree(_mail("x", image=octets), _mail("y", image=changed), "file")
    assert not _agree(_mail("x", octets), _mail("x", other), "file")


def test_a_small_file_is_known_by_all_its_octets_only() -> None:
    assert _agree(_mail("x", b"MZ" * 300), _mail("y", b"MZ" * 300), "file")
    assert not _agree(_mail("x", b"MZ" * 300), _mail("x", b"MZ" * 301), "file")
    assert _signatures(_mail("x", b"tiny"), "file") == []


def test_a_link_is_known_without_its_tokens_and_a_bare_host_never() -> None:
    one = _mail("see https://a.example/pay/invoice/1234567?id=1")
    other = _mail("now https://a.example/pay/invoice/7654321#x")

    assert _agree(one, other, "url")
    assert _signatures(_mail("see https://a.example/ and https://b.example"), "url") == []


@given(st.binary(max_size=2000))
def test_no_message_can_break_it(octets: bytes) -> None:
    signatures_of(view_of(octets))


def _look(octets: bytes, file: Path, *recipients: str) -> list[str]:
    facts = Facts(received_at=NOW, client=Client(ip="192.0.2.7"), recipients=recipients)
    detector = Signatures(SignatureFile(file), ["Trap@customer.example"])
    return [finding.symbol for finding in detector.look(view_of(octets), facts, None)]


def test_what_is_in_force_is_found_and_a_file_of_nobody_finds_nothing(tmp_path: Path) -> None:
    octets = _mail(" ".join(_text(5)) + " https://a.example/pay/invoice/1")
    file = tmp_path / "signatures.bin"
    entries = [
        Entry(key, number, each.kind, each.enough)
        for number, each in enumerate(signatures_of(view_of(octets)), 7)
        for key in each.keys
    ]

    assert _look(octets, file) == []
    write(file, [*entries, *(Entry(key, 1, "body", 3) for key in range(-5000, 5000))])
    assert _look(octets, file) == ["SIGNATURE_SPAM", "SIGNATURE_LINK"]
    assert _look(_mail(" ".join(_text(6))), file) == []
    file.write_bytes(b"something else")
    assert _look(octets, file) == []


def test_a_trap_is_told_whoever_else_gets_the_message(tmp_path: Path) -> None:
    file = tmp_path / "none"

    assert _look(_mail("x"), file, "bob@customer.example", "trap@customer.example") == ["TRAP_ADDRESS"]
    assert _look(_mail("x"), file, "bob@customer.example") == []


SPAM = True


def _votes(*votes: tuple[int, Source, bool]) -> SignatureState:
    return state_of(Vote(*vote) for vote in votes)[0]


@pytest.mark.parametrize(
    ("votes", "state"),
    [
        pytest.param([(1, Source.USER, SPAM)] * 50, "counted", id="one tenant alone, however loud"),
        pytest.param([(1, Source.USER, SPAM), (2, Source.USER, SPAM)], "counted", id="two are no quorum"),
        pytest.param(
            [(1, Source.USER, SPAM), (1, Source.USER, SPAM), (2, Source.USER, SPAM)],
            "in force",
            id="a quorum",
        ),
        pytest.param(
            [(1, Source.USER, SPAM), (1, Source.USER, SPAM), (2, Source.USER, SPAM), (3, Source.USER, False)],
            "counted",
            id="a word against weighs more",
        ),
        pytest.param([(0, Source.TRAP, SPAM)], "in force", id="a trap"),
        pytest.param([(0, Source.TRAP, SPAM), (5, Source.USER, False)], "in force", id="one frees nothing"),
        pytest.param(
            [(0, Source.TRAP, SPAM), (5, Source.USER, False), (6, Source.USER, False)],
            "withdrawn",
            id="two tenants do",
        ),
        pytest.param(
            [(0, Source.TRAP, SPAM), (0, Source.OPERATOR, False)], "withdrawn", id="the operator settles it"
        ),
    ],
)
def test_nobody_can_have_mail_stopped_alone(votes: list[tuple[int, Source, bool]], state: str) -> None:
    assert _votes(*votes).value == state
    assert _votes(*reversed(votes)).value == state
