"""Asking the DNS all that judging a message takes, at once and within one time limit.

What must be asked is read off the header block: keys of the signatures, policies of the author's
domain and of those who may stand for it.  Whatever is not answered in time counts as not
answered; nothing here ever fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from lazaretto.core.envelope import Client, Envelope
from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus, Gathered, Resolver, Spf
from lazaretto.detect.authentication import arc, dkim
from lazaretto.detect.authentication.author import Author, author_of
from lazaretto.detect.authentication.dmarc import EXISTENCE_KINDS, related, wants_existence
from lazaretto.detect.authentication.dmarc_record import domains_to_ask, record_name
from lazaretto.detect.authentication.fields import RawField, RawMessage
from lazaretto.detect.authentication.signature import Signature
from lazaretto.detect.authentication.spf import check_host
from lazaretto.detect.authentication.tags import TagError
from lazaretto.protocol.dns_names import hostname_of

TIME_LIMIT = 10.0
"""Seconds for all questions about one message."""
MOST_KEYS = 10
"""Keys that are asked for DKIM, and again for ARC."""

_NO_TIME = DnsAnswer(DnsStatus.TIMEOUT)


async def gather(
    envelope: Envelope,
    client: Client,
    received_at: datetime,
    header: bytes,
    resolver: Resolver,
    *,
    time_limit: float = TIME_LIMIT,
) -> Gathered:
    """Return SPF's outcome and all answers that ``evaluating.authenticate`` needs."""
    questions = _Questions(resolver)
    # Whatever is handed over, it ends at the empty line: what a body quotes is not asked.
    fields = RawMessage(header).fields
    signers = _signers(fields)
    sender = (envelope.reverse_path or client.helo).rpartition("@")[2].lower().removesuffix(".")
    identities = [sender, *(each.domain for each in signers)]
    try:
        async with asyncio.timeout(time_limit):
            await asyncio.gather(
                questions.check_spf(envelope, client),
                questions.find_hostname(client),
                questions.find_keys(signers, fields),
                questions.find_policies(author_of(fields), identities),
            )
    except TimeoutError:
        pass
    return Gathered(
        received_at=received_at,
        client=replace(client, hostname=questions.hostname) if questions.hostname else client,
        spf=questions.spf,
        dns=questions.answers,
    )


class _Questions:
    """What is asked about one message, and what came back so far."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self.answers: dict[str, DnsAnswer] = {}
        self.spf = Spf(result=AuthResult.TEMPERROR, problem="the DNS took too long")
        self.hostname = ""

    async def check_spf(self, envelope: Envelope, client: Client) -> None:
        self.spf = await check_host(
            ip=client.ip, reverse_path=envelope.reverse_path, helo=client.helo, resolver=self._resolver
        )

    async def find_hostname(self, client: Client) -> None:
        if not client.hostname:
            self.hostname = await hostname_of(client.ip, self._resolver)

    async def find_keys(self, signers: list[Signature], fields: tuple[RawField, ...]) -> None:
        names = [each.key_name for each in signers]
        await self._ask("TXT", [*names, *arc.key_names(fields, MOST_KEYS)])

    async def find_policies(self, author: Author, identities: list[str]) -> None:
        domains = [
            *author.candidates,
            *(each for each in identities if any(related(each, domain) for domain in author.candidates)),
        ]
        names = [record_name(visited) for domain in domains for visited in domains_to_ask(domain)]
        await self._ask("TXT", names)
        for domain in author.candidates:
            if wants_existence(domain, self.answers):
                await asyncio.gather(*(self._ask(kind, [domain]) for kind in EXISTENCE_KINDS))

    async def _ask(self, kind: str, names: Iterable[str]) -> None:
        wanted = {name for name in names if f"{kind} {name}" not in self.answers}
        # Until there is an answer, and for good when time runs out, it is "no answer".
        self.answers |= {f"{kind} {name}": _NO_TIME for name in wanted}
        if len(wanted) == 1:
            # A task of its own costs more than most answers, which are remembered.
            await self._ask_one(kind, wanted.pop())
        elif wanted:
            await asyncio.gather(*(self._ask_one(kind, name) for name in wanted))

    async def _ask_one(self, kind: str, name: str) -> None:
        self.answers[f"{kind} {name}"] = await self._resolver.ask(name, kind)


def _signers(fields: tuple[RawField, ...]) -> list[Signature]:
    """Return the DKIM signatures whose keys are asked for."""
    signers: list[Signature] = []
    for field in dkim.signature_fields(fields)[:MOST_KEYS]:
        try:
            signers.append(dkim.parse_signature(field).signature)
        except TagError:
            continue
    return signers
