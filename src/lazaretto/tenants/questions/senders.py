"""Questions about lists of senders: does an entry let in, or keep out, more than is meant?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cache
from typing import Final

from publicsuffixlist import PublicSuffixList

from lazaretto.core.address import domain_of
from lazaretto.core.impersonators import EVERY_METHOD, Method, option_of
from lazaretto.tenants.free_mail import FREE_MAIL_DOMAINS
from lazaretto.tenants.questions.checked import Checked
from lazaretto.tenants.remarks import Remark
from lazaretto.tenants.values import SenderKind, stranger

LISTS: Final = ("approved_senders", "blocked_senders")
WIDE_IPV4: Final = 16
WIDE_IPV6: Final = 32
"""Prefixes below these hold more hosts than anybody can answer for."""
MANY_APPROVED: Final = 50


def approvals(checked: Checked) -> Iterator[Remark]:
    """Does an approval let in those who can forge it, or everybody?"""
    for path, each in checked.senders("approved_senders"):
        domain = each.entry if each.kind is SenderKind.DOMAIN else domain_of(each.entry)
        if each.kind is not SenderKind.NETWORK and domain in checked.document.domains:
            problem = f"{each.entry} is the tenant's own: who forges it passes the antispam; remove it"
            yield checked.remark(path, problem)
        elif each.kind is SenderKind.DOMAIN and domain in FREE_MAIL_DOMAINS:
            problem = f"everybody can have an address at {domain}; approve single addresses"
            yield checked.remark(path, problem)
        elif each.kind is SenderKind.DOMAIN and _suffixes().is_public(domain):
            yield checked.remark(path, f"everybody can register below {domain}; approve single domains")
    if len(checked.document.approved_senders) > MANY_APPROVED:
        problem = f"more than {MANY_APPROVED} senders are approved; keep the few that need it"
        yield checked.remark(("approved_senders",), problem)


def impersonators(checked: Checked) -> Iterator[Remark]:
    """Does an approval free whom nobody can answer for, say a thing twice, or hide among the options?"""
    approved = checked.document.impersonation.approved
    for method, _ in approved:
        for number, text in enumerate(checked.texts("impersonation", "approved", method)):
            path = ("impersonation", "approved", method, number)
            entry = stranger(text)
            if entry in FREE_MAIL_DOMAINS:
                problem = f"everybody can have an address at {entry}; approve single addresses"
                yield checked.remark(path, problem)
            elif "@" not in entry and _suffixes().is_public(entry):
                yield checked.remark(path, f"everybody can register below {entry}; approve single domains")
            elif checked.is_own(entry):
                yield checked.remark(path, f"{entry} is the tenant's own, and no stranger; remove it")
            elif method != EVERY_METHOD and entry in approved.every_method:
                yield checked.remark(
                    path, f"{entry} is approved for every method as well; remove one of both"
                )
    for key in (EVERY_METHOD, *Method):
        option = option_of(key)
        if option in checked.document.options:
            problem = f"the option {option} is not checked; write its entries in impersonation.approved.{key}"
            yield checked.remark(("options", option), problem)


def wide_networks(checked: Checked) -> Iterator[Remark]:
    """Is a network larger than anybody can answer for?"""
    for key in LISTS:
        for path, each in checked.senders(key):
            if each.kind is SenderKind.NETWORK and _is_wide(each.entry):
                yield checked.remark(path, f"{each.entry} holds very many hosts; name the few that you mean")
    for number, network in enumerate(checked.texts("outbound", "senders")):
        if _is_wide(network):
            problem = f"{network} holds very many hosts, and each may send; name your servers"
            yield checked.remark(("outbound", "senders", number), problem)


def ended_entries(checked: Checked) -> Iterator[Remark]:
    """Does an entry still count?"""
    for key in LISTS:
        for path, each in checked.senders(key):
            if each.expires is not None and each.expires < checked.day:
                problem = f"{each.entry} ended on {each.expires}, so it has no effect; remove or extend it"
                yield checked.remark(path, problem)


def contradictions(checked: Checked) -> Iterator[Remark]:
    """Do the lists contradict each other, or the tenant?"""
    blocked = {each.entry for _, each in checked.senders("blocked_senders")}
    for path, each in checked.senders("approved_senders"):
        if each.entry in blocked:
            problem = f"{each.entry} is blocked as well, and blocking wins; remove one of both"
            yield checked.remark(path, problem)
    for path, each in checked.senders("blocked_senders"):
        domain = each.entry if each.kind is SenderKind.DOMAIN else domain_of(each.entry)
        if each.kind is not SenderKind.NETWORK and domain in checked.document.domains:
            yield checked.remark(path, f"{each.entry} is the tenant's own sender; remove it")


def duplicates(checked: Checked) -> Iterator[Remark]:
    """Does an entry stand there twice?"""
    for key in LISTS:
        seen: set[str] = set()
        for path, each in checked.senders(key):
            if each.entry in seen:
                yield checked.remark(path, f"{each.entry} is listed twice; remove one")
            seen.add(each.entry)


def _is_wide(text: str) -> bool:
    network = ipaddress.ip_network(text)
    return network.prefixlen < (WIDE_IPV4 if network.version == 4 else WIDE_IPV6)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def proofs(checked: Checked) -> Iterator[Remark]:
    """Does a certificate's name prove the tenant, or a provider that many companies use?"""
    for number, name in enumerate(checked.texts("outbound", "proofs", "certificate_names")):
        if not checked.is_own(name) and not any(
            name.lower().endswith(f".{domain}") for domain in checked.document.domains
        ):
            problem = (
                f"{name} is not below the tenant's domains: whoever else has such a certificate may send"
            )
            yield checked.remark(("outbound", "proofs", "certificate_names", number), problem)
