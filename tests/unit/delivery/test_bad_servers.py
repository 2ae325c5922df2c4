"""Where TLS is demanded, a bad server hears nothing of the message, and the mail is returned with 5.7.10."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from lazaretto.core.identity import TenantId
from lazaretto.core.queued import Outcome, Settlement
from lazaretto.core.snapshot import TenantSnapshot, TlsMode, TlsPartner
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.domain_tls import DomainTls
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.sts_policies import StsPolicies
from lazaretto.protocol.dnsfile import FileResolver
from lazaretto.testing.copies import MESSAGE, NOON, FixedDirectory, MemorySpool, a_copy
from lazaretto.testing.next_hop import Behaviour, NextHop

from .conftest import YESTERDAY, Authority

DOMAIN = "partner.example"
HOST = "mx.partner.example"
ENCRYPTED = TlsPartner(domain=DOMAIN, mode=TlsMode.ANY)
OLD = YESTERDAY - timedelta(days=30)


@dataclass(frozen=True)
class Issuers:
    """Whose certificates servers show: an authority that we trust, and one that nobody does."""

    trusted: Authority
    stranger: Authority


@dataclass(frozen=True)
class Bad:
    """A server that does not meet what is demanded of it."""

    name: str
    behave: Callable[[Issuers], Behaviour]
    partner: TlsPartner = ENCRYPTED
    tlsa: str = ""
    sts: str = HOST
    patience: float = 60.0
    """Seconds that we wait for an answer; short only where none will come."""

    def __str__(self) -> str:
        return self.name


def demanding(mode: TlsMode, **more: object) -> TlsPartner:
    return TlsPartner(domain=DOMAIN, mode=mode, **more)  # type: ignore[arg-type]


def showing(context: ssl.SSLContext, **more: object) -> Behaviour:
    return Behaviour(context=context, **more)  # type: ignore[arg-type]


def good(issuers: Issuers) -> ssl.SSLContext:
    return issuers.trusted.issue(HOST).context()


def answering(starttls: bytes) -> Callable[[Issuers], Behaviour]:
    return lambda issuers: showing(good(issuers), answers={"STARTTLS": starttls})


def only(**settings: object) -> Callable[[Issuers], Behaviour]:
    """Return a server whose TLS is limited by ``settings`` of its context."""

    def behave(issuers: Issuers) -> Behaviour:
        context = good(issuers)
        context.set_ciphers(str(settings.get("ciphers", "ALL:@SECLEVEL=0")))
        newest = settings.get("newest")
        if isinstance(newest, ssl.TLSVersion):
            context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
        return showing(context)

    return behave


BAD = [
    Bad("offers no TLS", lambda _: Behaviour()),
    Bad("knows no EHLO", lambda _: Behaviour(answers={"EHLO": b"502 5.5.1 what?\r\n"})),
    Bad("offers something that looks like it", lambda _: Behaviour(offers=("XSTARTTLS", "STARTTLSX"))),
    Bad("refuses for now", answering(b"454 4.7.0 not now\r\n")),
    Bad("refuses for good", answering(b"502 5.5.1 never\r\n")),
    Bad("says it closes", answering(b"421 4.3.2 closing\r\n")),
    Bad("answers twice", answering(b"220 go on\r\n250 injected\r\n")),
    Bad("injects an EHLO reply", answering(b"220 go on\r\n250-mx\r\n250 SIZE\r\n")),
    Bad("answers something else", answering(b"250 sure\r\n")),
    Bad("answers nonsense", answering(b"\x16\x03\x01 hello\r\n")),
    Bad("hangs up", lambda i: showing(good(i), hang_up=frozenset({"STARTTLS"}))),
    Bad("resets", lambda i: showing(good(i), reset=frozenset({"STARTTLS"}))),
    Bad("does not answer", lambda i: showing(good(i), stall=frozenset({"STARTTLS"})), patience=5.0),
    Bad(
        "agrees and then speaks clear text",
        lambda _: Behaviour(offers=("STARTTLS",), answers={"STARTTLS": b"220 go on\r\n"}),
    ),
    Bad("speaks TLS 1.1 at most", only(newest=ssl.TLSVersion.TLSv1_1)),
    Bad(
        "speaks TLS 1.2 where 1.3 is demanded",
        only(newest=ssl.TLSVersion.TLSv1_2),
        demanding(TlsMode.ANY, minimum_version="TLSv1.3"),
    ),
    Bad(
        "has ciphers without a certificate alone",
        only(newest=ssl.TLSVersion.TLSv1_2, ciphers="aNULL:@SECLEVEL=0"),
    ),
    Bad(
        "has ciphers without encryption alone",
        only(newest=ssl.TLSVersion.TLSv1_2, ciphers="eNULL:@SECLEVEL=0"),
    ),
    Bad("hangs up inside TLS", lambda i: showing(good(i), hang_up_inside=True)),
    Bad(
        "shows an expired certificate",
        lambda i: showing(i.trusted.issue(HOST, since=OLD, until=YESTERDAY).context()),
        demanding(TlsMode.VALID),
    ),
    Bad(
        "shows another host's certificate",
        lambda i: showing(i.trusted.issue("mx.evil.example").context()),
        demanding(TlsMode.VALID),
    ),
    Bad(
        "shows a certificate of the domain above",
        lambda i: showing(i.trusted.issue(DOMAIN).context()),
        demanding(TlsMode.VALID),
    ),
    Bad(
        "shows a star of two labels",
        lambda i: showing(i.trusted.issue("*.example").context()),
        demanding(TlsMode.VALID),
    ),
    Bad(
        "shows a certificate that nobody signed",
        lambda i: showing(i.stranger.issue(HOST).context()),
        demanding(TlsMode.VALID),
    ),
    Bad(
        "shows none of the trusted names",
        lambda i: showing(good(i)),
        demanding(TlsMode.STRONG, trusted_names=("mail.bank.example",)),
    ),
    Bad(
        "shows another key than pinned",
        lambda i: showing(good(i)),
        demanding(TlsMode.PINNED, pins=(sha256(b"other").hexdigest(),)),
    ),
    Bad("has no TLSA records", lambda i: showing(good(i)), demanding(TlsMode.DANE)),
    Bad(
        "has another key than its TLSA record",
        lambda i: showing(good(i)),
        demanding(TlsMode.DANE),
        tlsa="3 1 1 " + "0" * 64,
    ),
    Bad("has no MTA-STS policy", lambda i: showing(good(i)), demanding(TlsMode.MTA_STS), sts=""),
    Bad(
        "is not among the hosts of its policy",
        lambda i: showing(good(i)),
        demanding(TlsMode.MTA_STS),
        sts="mx2.partner.example",
    ),
]


class Partners(FixedDirectory):
    """A tenant with one partner."""

    def __init__(self, partner: TlsPartner) -> None:
        super().__init__({})
        self._partner = partner

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        snapshot = super().by_id(tenant)
        return None if snapshot is None else replace(snapshot, tls_partners={DOMAIN: self._partner})


class Published:
    """Hands out the domain's MTA-STS policy."""

    def __init__(self, host: str) -> None:
        self._host = host

    async def fetch(self, domain: str) -> bytes:
        assert domain == DOMAIN
        return f"version: STSv1\nmode: enforce\nmx: {self._host}\nmax_age: 86400\n".encode()


