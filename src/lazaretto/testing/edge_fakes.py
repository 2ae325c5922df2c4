"""A real edge with everything behind it in memory: tests say what a look finds and read what was kept."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

from lazaretto.core.address import domain_of
from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Copy, Decision, Disposition, Judgement
from lazaretto.core.errors import StorageFull, TemporaryFailure
from lazaretto.core.findings import Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.refusal import Refusal
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import NextHop, TenantSnapshot
from lazaretto.core.submission import Submission
from lazaretto.edge.seams import Seams

_HOPS = (NextHop(host="127.0.0.1", port=2626),)

ACME = TenantSnapshot(
    tenant=TenantId(1),
    name="acme",
    version=1,
    domains=MappingProxyType({"customer.example": _HOPS, "xn--bcher-kva.example": _HOPS}),
    addresses=frozenset(
        {
            "alice@customer.example",
            "bob@customer.example",
            "zoë@customer.example",
            "chef@xn--bcher-kva.example",
            *(f"u{number}@customer.example" for number in range(700)),
        }
    ),
    outbound_networks=("127.0.0.9/32",),
)
OTHER = TenantSnapshot(
    tenant=TenantId(2),
    name="other",
    version=1,
    domains=MappingProxyType({"other.example": _HOPS}),
    addresses=frozenset({"olga@other.example", "otto@other.example"}),
    outbound_networks=("127.0.0.10/32",),
)


class FixedDirectory:
    """Snapshots that tests put in by hand; senders are looked up by single address."""

    def __init__(self, *snapshots: TenantSnapshot) -> None:
        self.snapshots = {snapshot.tenant: snapshot for snapshot in snapshots}

    def put(self, snapshot: TenantSnapshot) -> None:
        """Publish ``snapshot`` in place of the tenant's earlier one."""
        self.snapshots[snapshot.tenant] = snapshot

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        """Return the tenant of ``domain``."""
        return next((each for each in self.snapshots.values() if domain in each.domains), None)

    def sender_at(self, ip: str) -> TenantSnapshot | None:
        """Return the tenant that registered exactly ``ip``."""
        wanted = f"{ip}/32"
        return next((each for each in self.snapshots.values() if wanted in each.outbound_networks), None)

    def sender_showing(self, proof: str) -> TenantSnapshot | None:
        """Return the first tenant that registered ``proof``."""
        known = self.snapshots.values()
        return next((each for each in known if proof in _proofs_of(each)), None)

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        """Return the tenant's snapshot."""
        return self.snapshots.get(tenant)


def _proofs_of(tenant: TenantSnapshot) -> frozenset[str]:
    return tenant.outbound_proofs.certificates | tenant.outbound_proofs.certificate_names


class MemoryIntake:
    """Keeps octets in memory, and the largest piece that it was ever given."""

    def __init__(self, spool: MemorySpool) -> None:
        self._spool = spool
        self._octets = bytearray()

    def write(self, octets: bytes, /) -> None:
        """Take more; fail as the spool was told to."""
        if self._spool.intake_fails is not None:
            raise self._spool.intake_fails
        self._spool.written += len(octets)
        self._octets += octets

    def finish(self) -> ReceivedContent:
        """Return what came."""
        octets = bytes(self._octets)
        self._spool.open_contents += 1
        return ReceivedContent(size=len(octets), sha256=hashlib.sha256(octets).digest(), octets=octets)

    def abort(self) -> None:
        """Forget it."""
        self._spool.aborted += 1
        self._octets = bytearray()


@dataclass(slots=True)
class MemorySpool:
    """What was kept, refused and noted; and what goes wrong, if anything is to."""

    kept: list[tuple[Submission, Judgement | None]] = field(default_factory=list)
    refused: list[tuple[Submission, Reply]] = field(default_factory=list)
    noted: list[Refusal] = field(default_factory=list)
    notices: list[ComposedMessage] = field(default_factory=list)
    envelopes: list[str] = field(default_factory=list)
    written: int = 0
    aborted: int = 0
    open_contents: int = 0
    room: bool = True
    intake_fails: Exception | None = None
    commit_fails: Exception | None = None
    refuse_fails: Exception | None = None
    commit_waits: asyncio.Event | None = None
    look_waits: asyncio.Event | None = None
    dispositions: Mapping[str, Disposition] = field(default_factory=dict)
    """By recipient; ``*`` is everybody else.  Empty = no look at all, as when no worker is there."""
    reply_text: str = ""

    async def look(self, submission: Submission) -> Judgement | None:
        """Judge as told."""
        if self.look_waits is not None:
            await self.look_waits.wait()
        if not self.dispositions:
            return None
        return judgement_of(submission, self._disposition, self.reply_text)

    async def commit(self, submission: Submission, judgement: Judgement | None) -> None:
        """Keep, wait or fail as told."""
        if self.commit_waits is not None:
            await self.commit_waits.wait()
        if self.commit_fails is not None:
            raise self.commit_fails
        self.kept.append((submission, judgement))

    async def refuse(self, submission: Submission, _judgement: Judgement | None, reply: Reply) -> None:
        """Remember the refusal, or fail as told."""
        if self.refuse_fails is not None:
            raise self.refuse_fails
        self.refused.append((submission, reply))

    def discard(self, _content: ReceivedContent) -> None:
        """Count content that nobody needs any more."""
        self.open_contents -= 1

    def seams(self, directory: FixedDirectory) -> Seams:
        """Return an edge's other ends."""
        return Seams(
            directory=directory,
            new_intake=lambda: MemoryIntake(self),
            look=self.look,
            commit=self.commit,
            refuse=self.refuse,
            note_refusal=self.noted.append,
            has_room=lambda: self.room,
            discard=self.discard,
            notify=self.notices.append,
            on_envelope=lambda _client, path: self.envelopes.append(path),
        )

    def _disposition(self, recipient: str) -> Disposition:
        return self.dispositions.get(recipient, self.dispositions.get("*", Disposition.DELIVER))


def judgement_of(
    submission: Submission, disposition: Callable[[str], Disposition], reply_text: str = ""
) -> Judgement:
    """Return a judgement with one copy per recipient."""
    copies = tuple(
        Copy(
            tenant=leg.tenant,
            direction=leg.direction,
            decision=Decision(
                recipients=(recipient.address,),
                disposition=disposition(recipient.address),
                reply_text=reply_text,
            ),
        )
        for leg in submission.legs
        for recipient in leg.recipients
    )
    return Judgement(verdict=Verdict.CLEAN, score=0.0, findings=(), copies=copies, reference="AB12CD34")


FAILURES: Mapping[str, Exception] = MappingProxyType(
    {"full": StorageFull("no space"), "fail": TemporaryFailure("the database is away")}
)


@asynccontextmanager
async def connected(
    host: str, port: int, source: str = "127.0.0.1"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give a connection from ``source``, closed at the end."""
    reader, writer = await asyncio.open_connection(host, port, local_addr=(source, 0))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def domains_of(submission: Submission) -> set[str]:
    """Return the domains that a message goes to."""
    return {domain_of(recipient.address) for recipient in submission.envelope.recipients}
