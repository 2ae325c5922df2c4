"""What is kept of a look at real mail gives the very decision again, and so does a change tried on it."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from lazaretto.core.content import ReceivedContent
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.facts import Gathered
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.stored import StoredLook, decode_look, encode_look, look_of
from lazaretto.detect.registry import detectors
from lazaretto.pipeline.looking import Inspector
from lazaretto.pipeline.wire import LookRequest, SnapshotKey
from lazaretto.policy.late import accepted
from lazaretto.policy.replaying import decisions_again, differences
from lazaretto.spool.telling import scanned
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

pytestmark = [
    pytest.mark.corpora,
    pytest.mark.timeout(3_600 if os.environ.get("LAZARETTO_ALL_CORPORA") else 300),
]

SETS = ("lists-ham", "lists-spam", "trec07", "phishing-pot", "csdmc2010", "bounces")
STEP = 4 if os.environ.get("LAZARETTO_ALL_CORPORA") else 250
NOW = datetime(2026, 5, 1, tzinfo=UTC)
TENANT = TenantId(1)
RECIPIENTS = ("bob@customer.example", "chief@customer.example", "dora@branch.example")
TEXT = """\
tenant: acme
domains: {customer.example: {}, branch.example: {settings: {antispam: {spam: delete, bulk: quarantine}}}}
approved_senders: [gmail.com, 192.0.2.0/24]
blocked_senders: [yahoo.com]
rules: [{name: no dkim, when: {symbols: [DKIM_*], score_at_least: 2.0}, action: {tag_subject: "[?] "}}]
groups: {g: {members: [chief@customer.example], settings: {antispam: {thresholds: {spam: 2.0}}}}}
"""
CHANGED = TEXT.replace("spam: delete", "spam: quarantine").replace("spam: 2.0", "spam: 3.5")


def snapshot_of(text: str, version: int) -> TenantSnapshot:
    return compile_snapshot(parse_document(text, "x"), TENANT, version)


def messages(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as tar:
        for number, member in enumerate(tar):
            if member.isfile() and number % STEP == 0:
                file = tar.extractfile(member)
                assert file is not None
                yield member.name, file.read()


def kept(inspector: Inspector, octets: bytes, snapshot: TenantSnapshot, number: int) -> StoredLook:
    recipients = tuple(Recipient(address=each) for each in RECIPIENTS)
    client = Client(ip="192.0.2.7" if number % 5 == 0 else "203.0.113.9")
    request = LookRequest(
        new_message_id(),
        client,
        Envelope(reverse_path="ann@partner.example", recipients=recipients),
        (Leg(tenant=TENANT, direction=Direction.INBOUND, recipients=recipients),),
        ReceivedContent(size=len(octets), sha256=b"", octets=octets),
        Gathered(received_at=NOW, client=client),
        (SnapshotKey(TENANT, snapshot.version),),
    )
    judgement = accepted(inspector.look_and_judge(request, octets, {TENANT: snapshot}))
    event = scanned(judgement, judgement.copies, TENANT, request.id, NOW)
    details = msgspec.json.decode(msgspec.json.encode(event.details))
    return decode_look(encode_look(look_of(details)))


@pytest.mark.parametrize("name", SETS)
def test_judging_what_is_kept_is_judging_the_message(corpora: Path, name: str) -> None:
    inspector = Inspector(detectors(), {}, "mx.example")
    before, after = snapshot_of(TEXT, 1), snapshot_of(CHANGED, 2)
    for number, (member, octets) in enumerate(messages(corpora / "mail" / f"{name}.tar.xz")):
        look = kept(inspector, octets, before, number)

        assert differences(look, before) == [], member
        tried = decisions_again(look, after)
        live = kept(inspector, octets, after, number)
        assert {one: each.disposition for one, each in tried.items()} == {
            one: copy.disposition for copy in live.copies for one in copy.recipients
        }, member
