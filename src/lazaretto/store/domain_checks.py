"""Whether a domain is ready: what the DNS, the customer's server and the trace say of it.

Each check is a light with a word for what was seen, and the records to paste where something is
missing.  What could not be asked is grey, never green.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import ip_address
from typing import Any, Final

from lazaretto.core.errors import ScopeError, TemporaryFailure
from lazaretto.core.facts import AuthResult, DnsAnswer, Resolver
from lazaretto.core.snapshot import AddressRegistration, NextHop
from lazaretto.delivery.domain_keys import Published
from lazaretto.delivery.domain_keys import check as published_keys
from lazaretto.delivery.policy_fetch import PolicyFetcher
from lazaretto.delivery.probing import Probed, Prober
from lazaretto.delivery.reaching import is_reachable
from lazaretto.detect.authentication.dmarc_record import Policy, parse_record
from lazaretto.detect.authentication.spf import check_host
from lazaretto.detect.authentication.spf_record import is_spf
from lazaretto.journal.search import Search
from lazaretto.protocol.mta_sts import Mode, PolicyInvalid, parse_policy, record_id
from lazaretto.spool.signing_keys import KeyState
from lazaretto.store import drafts, tenancy
from lazaretto.store.given import StoreSettings, given
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.sections import Route

RECENT: Final = timedelta(days=7)
_MOST_PROBES: Final = 4
_POLICY_SECONDS: Final = 5.0
"""For the policy's host, of whom a page waits."""


class Light(Enum):
    """How ready something is."""

    GREEN = "green"
    AMBER = "amber"
    """It works, and better is possible."""
    RED = "red"
    GREY = "grey"
    """It could not be found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A DNS record to paste."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One light; ``key`` and ``says`` are words of ours, which pages translate."""

    key: str
    light: Light
    says: str
    seen: tuple[str, ...] = ()
    """As it stands there."""
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """All lights of one domain."""

    domain: str
    checks: tuple[Check, ...] = field(default=())

    @property
    def is_ready(self) -> bool:
        """Tell whether nothing is red."""
        return all(each.light is not Light.RED for each in self.checks)


def dns_checks(scope: Scope, domain: str) -> Readiness:
    """Return what the DNS says of one of the tenant's domains."""
    document = _document(scope, domain)
    path = mail_path()
    keys = [key for key in path.wait(path.signing_keys(scope.of_tenant)) if key.domain == domain]

    async def look() -> list[Check]:
        ask = path.resolver()
        return list(
            await asyncio.gather(
                _mx(ask, domain, given()),
                _spf(ask, domain, given()),
                _dkim(ask, keys),
                _dmarc(ask, domain, document),
                _mta_sts(ask, domain, given()),
            )
        )

    return Readiness(domain=domain, checks=tuple(path.wait(look())))


def server_checks(scope: Scope, domain: str) -> Readiness:
    """Return what the customer's servers do when they are called; takes some seconds."""
    document = _document(scope, domain)
    path = mail_path()
    its = document.domains[domain]
    routes = document.routes.get(its.route, ()) if its.route else its.routes
    if not routes:
        return Readiness(domain=domain, checks=(Check(key="route", light=Light.RED, says="no-route"),))
    recipient = next((a for a in document.addresses if a.endswith(f"@{domain}")), f"postmaster@{domain}")

    async def look() -> list[Check]:
        found = await asyncio.gather(
            *(_prober(scope).probe(_hop(route), recipient) for route in routes[:_MOST_PROBES])
        )
        return [_route(found), _tls(found), await _port_25(routes, recipient, found)]

    return Readiness(domain=domain, checks=tuple(path.wait(look())))


def route_test(scope: Scope, route: Route, recipient: str) -> Probed:
    """Call one server as delivery would, without handing anything over."""
    scope.demand(Area.ROUTES, Right.EDIT)
    path = mail_path()
    return path.wait(_prober(scope).probe(_hop(route), recipient))


