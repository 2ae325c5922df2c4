"""``check_host`` of SPF (RFC 7208 §4): may this address send for that domain?"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import idna

from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus, Resolver, Spf
from lazaretto.detect.authentication import spf_macro
from lazaretto.detect.authentication.spf_macro import MacroString, SpfSyntaxError
from lazaretto.detect.authentication.spf_record import Directive, SpfRecord, is_spf, parse

MOST_TERMS = 10
"""Mechanisms and modifiers that ask the DNS (§4.6.4)."""
MOST_VOID = 2
"""Questions without an answer (§4.6.4)."""
MOST_NAMES = 10
"""MX hosts and reverse names of one mechanism (§4.6.4)."""
TIME_LIMIT = 20.0
"""Seconds for everything (§4.6.4)."""
LONGEST_NAME = 253
LONGEST_EXPLANATION = 500
LONGEST_EXPLANATION_RECORD = 2_000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", re.ASCII)


class _PermanentError(Exception):
    """The record cannot be evaluated, now or later."""


class _TemporaryError(Exception):
    """The DNS failed; later it may not."""


async def check_host(
    *, ip: str, reverse_path: str, helo: str, resolver: Resolver, receiver: str = "unknown"
) -> Spf:
    """Return whether ``ip`` may send from ``reverse_path``, or as ``helo`` when that is null."""
    local, _, domain = (reverse_path or f"postmaster@{helo}").rpartition("@")
    domain = _checkable(domain)
    client = _address(ip)
    if not domain or client is None:
        return Spf()
    check = _Check(client, local or "postmaster", domain, helo, resolver, receiver)
    try:
        async with asyncio.timeout(TIME_LIMIT):
            outcome = await check.evaluate(domain)
    except _PermanentError as problem:
        outcome = Spf(result=AuthResult.PERMERROR, problem=str(problem))
    except _TemporaryError as problem:
        outcome = Spf(result=AuthResult.TEMPERROR, problem=str(problem))
    except TimeoutError:
        outcome = Spf(result=AuthResult.TEMPERROR, problem="the DNS took too long")
    return replace(outcome, domain=domain)


def _checkable(domain: str) -> str:
    """Return ``domain`` as it is asked for; empty when it is no domain of several labels (§4.3)."""
    plain = domain.removesuffix(".")
    if not plain.isascii():
        try:
            plain = idna.encode(plain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError, IndexError):
            return ""
    labels = plain.split(".")
    if len(plain) > LONGEST_NAME or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return ""
    return plain.lower()


def _address(ip: str) -> Address | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@dataclass(slots=True)
class _Check:
    """One evaluation with what it has spent so far."""

    client: Address
    local: str
    sender_domain: str
    helo: str
    resolver: Resolver
    receiver: str
    terms: int = 0
    voids: int = 0
    confirmed: list[str] | None = field(default=None)
    """Reverse names of the client that lead back to it."""
    nameless: bool = False
    """The client has no reverse name at all."""

    async def evaluate(self, domain: str, *, included: bool = False) -> Spf:
        """Return the result of the record at ``domain`` (§4.4 to §4.7)."""
        record = await self._record_at(domain)
        if record is None:
            return Spf()
        for directive in record.directives:
            if await self._matches(directive, domain):
                words = ""
                if directive.result is AuthResult.FAIL and record.explanation and not included:
                    words = await self._explain(record.explanation, domain)
                return Spf(result=directive.result, mechanism=directive.text, explanation=words)
        if record.redirect is None:
            return Spf(result=AuthResult.NEUTRAL)
        self._count_term()
        target = await self._expand(record.redirect, domain)
        outcome = await self.evaluate(target, included=included)
        if outcome.result is AuthResult.NONE:
            raise _PermanentError(f"redirect to {target}, which has no record")
        return outcome

    async def _record_at(self, domain: str) -> SpfRecord | None:
        if not _checkable(domain):
            return None
        answer = await self.resolver.ask(domain, "TXT")
        if answer.failed:
            raise _TemporaryError(f"no answer about {domain}")
        records = [text for text in answer.records if is_spf(text)]
        if not records:
            return None
        if len(records) > 1:
            raise _PermanentError(f"{domain} has several records")
        record = parse(records[0])
        if isinstance(record, SpfSyntaxError):
            raise _PermanentError(f"{domain}: {record}")
        return record

    async def _matches(self, directive: Directive, domain: str) -> bool:
        if directive.mechanism == "all":
            return True
        if directive.network is not None:
            return self.client in directive.network
        self._count_term()
        target = domain if directive.target is None else await self._expand(directive.target, domain)
        return await _MECHANISMS[directive.mechanism](self, directive, target)

    async def _include(self, directive: Directive, target: str) -> bool:
        outcome = await self.evaluate(target, included=True)
        if outcome.result is AuthResult.NONE:
            raise _PermanentError(f"{directive.text} has no record")
        return outcome.result is AuthResult.PASS

    async def _a(self, directive: Directive, target: str) -> bool:
        return self._holds(directive, await self._ask(target, self._kind))

    async def _mx(self, directive: Directive, target: str) -> bool:
        hosts = (await self._ask(target, "MX")).records
        if len(hosts) > MOST_NAMES:
            raise _PermanentError(f"{target} has more than {MOST_NAMES} MX records")
        names = [host for host in (record.partition(" ")[2] for record in hosts) if host]
        # All at once: one slow name server among ten then costs one time limit, not ten.
        answers = await asyncio.gather(*(self.resolver.ask(name, self._kind) for name in names))
        for name, answer in zip(names, answers, strict=True):
            self._judge(answer, name)
            if self._holds(directive, answer):
                return True
        return False

    async def _exists(self, directive: Directive, target: str) -> bool:
        return bool((await self._ask(target, "A")).records)

    async def _ptr(self, directive: Directive, target: str) -> bool:
        wanted = target.lower().removesuffix(".")
        names = await self._confirmed_names()
        if self.nameless:
            self._count_void()
        return any(name == wanted or name.endswith("." + wanted) for name in names)

    async def _confirmed_names(self) -> list[str]:
        if self.confirmed is None:
            answer = await self.resolver.ask(self.client.reverse_pointer, "PTR")
            # An error of the DNS is no match (§5.5), an absent name is a question without answer.
            self.nameless = not answer.failed and not answer.records
            names = answer.records[:MOST_NAMES]
            answers = await asyncio.gather(*(self.resolver.ask(name, self._kind) for name in names))
            self.confirmed = [
                name.lower()
                for name, found in zip(names, answers, strict=True)
                if self.client in _addresses(found)
            ]
        return self.confirmed

    @property
    def _kind(self) -> str:
        return "A" if self.client.version == 4 else "AAAA"

    def _holds(self, directive: Directive, answer: DnsAnswer) -> bool:
        prefix = directive.prefix4 if self.client.version == 4 else directive.prefix6
        shift = self.client.max_prefixlen - prefix
        wanted = int(self.client) >> shift
        return any(int(address) >> shift == wanted for address in _addresses(answer))

    async def _ask(self, name: str, kind: str) -> DnsAnswer:
        # A local part outside ASCII cannot be part of any name (RFC 8616 §4).
        answer = await self.resolver.ask(name, kind) if name.isascii() else DnsAnswer(DnsStatus.NO_DOMAIN)
        self._judge(answer, name)
        return answer

    def _judge(self, answer: DnsAnswer, name: str) -> None:
        if answer.failed:
            raise _TemporaryError(f"no answer about {name}")
        if not answer.records:
            self._count_void()

    def _count_void(self) -> None:
        self.voids += 1
        if self.voids > MOST_VOID:
            raise _PermanentError(f"more than {MOST_VOID} questions without answer")

    def _count_term(self) -> None:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise _PermanentError(f"more than {MOST_TERMS} terms that ask the DNS")

    async def _expand(self, spec: MacroString, domain: str) -> str:
        """Return the name that ``spec`` means, shortened from the left to what a name may have (§7.3)."""
        values = await self._values(spec, domain) if spec.letters else {}
        name = spec.expand(values).removesuffix(".")
        if len(name) <= LONGEST_NAME:
            return name
        # One octet more tells whether a label begins right where the name is cut.
        tail = name[-LONGEST_NAME - 1 :]
        return tail.partition(".")[2] or tail

    async def _values(self, spec: MacroString, domain: str) -> dict[str, str]:
        six = self.client.version == 6
        return {
            "s": f"{self.local}@{self.sender_domain}",
            "l": self.local,
            "o": self.sender_domain,
            "d": domain,
            "i": ".".join(self.client.exploded.replace(":", "")).upper() if six else str(self.client),
            "p": await self._best_name(domain) if "p" in spec.letters else "",
            "v": "ip6" if six else "in-addr",
            "h": self.helo,
            "c": str(self.client),
            "r": self.receiver,
            "t": str(int(time.time())) if "t" in spec.letters else "",
        }

    async def _best_name(self, domain: str) -> str:
        names = await self._confirmed_names()
        below = [name for name in names if name.endswith("." + domain)]
        return next(iter([n for n in names if n == domain] + below + names), "unknown")

    async def _explain(self, spec: MacroString, domain: str) -> str:
        """Return the domain's own words about the failure; empty whenever something is odd (§6.2)."""
        answer = await self.resolver.ask(await self._expand(spec, domain), "TXT")
        if len(answer.records) != 1 or len(answer.records[0]) > LONGEST_EXPLANATION_RECORD:
            return ""
        try:
            words = spf_macro.explanation(answer.records[0])
        except SpfSyntaxError:
            return ""
        text = words.expand(await self._values(words, domain))
        return "".join(c for c in text if c.isascii() and c.isprintable())[:LONGEST_EXPLANATION]


_MECHANISMS: dict[str, Callable[[_Check, Directive, str], Awaitable[bool]]] = {
    "include": _Check._include,
    "a": _Check._a,
    "mx": _Check._mx,
    "exists": _Check._exists,
    "ptr": _Check._ptr,
}


def _addresses(answer: DnsAnswer) -> list[Address]:
    addresses: list[Address] = []
    for record in answer.records:
        try:
            addresses.append(ipaddress.ip_address(record))
        except ValueError:
            continue
    return addresses
