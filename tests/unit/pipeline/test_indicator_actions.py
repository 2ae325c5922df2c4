"""Each kind of indicator leads to each action, in its direction, until it ends; and only for its tenant."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Copy, Disposition
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.facts import Gathered
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.core.indicators import Indicator, IndicatorAction, IndicatorKind
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.malware.eicar import Eicar
from lazaretto.detect.malware.indicators import Indicators
from lazaretto.intelligence.indicator_values import normal
from lazaretto.mail.splicing import splice
from lazaretto.pipeline.looking import Inspector
from lazaretto.pipeline.wire import LookRequest, SnapshotKey
from lazaretto.run.equipping import indicator_rules
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TENANT, CHIEF = TenantId(1), "chief@customer.example"
PAYLOAD = b"the plans of the mill"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
DOCUMENT = f"""\
tenant: acme
domains: {{customer.example: {{}}}}
addresses: [bob@customer.example]
administrators: [{CHIEF}]
"""
VALUES = {
    "attachmentname": "plan*.bin",
    "md5attachment": hashlib.md5(PAYLOAD, usedforsecurity=False).hexdigest(),
    "sha2attachment": hashlib.sha256(PAYLOAD).hexdigest(),
    "bodysenderdomain": "partner.example",
    "bodysenderemail": "ann@mail.partner.example",
    "bodysendertopleveldomain": "example",
    "envelopesenderdomain": "news.partner.example",
    "envelopesenderemail": "bounce@news.partner.example",
    "envelopesendertopleveldomain": "example",
    "senderipaddress": "192.0.2.7",
    "senderiprange": "192.0.2.0/28",
    "recipientdomain": "customer.example",
    "recipientemail": "bob@customer.example",
    "subject": "the plan of may",
    "url": "files.bad.example/kit",
}
INSPECTOR = Inspector((Indicators(), Eicar()), {}, "mx.example")


def a_message(payload: bytes = PAYLOAD) -> bytes:
    return (
        b"From: Ann <ann@mail.partner.example>\r\nTo: bob@customer.example\r\nSubject: The Plan of May\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: text/plain\r\n\r\nSee https://files.bad.example/kit/login.php for it.\r\n"
        b"--b\r\nContent-Type: application/octet-stream\r\n"
        b'Content-Disposition: attachment; filename="Plan of May.bin"\r\n\r\n' + payload + b"\r\n--b--\r\n"
    )


def an_entry(kind: str, action: IndicatorAction, **more: object) -> Indicator:
    which = IndicatorKind(kind)
    entry = Indicator(
        id=12,
        kind=which,
        value=normal(which, VALUES[kind]),
        action=action,
        directions=(Direction.INBOUND, Direction.OUTBOUND),
        expires_at=NOW + timedelta(days=7),
    )
    return replace(entry, **more)  # type: ignore[arg-type]


def equipped(*entries: Indicator) -> TenantSnapshot:
    plain = compile_snapshot(parse_document(DOCUMENT, "x"), TENANT, 1)
    return replace(
        plain, indicators=entries, rules=(*indicator_rules(plain.administrators), *plain.rules), levels=()
    )


def copy_of(
    *entries: Indicator, direction: Direction = Direction.INBOUND, message: bytes | None = None
) -> Copy:
    letter = message or a_message()
    people = (
        Recipient(address="bob@customer.example" if direction is Direction.INBOUND else "x@far.example"),
    )
    client = Client(ip="192.0.2.7")
    request = LookRequest(
        new_message_id(),
        client,
        Envelope(reverse_path="bounce@news.partner.example", recipients=people),
        (Leg(tenant=TENANT, direction=direction, recipients=people),),
        ReceivedContent(size=len(letter), sha256=b"", octets=letter),
        Gathered(received_at=NOW, client=client),
        (SnapshotKey(TENANT, 1),),
    )
    judgement = INSPECTOR.look_and_judge(request, letter, {TENANT: equipped(*entries)})
    (copy,) = [each for each in judgement.copies if not each.additional]
    return copy


def outcome(copy: Copy) -> tuple[str, tuple[str, ...], bool, bool]:
    """Return disposition, where it goes, and whether subject and header are marked."""
    changed = b"".join(splice(a_message(), copy.splices))
    marked = b"Subject: [INDICATOR] The Plan of May\r\n" in changed
    return copy.decision.disposition.word, copy.deliver_to, marked, b"X-Lazaretto-Found: indicator" in changed


OUTCOMES = {
    IndicatorAction.BLOCK: ("reject", (), False, False),
    IndicatorAction.QUARANTINE: ("quarantine", (), False, False),
    IndicatorAction.REDIRECT: ("redirect", (CHIEF,), False, False),
    IndicatorAction.TAG: ("deliver", (), True, False),
    IndicatorAction.HEADER: ("deliver", (), False, True),
}


def test_every_kind_is_in_this_table() -> None:
    assert set(VALUES) == {kind.value for kind in IndicatorKind}
    assert len(VALUES) == 15


@pytest.mark.parametrize("action", OUTCOMES, ids=lambda each: each.value)
@pytest.mark.parametrize("kind", VALUES)
def test_each_kind_leads_to_each_action(kind: str, action: IndicatorAction) -> None:
    assert outcome(copy_of(an_entry(kind, action))) == OUTCOMES[action]


@pytest.mark.parametrize("kind", VALUES)
def test_an_entry_that_ended_does_nothing(kind: str) -> None:
    ended = an_entry(kind, IndicatorAction.BLOCK, expires_at=NOW)

    assert outcome(copy_of(ended)) == ("deliver", (), False, False)


@pytest.mark.parametrize("way", [Direction.INBOUND, Direction.OUTBOUND], ids=lambda each: each.value)
@pytest.mark.parametrize(
    "meant",
    [(Direction.INBOUND,), (Direction.OUTBOUND,), (Direction.INBOUND, Direction.OUTBOUND)],
    ids=["in", "out", "both"],
)
def test_an_entry_counts_in_its_direction(meant: tuple[Direction, ...], way: Direction) -> None:
    entry = an_entry("sha2attachment", IndicatorAction.QUARANTINE, directions=meant)

    wanted = Disposition.QUARANTINE if way in meant else Disposition.DELIVER
    assert copy_of(entry, direction=way).decision.disposition is wanted


@pytest.mark.parametrize("action", [IndicatorAction.TAG, IndicatorAction.HEADER, IndicatorAction.REDIRECT])
def test_a_mild_action_never_lets_malware_through(action: IndicatorAction) -> None:
    copy = copy_of(an_entry("senderipaddress", action), message=a_message(EICAR))

    assert copy.decision.disposition is Disposition.QUARANTINE
    assert copy.decision.quarantine_reason == "malware"