def mail_checks(scope: Scope, domain: str) -> Readiness:
    """Return what is known here: the address list, and mail that went through."""
    document = _document(scope, domain)
    return Readiness(domain=domain, checks=(_addresses(document, domain), _test_mail(scope, domain)))


def _document(scope: Scope, domain: str) -> TenantDocument:
    scope.demand(Area.ROUTES, Right.VIEW_CONFIGURATION)
    document = drafts.parsed(tenancy.whole(scope).text)
    if domain not in document.domains or not scope.domains.reach(domain):
        raise ScopeError("there is no such domain")
    return document


async def _mx(ask: Resolver, domain: str, settings: StoreSettings) -> Check:
    wanted = tuple(
        Record(name=domain, kind="MX", value=f"{10 * number} {host}.")
        for number, host in enumerate(settings.mx_hosts, 1)
    )
    answer = await ask.ask(domain, "MX")
    if answer.failed:
        return Check(key="mx", light=Light.GREY, says="dns-silent", records=wanted)
    hosts = {record.split()[-1].rstrip(".").lower() for record in answer.records}
    ours = {host.lower() for host in settings.mx_hosts}
    if not hosts:
        return Check(key="mx", light=Light.RED, says="mx-absent", records=wanted)
    if not hosts & ours:
        return Check(key="mx", light=Light.RED, says="mx-elsewhere", seen=answer.records, records=wanted)
    if hosts - ours:
        # Whoever sends spam looks for the way around the filter first.
        return Check(key="mx", light=Light.RED, says="mx-also-elsewhere", seen=answer.records, records=wanted)
    return Check(key="mx", light=Light.GREEN, says="mx-ours", seen=answer.records)


async def _spf(ask: Resolver, domain: str, settings: StoreSettings) -> Check:
    named = [f"include:{settings.spf_include}"] if settings.spf_include else []
    senders = named or [f"a:{host}" for host in settings.mx_hosts]
    wanted = (Record(name=domain, kind="TXT", value=" ".join(["v=spf1", "mx", *senders, "-all"])),)
    answer = await ask.ask(domain, "TXT")
    if answer.failed:
        return Check(key="spf", light=Light.GREY, says="dns-silent", records=wanted)
    found = tuple(record for record in answer.records if is_spf(record))
    if not found:
        return Check(key="spf", light=Light.RED, says="spf-absent", records=wanted)
    if len(found) > 1:
        return Check(key="spf", light=Light.RED, says="spf-several", seen=found, records=wanted)
    addresses = [ip for host in settings.mx_hosts for ip in await _addresses_of(ask, host)]
    results = [
        await check_host(ip=ip, reverse_path=f"postmaster@{domain}", helo=domain, resolver=ask)
        for ip in addresses[:_MOST_PROBES]
    ]
    if any(each.result is AuthResult.PERMERROR for each in results):
        return Check(key="spf", light=Light.RED, says="spf-wrong", seen=found, records=wanted)
    if not results or any(each.result is AuthResult.TEMPERROR for each in results):
        light = Light.GREEN if any(sender in found[0].split() for sender in senders) else Light.GREY
        says = "spf-ours" if light is Light.GREEN else "dns-silent"
        return Check(key="spf", light=light, says=says, seen=found, records=wanted)
    if not all(each.result is AuthResult.PASS for each in results):
        return Check(key="spf", light=Light.RED, says="spf-without-us", seen=found, records=wanted)
    if not found[0].rstrip().endswith(("-all", "~all")):
        return Check(key="spf", light=Light.AMBER, says="spf-open", seen=found, records=wanted)
    return Check(key="spf", light=Light.GREEN, says="spf-ours", seen=found)


async def _dkim(ask: Resolver, keys: Sequence[Any]) -> Check:
    kept = [key for key in keys if key.state in (KeyState.WAITING, KeyState.SIGNING)]
    if not kept:
        return Check(key="dkim", light=Light.AMBER, says="dkim-no-key")
    looked = await published_keys(kept, ask)
    missing = [each.key for each in looked if each.published is not Published.YES]
    records = tuple(Record(name=key.record_name, kind="TXT", value=key.record) for key in missing)
    if not missing:
        return Check(key="dkim", light=Light.GREEN, says="dkim-published")
    if any(each.published is Published.UNKNOWN for each in looked):
        return Check(key="dkim", light=Light.GREY, says="dns-silent", records=records)
    return Check(key="dkim", light=Light.AMBER, says="dkim-unpublished", records=records)


