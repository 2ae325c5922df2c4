"""On which lists a client and the domains of a message stand: asked over the DNS, and in files.

A list may be wrong about itself.  One that lists 127.0.0.1 lists everybody (RFC 5782 §5), as zones do
that were given up; answers outside 127.0.0.0/8 are a resolver's or a domain grabber's, and those in
127.255.255.0/24 say that the list refuses to serve us.  None of these lists anybody.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final

from lazaretto.core.facts import DnsAnswer, DnsStatus, Listing, Resolver
from lazaretto.detect.reputation.list_file import ListInFile
from lazaretto.detect.reputation.settings import DnsList, Meaning, ReputationSettings, Subject
from lazaretto.protocol.dns_names import question_name

MOST_DOMAINS: Final = 4
"""Domains of one message that are looked up."""
_ANSWERS: Final = ipaddress.ip_network("127.0.0.0/8")
_REFUSALS: Final = ipaddress.ip_network("127.255.255.0/24")
_NEVER_LISTED: Final = "1.0.0.127"
_NEVER_LISTED_DOMAIN: Final = "invalid"


class BlockLists:
    """All lists of this machine; one per process."""

    def __init__(self, settings: ReputationSettings, resolver: Resolver) -> None:
        self._settings = settings
        self._resolver = resolver
        self._files = [ListInFile(each) for each in settings.files]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to ask."""
        return not self._settings.dns_lists and not self._files

    async def ask(self, ip: str, domains: Iterable[str]) -> tuple[Listing, ...]:
        """Return where ``ip`` and ``domains`` stand; never fails, and ends within the time limit."""
        names = tuple(dict.fromkeys(filter(None, map(question_name, domains))))[:MOST_DOMAINS]
        found = [listing for file in self._files for listing in await file.listings(ip, names)]
        questions = [
            asyncio.create_task(self._ask(each, subject, question))
            for each in self._settings.dns_lists
            for subject, question in _questions(each, ip, names)
        ]
        if questions:
            done, late = await asyncio.wait(questions, timeout=self._settings.time_limit)
            for task in late:
                task.cancel()
            found += [listing for task in questions if task in done for listing in task.result()]
        return tuple(dict.fromkeys(found))

    async def _ask(self, wanted: DnsList, subject: str, question: str) -> tuple[Listing, ...]:
        answer = await self._resolver.ask(question, "A")
        meanings = set(_meanings(wanted, answer))
        if not meanings or await self._lists_everything(wanted):
            return ()
        return tuple(
            Listing(list=wanted.zone, meaning=meaning.value, weight=wanted.weight, subject=subject)
            for meaning in sorted(meanings, key=lambda each: each.value)
        )

    async def _lists_everything(self, wanted: DnsList) -> bool:
        probe = _NEVER_LISTED if wanted.about is Subject.CLIENT else _NEVER_LISTED_DOMAIN
        answer = await self._resolver.ask(f"{probe}.{wanted.zone}", "A")
        return answer.status is DnsStatus.ANSWER


def _questions(wanted: DnsList, ip: str, domains: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield what is looked up in a list, with the name under which it is asked for."""
    if wanted.about is Subject.DOMAIN:
        yield from ((domain, f"{domain}.{wanted.zone}") for domain in domains)
        return
    reverse = reversed_name(ip)
    if reverse:
        yield ip, f"{reverse}.{wanted.zone}"


def reversed_name(ip: str) -> str:
    """Return the labels under which lists hold an address (RFC 5782 §2.1, §2.4); empty for none."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    # reverse_pointer ends in in-addr.arpa or ip6.arpa.
    return (mapped or address).reverse_pointer.rpartition(".")[0].rpartition(".")[0]


def _meanings(wanted: DnsList, answer: DnsAnswer) -> Iterator[Meaning]:
    for record in answer.records:
        try:
            address = ipaddress.ip_address(record)
        except ValueError:
            continue
        if address not in _ANSWERS or address in _REFUSALS:
            continue
        if not wanted.answers:
            yield wanted.meaning
        elif record in wanted.answers:
            yield wanted.answers[record]