def dns_of(bad: Bad, port: int, folder: Path) -> FileResolver:
    records: dict[str, object] = {
        DOMAIN: {"MX": [f"10 {HOST}"]},
        HOST: {"A": ["127.0.0.1"]},
        f"_{port}._tcp.{HOST}": {"TLSA": [bad.tlsa] if bad.tlsa else []},
        f"_mta-sts.{DOMAIN}": {"TXT": ["v=STSv1; id=1;"] if bad.sts else []},
    }
    (folder / "dns.json").write_text(json.dumps(records))
    return FileResolver(folder / "dns.json")


async def attempted(bad: Bad, hop: NextHop, issuers: Issuers, folder: Path) -> Settlement:
    """Return what comes of one attempt at mail that has waited for two days."""
    spool = MemorySpool()
    spool.now = NOON + timedelta(days=2)
    settings = DeliverySettings(
        port_for_mx=hop.port,
        refused_mx_networks=(),
        ca_file=str(issuers.trusted.file),
        tls_timeout=2.0,
        command_timeout=bad.patience,
        claim_interval=timedelta(seconds=0.02),
    )
    directory, resolver = Partners(bad.partner), dns_of(bad, hop.port, folder)
    policies = StsPolicies(resolver, Published(bad.sts), clock=lambda: NOON)
    dispatcher = Dispatcher(
        queue=spool,
        contents=spool,
        directory=directory,
        resolver=resolver,
        journal=folder / "journal",
        hostname="gw.example",
        settings=settings,
        tls_policy=DomainTls(directory, resolver, settings, policies=policies, clock=lambda: NOON),
        clock=lambda: spool.now,
    )
    await dispatcher.start()
    try:
        dispatcher.offer(spool.add(a_copy(f"b@{DOMAIN}", destination=DOMAIN), due=None), MESSAGE)
        async with asyncio.timeout(60):
            while not spool.settled:
                await asyncio.sleep(0.005)
    finally:
        await dispatcher.stop(2)
    return spool.settled[0]


# A server of that age is what this is about.
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
@pytest.mark.parametrize("bad", BAD, ids=str)
async def test_a_bad_server_hears_nothing_and_the_mail_is_returned(
    bad: Bad, tmp_path: Path, authority: Authority, stranger: Authority
) -> None:
    issuers = Issuers(authority, stranger)
    async with NextHop(bad.behave(issuers)) as hop:
        settlement = await attempted(bad, hop, issuers, tmp_path)

    heard = b"\n".join(hop.commands)
    assert not {"MAIL", "RCPT", "DATA"} & set(hop.verbs()), hop.commands
    assert not any(line in heard for line in MESSAGE.split(b"\r\n") if line)
    assert not hop.arrivals
    (outcome,) = settlement.outcomes
    assert (outcome.outcome, outcome.reply.code, outcome.reply.enhanced) == (Outcome.FAILED, 550, "5.7.10")
    (notice,) = settlement.composed
    assert b"Status: 5.7.10" in notice.octets
    channel = outcome.remote.channel
    assert channel is not None
    assert channel.policy == f"partner {bad.partner.mode.value}"
    assert channel.failure
    assert not channel.used


def test_there_are_bad_servers_of_many_kinds() -> None:
    assert len({bad.name for bad in BAD}) == len(BAD) >= 14