async def _dmarc(ask: Resolver, domain: str, document: TenantDocument) -> Check:
    name = f"_dmarc.{domain}"
    whom = document.administrators[0] if document.administrators else f"postmaster@{domain}"
    start = (Record(name=name, kind="TXT", value=f"v=DMARC1; p=none; rua=mailto:{whom}"),)
    stronger = (Record(name=name, kind="TXT", value=f"v=DMARC1; p=quarantine; rua=mailto:{whom}"),)
    answer = await ask.ask(name, "TXT")
    if answer.failed:
        return Check(key="dmarc", light=Light.GREY, says="dns-silent", records=start)
    found = [(text, record) for text in answer.records if (record := parse_record(text)) is not None]
    seen = tuple(text for text, _ in found)
    if len(found) != 1:
        says = "dmarc-several" if found else "dmarc-absent"
        return Check(key="dmarc", light=Light.RED, says=says, seen=seen, records=start)
    if found[0][1].policy is Policy.NONE:
        return Check(key="dmarc", light=Light.AMBER, says="dmarc-none", seen=seen, records=stronger)
    return Check(key="dmarc", light=Light.GREEN, says="dmarc-acts", seen=seen)


async def _mta_sts(ask: Resolver, domain: str, settings: StoreSettings) -> Check:
    name = f"_mta-sts.{domain}"
    wanted = (Record(name=name, kind="TXT", value=f"v=STSv1; id={datetime.now(UTC):%Y%m%d}"),)
    answer = await ask.ask(name, "TXT")
    if answer.failed:
        return Check(key="mta-sts", light=Light.GREY, says="dns-silent", records=wanted)
    if not record_id(answer.records):
        return Check(key="mta-sts", light=Light.AMBER, says="mta-sts-absent", records=wanted)
    if not await _addresses_of(ask, f"mta-sts.{domain}"):
        return Check(key="mta-sts", light=Light.RED, says="mta-sts-no-host", seen=answer.records)
    allowed = settings.probe_networks
    fetcher = PolicyFetcher(ask, lambda ip: is_reachable(ip_address(ip), allowed), seconds=_POLICY_SECONDS)
    try:
        text = await fetcher.fetch(domain)
    except TemporaryFailure as failure:
        return Check(key="mta-sts", light=Light.AMBER, says="mta-sts-unfetched", seen=(str(failure)[:200],))
    return policy_check(text, settings.mx_hosts)


def policy_check(text: bytes, mx_hosts: Sequence[str]) -> Check:
    """Return what the policy in ``text`` means for mail that is to reach ``mx_hosts``."""
    try:
        policy = parse_policy(text)
    except PolicyInvalid as invalid:
        return Check(key="mta-sts", light=Light.AMBER, says="mta-sts-invalid", seen=(str(invalid),))
    outside = [host for host in mx_hosts if not policy.covers(host)]
    if policy.mode is not Mode.NONE and outside:
        # Servers that keep to the policy do not deliver to a host that it does not name.
        return Check(key="mta-sts", light=Light.RED, says="mta-sts-without-us", seen=policy.lines)
    if policy.mode is not Mode.ENFORCE:
        return Check(key="mta-sts", light=Light.AMBER, says="mta-sts-testing", seen=policy.lines)
    return Check(key="mta-sts", light=Light.GREEN, says="mta-sts-enforced", seen=policy.lines)


async def _addresses_of(ask: Resolver, host: str) -> list[str]:
    answers: list[DnsAnswer] = list(await asyncio.gather(ask.ask(host, "A"), ask.ask(host, "AAAA")))
    return [record for answer in answers for record in answer.records]


