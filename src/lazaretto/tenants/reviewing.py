"""Changes that a second person approves before they are published.

A proposal holds the whole document that it would publish, and the version that it was made from: what
was approved is what comes into force, and nothing that somebody else published since is undone.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

from psycopg.rows import class_row

from lazaretto.core.errors import ConfigurationError
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.tenants.document import TenantDocument, export_document, parse_document
from lazaretto.tenants.services.review import Review
from lazaretto.tenants.store import Applied, OutdatedVersion, TenantStore

_BY_PROGRAM: Final = " (token "
"""What stands between an account and the name of its token where somebody is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change that waits, or waited, for a second person."""

    id: int
    tenant: str
    based_on: int
    note: str
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    state: str
    """``open``, ``approved``, ``rejected`` or ``expired``."""
    decided_by: str
    decided_at: datetime | None
    reason: str
    version: int | None
    """The version that it became."""
    document: str
    """Empty in lists."""


class NotDecidable(ConfigurationError):
    """The proposal is not open, or not for this person to decide."""


class Reviews:
    """Proposals in the ``control`` database."""

    def __init__(self, control: Pool, tenants: TenantStore) -> None:
        self._pool = control
        self._tenants = tenants

    async def propose(
        self, text: str, by: str, *, note: str = "", name: str = "document", now: datetime | None = None
    ) -> Proposal:
        """Keep the document in ``text`` until somebody else decides.

        Raises ``ConfigurationError`` when it is wrong, changes nothing, or there is no such tenant.
        """
        document = parse_document(text, name)
        in_force = await self._tenants.export(document.tenant)
        canonical = export_document(document)
        if canonical == in_force:
            raise ConfigurationError(f"{document.tenant} says this already; the proposal changes nothing")
        state = await self._tenants.state_of(document.tenant)
        assert state is not None
        days = Review.of(parse_document(in_force, document.tenant)).expires_after_days
        at = now or datetime.now(UTC)
        parameters = {
            "tenant": state.tenant,
            "based_on": state.version,
            "document": canonical,
            "note": note,
            "by": by,
            "now": at,
            "expires_at": at + timedelta(days=days),
        }
        async with self._pool.transaction() as connection:
            row = await (await connection.execute(_sql("add_proposal"), parameters)).fetchone()
        assert row is not None
        return await self.read(document.tenant, row[0], at)

    async def read(self, tenant: str, identity: int, now: datetime | None = None) -> Proposal:
        """Return one proposal with its document.  Raises ``ConfigurationError`` when there is none."""
        found = await self._proposals(
            "read_proposal", {"name": tenant, "id": identity, "now": now or datetime.now(UTC)}
        )
        if not found:
            raise ConfigurationError(f"{tenant} has no proposal {identity}")
        return found[0]

    async def list(
        self, tenant: str, *, only_open: bool = False, before: int | None = None, limit: int = 100
    ) -> Sequence[Proposal]:
        """Return the proposals of ``tenant``, latest first, without their documents."""
        parameters = {
            "name": tenant,
            "open": only_open,
            "before": before or 2**62,
            "wanted": limit,
            "now": datetime.now(UTC),
        }
        return await self._proposals("list_proposals", parameters)

    async def approve(self, tenant: str, identity: int, by: str, *, now: datetime | None = None) -> Applied:
        """Publish a proposal of somebody else.

        Raises ``NotDecidable`` for an own or a decided one, ``OutdatedVersion`` when another version than
        the one that it was made from is in force: then it stays open.
        """
        proposal = await self._decidable(tenant, identity, by, now)
        document, expected = await self._on_top(proposal)
        applied = await self._tenants.apply_document(
            document,
            by=by,
            note=proposal.note or f"proposal {identity} of {proposal.proposed_by}",
            expected=expected,
            reviewed=True,
        )
        await self._decide(proposal, "approved", by, "", now)
        async with self._pool.transaction() as connection:
            await connection.execute(_sql("proposal_published"), {"id": identity, "version": applied.version})
        return applied

    async def _on_top(self, proposal: Proposal) -> tuple[TenantDocument, int]:
        """Return what approving publishes, and the version in whose place.

        People change their own senders all the time, without a review: those of this moment stay.
        """
        proposed = parse_document(proposal.document, f"proposal {proposal.id}")
        version, text = await self._tenants.in_force(proposal.tenant)
        if version == proposal.based_on:
            return proposed, version
        base_text = await self._tenants.export(proposal.tenant, proposal.based_on)
        base, current = parse_document(base_text, "base"), parse_document(text, "in force")
        own = {"personal_lists": current.personal_lists}
        if base.model_copy(update=own) != current or proposed.personal_lists != base.personal_lists:
            raise OutdatedVersion(proposal.based_on, version)
        return proposed.model_copy(update=own), version

    async def reject(
        self, tenant: str, identity: int, by: str, *, reason: str = "", now: datetime | None = None
    ) -> Proposal:
        """Decide that a proposal shall not be published; whoever made it may withdraw it so."""
        proposal = await self.read(tenant, identity, now)
        await self._decide(proposal, "rejected", by, reason, now)
        return await self.read(tenant, identity, now)

    async def end_old(self, now: datetime) -> int:
        """End the proposals that nobody decided in time; return how many."""
        async with self._pool.transaction() as connection:
            return len(await (await connection.execute(_sql("end_proposals"), {"now": now})).fetchall())

    async def _decidable(self, tenant: str, identity: int, by: str, now: datetime | None) -> Proposal:
        proposal = await self.read(tenant, identity, now)
        if proposal.state != "open":
            raise NotDecidable(f"proposal {identity} is {proposal.state}; make a new one")
        if person_of(proposal.proposed_by) == person_of(by):
            raise NotDecidable("nobody approves an own proposal; somebody else must look at it")
        return proposal

    async def _decide(
        self, proposal: Proposal, decision: str, by: str, reason: str, now: datetime | None
    ) -> None:
        parameters = {
            "id": proposal.id,
            "decision": decision,
            "by": by,
            "reason": reason,
            "now": now or datetime.now(UTC),
        }
        async with self._pool.transaction() as connection:
            row = await (await connection.execute(_sql("decide_proposal"), parameters)).fetchone()
        if row is None:
            raise NotDecidable(f"proposal {proposal.id} is not open any more; read it again")

    async def _proposals(self, name: LiteralString, parameters: dict[str, Any]) -> builtins.list[Proposal]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Proposal)) as cursor,
        ):
            await cursor.execute(_sql(name), parameters)
            return await cursor.fetchall()


def person_of(name: str) -> str:
    """Return who is behind ``name``: a token acts for its account, so both are the same person."""
    return name.partition(_BY_PROGRAM)[0].strip().lower()


def _sql(name: LiteralString) -> LiteralString:
    return query("lazaretto.tenants", name)
