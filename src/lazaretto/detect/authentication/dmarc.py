"""DMARC (RFC 9989): is the author's domain vouched for, and what does its owner ask for if not?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lazaretto.core.facts import AuthResult, Dkim, Dmarc, DnsAnswer, DnsStatus, Spf
from lazaretto.detect.authentication.author import Author
from lazaretto.detect.authentication.dmarc_record import (
    DmarcRecord,
    Found,
    Policy,
    TxtLookup,
    domains_to_ask,
    organizational_domain,
    record_name,
    text_at,
    walk,
)

Lookup = Mapping[str, DnsAnswer]
"""Answers by ``"KIND name"``."""

_MISSING = frozenset({DnsStatus.NO_DOMAIN, DnsStatus.NO_DATA})
EXISTENCE_KINDS = ("A", "AAAA", "MX")
"""A domain for which none of these exists does not exist to DMARC (§3.2)."""


@dataclass(frozen=True, slots=True)
class _Applied:
    """The record that governs a domain, and what it asks for there."""

    found: Found
    policy: Policy


def evaluate(author: Author, spf: Spf, dkim: tuple[Dkim, ...], dns: Lookup) -> Dmarc:
    """Return the outcome for ``author``; without exactly one plain author it is never a pass."""
    if author.problem:
        return _without_author(author, dns)
    applied = _policy_for(author.domain, dns)
    if applied is None:
        return _without_record(author.domain, dns)
    aligned = _Alignment(author.domain, applied.found.record, dns)
    by_spf = spf.result is AuthResult.PASS and aligned.covers_spf(spf)
    by_dkim = any(each.result is AuthResult.PASS and aligned.covers_dkim(each) for each in dkim)
    return Dmarc(
        result=_result(by_spf or by_dkim, aligned, spf, dkim),
        domain=author.domain,
        policy_domain=applied.found.domain,
        policy=applied.policy.word,
        record=_record_wanted(applied, dns),
        aligned_by=("spf",) * by_spf + ("dkim",) * by_dkim,
    )


class _Alignment:
    """Whose identities stand for the author's domain (§4.4)."""

    def __init__(self, domain: str, record: DmarcRecord, dns: Lookup) -> None:
        self._domain = domain
        self._record = record
        self._lookup = _txt(dns)
        self._organization = organizational_domain(domain, self._lookup)

    def covers_spf(self, spf: Spf) -> bool:
        return self._covers(spf.domain, self._record.strict_spf)

    def covers_dkim(self, dkim: Dkim) -> bool:
        return self._covers(dkim.domain, self._record.strict_dkim)

    def _covers(self, domain: str, strict: bool) -> bool:
        if domain == self._domain:
            return True
        if strict or not related(domain, self._domain):
            return False
        return organizational_domain(domain, self._lookup) == self._organization


def related(one: str, other: str) -> bool:
    """Tell whether two domains could belong to one organization: their last two labels are the same."""
    ending = other.split(".")[-2:]
    return len(ending) == 2 and one.split(".")[-2:] == ending


def wants_existence(domain: str, dns: Lookup) -> bool:
    """Tell whether the policy for ``domain`` depends on whether it exists."""
    found = walk(domain, _txt(dns))
    return (
        bool(found)
        and found[0].domain != domain
        and any(each.record.nonexistent is not each.record.subdomains for each in found)
    )


def _result(passed: bool, aligned: _Alignment, spf: Spf, dkim: tuple[Dkim, ...]) -> AuthResult:
    if passed:
        return AuthResult.PASS
    # What the DNS could not tell now might have been a pass: the owner's policy has to wait.
    unknown_spf = spf.result is AuthResult.TEMPERROR and aligned.covers_spf(spf)
    unknown_dkim = any(each.result is AuthResult.TEMPERROR and aligned.covers_dkim(each) for each in dkim)
    return AuthResult.TEMPERROR if unknown_spf or unknown_dkim else AuthResult.FAIL


def _policy_for(domain: str, dns: Lookup) -> _Applied | None:
    lookup = _txt(dns)
    found = walk(domain, lookup)
    if not found:
        return None
    if found[0].domain == domain:
        return _Applied(found[0], found[0].record.policy)
    organization = organizational_domain(domain, lookup)
    # The organization's own record, else that of the public suffix above it (§4.10.1).
    governing = next((each for each in found if each.domain == organization), found[-1])
    record = governing.record
    return _Applied(governing, record.nonexistent if _is_missing(domain, dns) else record.subdomains)


def _is_missing(domain: str, dns: Lookup) -> bool:
    answers = [dns.get(f"{kind} {domain}") for kind in EXISTENCE_KINDS]
    return all(answer is not None and answer.status in _MISSING for answer in answers)


def _without_record(domain: str, dns: Lookup) -> Dmarc:
    answers = [dns.get(f"TXT {record_name(each)}") for each in domains_to_ask(domain)]
    # A name that nobody asked for is no name without a record.
    if any(answer is None or answer.failed for answer in answers):
        return Dmarc(result=AuthResult.TEMPERROR, domain=domain, problem="the DNS did not answer")
    return Dmarc(domain=domain)


def _without_author(author: Author, dns: Lookup) -> Dmarc:
    """Return a failure under the strictest policy of all domains that a reader might see."""
    policies = {domain: _policy_for(domain, dns) for domain in author.candidates}
    known = [(domain, applied) for domain, applied in policies.items() if applied is not None]
    if not known:
        return Dmarc(result=AuthResult.PERMERROR, problem=author.problem)
    domain, applied = max(known, key=lambda each: each[1].policy)
    return Dmarc(
        result=AuthResult.FAIL,
        domain=domain,
        policy_domain=applied.found.domain,
        policy=applied.policy.word,
        record=_record_wanted(applied, dns),
        problem=author.problem,
    )


def _record_wanted(applied: _Applied, dns: Lookup) -> str:
    """Return the record's text where it asks for reports: only then does anybody need it again."""
    text = text_at(applied.found.domain, _txt(dns))
    return text if "rua" in text.lower() else ""


def _txt(dns: Lookup) -> TxtLookup:
    return lambda name: dns.get(f"TXT {name}")
