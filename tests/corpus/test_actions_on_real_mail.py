"""Tags and fields on real mail: only what was meant changes, and a second time nothing does."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lazaretto.actions.carrying_out import changes
from lazaretto.core.decision import ActionOrder, Decision, Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.bodies import readable_bodies
from lazaretto.mail.scanner import view_of
from lazaretto.mail.splicing import splice
from lazaretto.policy.judging import Judged

pytestmark = pytest.mark.corpora

STEP = 1 if os.environ.get("LAZARETTO_ALL_CORPORA") else 40
SETS = ("bounces", "classic-hardham", "csdmc2010", "lists-ham", "lists-spam", "phishing-pot", "transactional")
SNAPSHOT = TenantSnapshot(tenant=TenantId(1), name="acme", version=1, domains={})
FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
JUDGED = Judged(verdict=Verdict.SPAM, score=6.0, decisions=(), direction=Direction.INBOUND)
OUTBOUND = Judged(verdict=Verdict.CLEAN, score=0.0, decisions=(), direction=Direction.OUTBOUND)
DECISION = Decision(
    recipients=("bob@customer.example",),
    disposition=Disposition.DELIVER,
    orders=(
        ActionOrder(action="tag-subject", parameters={"tag": "[SPÄM] "}),
        ActionOrder(action="add-header", parameters={"name": "X-Note", "value": "long " * 40}),
    ),
)


def messages(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as tar:
        for number, member in enumerate(tar):
            if member.isfile() and number % STEP == 0:
                file = tar.extractfile(member)
                assert file is not None
                yield member.name, file.read()


def changed(octets: bytes) -> bytes:
    made = changes(view_of(octets), DECISION, JUDGED, FACTS, SNAPSHOT, results=b"lazaretto; spf=none")
    return b"".join(splice(octets, made.splices))


BODIES = Decision(
    recipients=("bob@customer.example",),
    disposition=Disposition.DELIVER,
    orders=(
        ActionOrder(action="banner", parameters={"text": "Attention : message extérieur"}),
        ActionOrder(action="disclaimer", parameters={"text": "Scanné pour {tenant}.\nLigne deux"}),
        ActionOrder(action="strip-attachments", parameters={"names": "*.doc\n*.pdf"}),
        ActionOrder(action="compress-attachments"),
    ),
)


def body_changed(octets: bytes) -> bytes:
    made = changes(view_of(octets), BODIES, OUTBOUND, FACTS, SNAPSHOT)
    return b"".join(splice(octets, made.splices))


@pytest.mark.parametrize("name", SETS)
def test_texts_in_bodies_and_changed_files_leave_the_rest_and_stand_there_once(
    corpora: Path, name: str
) -> None:
    for member, octets in messages(corpora / "mail" / f"{name}.tar.xz"):
        before = view_of(octets)
        once = body_changed(octets)
        after = view_of(once)

        assert [part.path for part in after.leaves] == [part.path for part in before.leaves], member
        unchanged = {part.decoded() for part in before.leaves if not part.is_text and not part.is_attachment}
        assert unchanged <= {part.decoded() for part in after.leaves}, member
        for body in readable_bodies(before):
            text = "".join(body.text().split())
            shown = "".join(next(each for each in after.leaves if each.path == body.path).text().split())
            assert len(shown) >= len(text), member
        assert body_changed(once) == once, member


@pytest.mark.parametrize("name", SETS)
def test_only_what_was_meant_changes_and_only_once(corpora: Path, name: str) -> None:
    for member, octets in messages(corpora / "mail" / f"{name}.tar.xz"):
        before = view_of(octets)
        once = changed(octets)
        after = view_of(once)

        assert once.endswith(octets[before.header.body_offset :]), member
        assert all(field.decoded.lstrip().startswith("[SPÄM]") for field in after.all("subject")), member
        assert after.all("subject"), member
        kept = [field.raw for field in before.header.fields if field.name != "subject"]
        assert [field.raw for field in after.header.fields if field.raw in set(kept)] == kept, member
        assert sorted(changed(once).split(b"\n")) == sorted(once.split(b"\n")), member
