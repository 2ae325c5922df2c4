"""DANE as unbound validates it: signed TLSA records bind the next hop, forged ones stop the mail."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lazaretto.core.facts import DnsStatus
from lazaretto.core.queued import Outcome
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.courier import Carried, Courier, DeadHosts, Means
from lazaretto.delivery.domain_tls import DomainTls
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.routing import Router
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.protocol.dnssec import ValidatingResolver
from lazaretto.run.certificate import ensure_certificate, server_context
from lazaretto.testing.copies import MESSAGE, FixedDirectory, a_copy
from lazaretto.testing.next_hop import Behaviour, NextHop

from .signed_dns import Zone, missing_programs, validating_resolver

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        bool(missing_programs()), reason="needs the Debian packages unbound, nsd and ldnsutils"
    ),
]

ELSE = "0" * 64


@dataclass(frozen=True)
class Net:
    """The signed DNS, and a host's certificate that some of its records name."""

    validator: str
    context: ssl.SSLContext


def _host_records(tlsa: str) -> str:
    return f"@ IN MX 10 mx\nmx IN A 127.0.0.1\n*._tcp.mx IN TLSA {tlsa}"


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    folder = tmp_path_factory.mktemp("signed-dns")
    certificate, key = folder / "mx.crt", folder / "mx.key"
    ensure_certificate(certificate, key, "mx.anything.example")
    ours = f"3 1 1 {_key_print(certificate)}"
    zones = {
        "matching.example": Zone(_host_records(ours)),
        "other-key.example": Zone(_host_records(f"3 1 1 {ELSE}")),
        "no-records.example": Zone("@ IN MX 10 mx\nmx IN A 127.0.0.1"),
        "unusable.example": Zone(_host_records(f"1 1 1 {ELSE}")),
        "unsigned.example": Zone(_host_records(f"3 1 1 {ELSE}"), is_signed=False),
        "forged.example": Zone(
            _host_records(ours), tampered=((r"(TLSA\s+3 1 1 )[0-9a-f]{64}", rf"\g<1>{ELSE}"),)
        ),
        "forged-mx.example": Zone(
            f"{_host_records(ours)}\nevil IN A 127.0.0.1",
            tampered=((r"(MX\s+10 )mx\.", r"\g<1>evil."),),
        ),
        "expired.example": Zone(_host_records(ours), has_expired=True),
        # The domain is signed, its host lies in a zone that is not: nothing binds the host.
        "elsewhere.example": Zone("@ IN MX 10 mx.unsigned.example."),
    }
    with validating_resolver(folder, zones) as validator:
        yield Net(validator, server_context(certificate, key))


def _key_print(certificate: Path) -> str:
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


@dataclass(frozen=True)
class Sent:
    """What came of one message, and what the host saw."""

    carried: Carried
    hop: NextHop

    @property
    def was_delivered(self) -> bool:
        return self.carried.outcomes[0].outcome is Outcome.DELIVERED

    @property
    def said_nothing(self) -> bool:
        return not self.hop.arrivals and not {"MAIL", "RCPT", "DATA"} & set(self.hop.verbs())

    @property
    def policy(self) -> str:
        channel = self.carried.outcomes[0].remote.channel
        return "" if channel is None else channel.policy

    @property
    def failure(self) -> str:
        channel = self.carried.outcomes[0].remote.channel
        return "" if channel is None else channel.failure


async def sent(net: Net, domain: str, *, tls: bool = True, validator: str = "") -> Sent:
    """Send a message to ``domain``, whose host offers TLS or not."""
    behaviour = Behaviour(context=net.context) if tls else Behaviour()
    async with NextHop(behaviour) as hop:
        settings = DeliverySettings(
            port_for_mx=hop.port, refused_mx_networks=(), dane_resolver=validator or net.validator
        )
        asking = ValidatingResolver(net.validator)
        directory = FixedDirectory({})
        courier = Courier(
            Means(
                router=Router(directory, asking, settings),
                opener=Opener(settings, "gw.example"),
                tls_policy=DomainTls(
                    directory, asking, settings, validating=ValidatingResolver(settings.dane_resolver)
                ),
                dead_hosts=DeadHosts(1),
                settings=settings,
            )
        )
        copy = a_copy(f"b@{domain}", destination=domain)
        try:
            return Sent(await courier.carry(copy, Payload(copy, MESSAGE)), hop)
        finally:
            await courier.rest()


@pytest.fixture
async def resolver(net: Net) -> AsyncIterator[ValidatingResolver]:
    yield ValidatingResolver(net.validator)


async def test_the_validators_word_comes_through(resolver: ValidatingResolver) -> None:
    signed = await resolver.ask("_25._tcp.mx.matching.example", "TLSA")
    unsigned = await resolver.ask("_25._tcp.mx.unsigned.example", "TLSA")
    forged = await resolver.ask("_25._tcp.mx.forged.example", "TLSA")
    absent = await resolver.ask("_25._tcp.mx.no-records.example", "TLSA")

    assert (signed.status, signed.authentic) == (DnsStatus.ANSWER, True)
    assert (unsigned.status, unsigned.authentic) == (DnsStatus.ANSWER, False)
    assert forged.status is DnsStatus.SERVER_FAILURE
    assert (absent.status, absent.authentic) == (DnsStatus.NO_DOMAIN, True)


async def test_the_certificate_that_a_signed_record_names_gets_the_mail(net: Net) -> None:
    made = await sent(net, "matching.example")

    assert made.was_delivered
    assert made.hop.arrivals[0].tls
    assert (made.policy, made.failure) == ("dane", "")


@pytest.mark.parametrize(
    ("domain", "tls", "failure"),
    [
        pytest.param("other-key.example", True, "validation-failure", id="another key"),
        pytest.param("matching.example", False, "starttls-not-supported", id="no TLS"),
        pytest.param("unusable.example", False, "starttls-not-supported", id="unusable records, no TLS"),
        pytest.param("forged.example", True, "dnssec-invalid", id="forged records"),
        pytest.param("expired.example", True, "", id="signatures that are over"),
        pytest.param("forged-mx.example", True, "", id="a forged MX"),
    ],
)
async def test_where_the_demand_is_not_met_nothing_is_said(
    net: Net, domain: str, tls: bool, failure: str
) -> None:
    made = await sent(net, domain, tls=tls)

    assert made.said_nothing
    assert made.carried.outcomes[0].outcome is Outcome.DEFERRED
    assert made.failure == failure


@pytest.mark.parametrize(
    ("domain", "tls"),
    [
        pytest.param("no-records.example", True, id="proven that there are none"),
        pytest.param("no-records.example", False, id="none, no TLS"),
        pytest.param("unsigned.example", True, id="records that nobody signed"),
        pytest.param("elsewhere.example", True, id="a host in a zone that is not signed"),
        pytest.param("unusable.example", True, id="records that mail cannot use"),
    ],
)
async def test_where_nothing_binds_the_host_the_mail_goes(net: Net, domain: str, tls: bool) -> None:
    made = await sent(net, domain, tls=tls)

    assert made.was_delivered
    assert made.policy == ("dane" if domain == "unusable.example" else "opportunistic")


async def test_a_validator_that_is_away_holds_the_mail(net: Net) -> None:
    made = await sent(net, "matching.example", validator="127.0.0.1:1")

    assert made.said_nothing
    assert made.failure == "dnssec-invalid"
    assert made.carried.tls_unmet
