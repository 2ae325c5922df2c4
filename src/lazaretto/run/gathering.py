"""Asking the network about a message before it is looked at: what the askers are given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from lazaretto.core.address import domain_of
from lazaretto.core.cards import Service
from lazaretto.core.content import ReceivedContent
from lazaretto.core.envelope import Direction
from lazaretto.core.facts import (
    Acquaintance,
    Colleagues,
    EngineAnswer,
    Gathered,
    Leaving,
    Listing,
    Resolver,
)
from lazaretto.core.snapshot import Directory
from lazaretto.core.submission import Submission
from lazaretto.detect.authentication.author import addresses_claimed, plain_domain
from lazaretto.detect.authentication.fields import fields_of
from lazaretto.detect.authentication.gathering import gather
from lazaretto.detect.impersonation.protected_names import colleagues_shown
from lazaretto.detect.reputation.asking import BlockLists
from lazaretto.detect.reputation.settings import ReputationSettings
from lazaretto.mail.mailboxes import Mailbox
from lazaretto.mail.scanner import view_of
from lazaretto.pipeline.serving import octets_of
from lazaretto.pipeline.settings import PipelineSettings
from lazaretto.protocol.clamd import Clamav
from lazaretto.protocol.settings import ClamavSettings
from lazaretto.run.acquainting import acquaintances
from lazaretto.spool.contacts import Contacts

MAX_HEADER = 1024 * 1024


def gather_with(
    resolver: Resolver,
    settings: PipelineSettings,
    directory: Directory,
    lists: BlockLists | None = None,
    clamav: ClamavSettings | None = None,
    contacts: Contacts | None = None,
) -> Callable[[Submission], Awaitable[Gathered]]:
    """Return what gathers facts through ``resolver``, block lists, validation lists and contacts.

    Where ClamAV's daemons are named, it raises ``TemporaryFailure`` when none of them answers.
    """
    engine = Clamav(clamav) if clamav is not None and clamav.servers else None

    async def gather_facts(submission: Submission) -> Gathered:
        header = header_of(submission.content)
        # Asked while the other questions are under way.
        listed = None if lists is None else asyncio.create_task(_listings(submission, header, lists))
        scanned = None if engine is None else asyncio.create_task(_asked(engine, submission.content))
        met = None if contacts is None else asyncio.create_task(_met(submission, header, contacts, directory))
        gathered = await gather(
            submission.envelope,
            submission.client,
            submission.received_at,
            header,
            resolver,
            time_limit=settings.authentication_limit,
        )
        if scanned is not None:
            gathered = replace(gathered, engines=(await scanned,))
        if listed is not None:
            gathered = replace(gathered, listings=await listed)
        if met is not None:
            gathered = replace(gathered, acquaintances=await met)
        if colleagues := colleagues_of(submission, header, directory):
            gathered = replace(gathered, colleagues=colleagues)
        leaving = leaving_of(submission, header, directory)
        return gathered if leaving is None else replace(gathered, leaving=leaving)

    return gather_facts


def lists_of(settings: ReputationSettings, resolver: Resolver) -> BlockLists | None:
    """Return the block lists of ``settings``; None when there are none."""
    lists = BlockLists(settings, resolver)
    return None if lists.is_empty else lists


async def _listings(submission: Submission, header: bytes, lists: BlockLists) -> tuple[Listing, ...]:
    """Return where the client, the envelope sender, the author and the greeting stand."""
    if not any(leg.direction is Direction.INBOUND for leg in submission.legs):
        return ()
    authors = map(domain_of, addresses_claimed(fields_of(header)))
    helo = plain_domain(submission.client.helo)
    return await lists.ask(
        submission.client.ip, (domain_of(submission.envelope.reverse_path), *authors, helo)
    )


async def _met(
    submission: Submission, header: bytes, contacts: Contacts, directory: Directory
) -> tuple[Acquaintance, ...]:
    authors = _authors_in(header)
    if not authors:
        return ()
    author, today = str(authors[0].address), submission.received_at.date()
    return await acquaintances(contacts, submission.legs, author, directory, today)


def _authors_in(header: bytes) -> tuple[Mailbox, ...]:
    """Return the authors as detectors see them."""
    return view_of(header + b"\r\n").authors


def colleagues_of(submission: Submission, header: bytes, directory: Directory) -> tuple[Colleagues, ...]:
    """Return which names of outside authors are those of people on the tenants' validation lists."""
    tenants = [
        tenant
        for leg in submission.legs
        if leg.direction is Direction.INBOUND
        and (tenant := directory.by_id(leg.tenant)) is not None
        and tenant.has(Service.IMPERSONATION_CONTROL)
        and tenant.addresses
    ]
    if not tenants:
        return ()
    authors = _authors_in(header)
    shown = ((tenant.tenant, colleagues_shown(authors, tenant)) for tenant in tenants)
    return tuple(Colleagues(tenant=tenant, names=names) for tenant, names in shown if names)


async def _asked(engine: Clamav, content: ReceivedContent) -> EngineAnswer:
    octets = octets_of(content)
    return await engine.ask(len(octets), lambda at, count: bytes(octets[at : at + count]))


def leaving_of(submission: Submission, header: bytes, directory: Directory) -> Leaving | None:
    """Return what is to be known of a message that leaves a tenant; None when it leaves none."""
    leg = next((leg for leg in submission.legs if leg.direction is Direction.OUTBOUND), None)
    snapshot = None if leg is None else directory.by_id(leg.tenant)
    if snapshot is None:
        return None
    claimed = addresses_claimed(fields_of(header))
    return Leaving(tenant=snapshot.tenant, registered=frozenset(filter(snapshot.accepts, claimed)))


def header_of(content: ReceivedContent) -> bytes:
    """Return the header block with its last line end, at most ``MAX_HEADER`` octets."""
    octets = octets_of(content)
    end = octets.find(b"\r\n\r\n", 0, min(len(octets), MAX_HEADER))
    return octets[: end + 2] if end >= 0 else octets[:MAX_HEADER]