def _route(found: Sequence[Probed]) -> Check:
    seen = tuple(f"{each.host}:{each.port} {each.reply}".strip() for each in found)
    if all(each.is_refused for each in found):
        return Check(key="route", light=Light.GREY, says="route-private", seen=seen)
    if not any(each.answers for each in found):
        return Check(key="route", light=Light.RED, says="route-silent", seen=seen)
    if not any(each.takes for each in found):
        return Check(key="route", light=Light.RED, says="route-refuses", seen=seen)
    if not all(each.takes for each in found):
        return Check(key="route", light=Light.AMBER, says="route-partly", seen=seen)
    return Check(key="route", light=Light.GREEN, says="route-takes", seen=seen)


def _tls(found: Sequence[Probed]) -> Check:
    answering = [each for each in found if each.answers]
    seen = tuple(f"{each.host}: {each.tls or '-'} {each.certificate_problem}".strip() for each in answering)
    if not answering:
        return Check(key="tls", light=Light.GREY, says="tls-unknown")
    if not all(each.tls for each in answering):
        return Check(key="tls", light=Light.RED, says="tls-absent", seen=seen)
    if not all(each.is_verified for each in answering):
        return Check(key="tls", light=Light.AMBER, says="tls-unverified", seen=seen)
    return Check(key="tls", light=Light.GREEN, says="tls-verified", seen=seen)


async def _port_25(routes: Sequence[Route], recipient: str, usual: Sequence[Probed]) -> Check:
    source = given().probe_address
    if not source:
        return Check(key="port-25", light=Light.GREY, says="port-25-untried")
    if not any(each.answers for each in usual):
        return Check(key="port-25", light=Light.GREY, says="port-25-unknown")
    outside = Prober(mail_path().resolver(), _own_name(), given().probe_networks, source)
    found = await asyncio.gather(*(outside.probe(_hop(each), recipient) for each in routes[:_MOST_PROBES]))
    seen = tuple(f"{each.host}:{each.port} {each.reply}".strip() for each in found)
    if any(each.takes for each in found):
        return Check(key="port-25", light=Light.RED, says="port-25-open", seen=seen)
    return Check(key="port-25", light=Light.GREEN, says="port-25-locked", seen=seen)


def _addresses(document: TenantDocument, domain: str) -> Check:
    number = sum(address.endswith(f"@{domain}") for address in (*document.addresses, *document.aliases))
    patterns = sum(pattern.endswith(f"@{domain}") for pattern in document.address_patterns)
    seen = (str(number + patterns),)
    if document.address_registration is not AddressRegistration.ENFORCE:
        return Check(key="addresses", light=Light.AMBER, says="addresses-not-enforced", seen=seen)
    if not number and not patterns:
        return Check(key="addresses", light=Light.RED, says="addresses-none", seen=seen)
    return Check(key="addresses", light=Light.GREEN, says="addresses-listed", seen=seen)


def _test_mail(scope: Scope, domain: str) -> Check:
    path = mail_path()
    since = datetime.now(UTC) - RECENT
    search = Search(tenant=scope.of_tenant, direction="inbound", since=since, limit=200)
    for message in path.wait(path.trace.find(search)):
        for recipient in message.recipients:
            arrived = any(each.get("outcome") == "delivered" for each in recipient.attempts)
            if arrived and recipient.address.lower().endswith(f"@{domain}"):
                seen = (message.received_at.isoformat(timespec="minutes"),)
                return Check(key="test-mail", light=Light.GREEN, says="test-mail-arrived", seen=seen)
    return Check(key="test-mail", light=Light.RED, says="test-mail-none")


def _prober(scope: Scope) -> Prober:
    # The operator runs the network that tenants must not look into.
    anywhere = ("0.0.0.0/0", "::/0") if scope.allows(Area.TENANTS, Right.EDIT) else given().probe_networks
    return Prober(mail_path().resolver(), _own_name(), anywhere)


def _own_name() -> str:
    return given().host_name or "localhost"


def _hop(route: Route) -> NextHop:
    return NextHop(host=route.host, port=route.port, tls=route.tls, lookup=route.lookup)
