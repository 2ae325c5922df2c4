"""Where TLS is enforced, a host that does not meet the demand never sees one octet of content.

Real hosts with real certificates; the DNS is a file, whose answers count as signed.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from lazaretto.core.envelope import TlsRecord
from lazaretto.core.identity import PLATFORM, TenantId
from lazaretto.core.queued import Outcome, QueuedCopy
from lazaretto.core.snapshot import NextHop, TenantSnapshot, TlsDemand, TlsMode, TlsPartner
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.courier import Carried, Courier, DeadHosts, Means
from lazaretto.delivery.domain_tls import DomainTls
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.routing import Router
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.sts_policies import StsPolicies
from lazaretto.delivery.tls_reports import Counted, PolicyType, TlsReports
from lazaretto.protocol.dnsfile import FileResolver
from lazaretto.testing import next_hop
from lazaretto.testing.copies import MESSAGE, NOON, TENANT, a_copy
from lazaretto.testing.next_hop import Behaviour

from .conftest import TOMORROW, YESTERDAY, Authority, Certified

DOMAIN = "other.example"
HOST = "mx.other.example"
LONG_AGO = YESTERDAY - timedelta(days=30)

Records = Mapping[str, object]


class Tenants:
    """One tenant with its partners; its own domains are elsewhere."""

    def __init__(
        self, *partners: TlsPartner, domains: Mapping[str, tuple[NextHop, ...]] | None = None
    ) -> None:
        self._snapshot = TenantSnapshot(
            tenant=TENANT,
            name="acme",
            version=1,
            domains=domains,
            tls_partners={partner.domain: partner for partner in partners},
        )

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        return self._snapshot if domain in self._snapshot.domains else None

    def sender_at(self, ip: str) -> TenantSnapshot | None:
        return None

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        return self._snapshot if tenant == TENANT else None


class Published:
    """Hands out the policy of ``DOMAIN`` that a test wants."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def fetch(self, domain: str) -> bytes:
        assert domain == DOMAIN
        return self._text.encode()


@dataclass(frozen=True)
class Bench:
    """All that it takes to carry copies, and what was counted."""

    means: Means
    reports: TlsReports

    @property
    def counted(self) -> Counted:
        (counted,) = self.reports.look()
        return counted


class Benches:
    """Makes benches; ``sts`` is the policy that the domain publishes."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._folder = folder
        self._authority = authority

    def make(
        self,
        hop: next_hop.NextHop,
        *partners: TlsPartner,
        tlsa: Sequence[str] | str = (),
        sts: str = "",
        more: Records | None = None,
        routes: tuple[NextHop, ...] = (),
    ) -> Bench:
        records: dict[str, object] = {
            DOMAIN: {"MX": [f"10 {HOST}"]},
            HOST: {"A": ["127.0.0.1"]},
            f"_mta-sts.{DOMAIN}": {"TXT": ["v=STSv1; id=1;"] if sts else []},
        }
        if tlsa:
            records[f"_{hop.port}._tcp.{HOST}"] = {"TLSA": tlsa}
        file = self._folder / "dns.json"
        file.write_text(json.dumps({**records, **(more or {})}))
        resolver = FileResolver(file)
        settings = DeliverySettings(
            port_for_mx=hop.port,
            refused_mx_networks=(),
            ca_file=str(self._authority.file),
            tls_timeout=2.0,
        )
        directory = Tenants(*partners, domains={"customer.example": routes} if routes else {})
        reports = TlsReports()
        policies = StsPolicies(resolver, Published(sts), on_failure=reports.note_policy, clock=lambda: NOON)
        policy = DomainTls(
            directory, resolver, settings, policies=policies, reports=reports, clock=lambda: NOON
        )
        means = Means(
            router=Router(directory, resolver, settings),
            opener=Opener(settings, "gw.example"),
            tls_policy=policy,
            dead_hosts=DeadHosts(1),
            settings=settings,
        )
        return Bench(means, reports)


@pytest.fixture
def benches(tmp_path: Path, authority: Authority) -> Benches:
    return Benches(tmp_path, authority)


def to_other(domain: str = DOMAIN) -> QueuedCopy:
    return a_copy(f"b@{domain}", destination=domain)


async def carried(bench: Bench, copy: QueuedCopy | None = None) -> Carried:
    copy = copy or to_other()
    courier = Courier(bench.means)
    try:
        return await courier.carry(copy, Payload(copy, MESSAGE))
    finally:
        await courier.rest()


def record(made: Carried) -> TlsRecord:
    channel = made.outcomes[0].remote.channel
    assert channel is not None
    return channel


def was_delivered(made: Carried) -> bool:
    return made.outcomes[0].outcome is Outcome.DELIVERED


def said_nothing(hop: next_hop.NextHop) -> bool:
    return not hop.arrivals and not {"MAIL", "RCPT", "DATA"} & set(hop.verbs())


def partner(mode: TlsMode, **more: object) -> TlsPartner:
    return TlsPartner(domain=DOMAIN, mode=mode, **more)  # type: ignore[arg-type]


def print_of(octets: bytes) -> str:
    return sha256(octets).hexdigest()


def sts(mode: str, mx: str = HOST) -> str:
    return f"version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 86400\n"


# Partners.


@pytest.fixture
def good(authority: Authority) -> Certified:
    return authority.issue(HOST)


async def test_a_host_that_meets_the_demand_gets_the_mail(benches: Benches, good: Certified) -> None:
    pins = (print_of(good.public_key),)
    named = [f"3 1 1 {print_of(good.public_key)}"]
    demands = [
        (partner(TlsMode.ANY), (), ""),
        (partner(TlsMode.VALID), (), ""),
        (partner(TlsMode.VALID, minimum_version="TLSv1.3"), (), ""),
        (partner(TlsMode.STRONG), (), ""),
        (partner(TlsMode.STRONG, trusted_names=(HOST,)), (), ""),
        (partner(TlsMode.PINNED, pins=pins), (), ""),
        (partner(TlsMode.PINNED, pins=(print_of(good.der),)), (), ""),
        (partner(TlsMode.DANE), named, ""),
        (partner(TlsMode.MTA_STS), (), sts("enforce")),
        (partner(TlsMode.MTA_STS), (), sts("testing")),
    ]
    for demand, tlsa, policy in demands:
        async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
            made = await carried(benches.make(hop, demand, tlsa=tlsa, sts=policy))

        assert was_delivered(made), demand
        assert hop.arrivals[0].tls
        assert record(made).policy == f"partner {demand.mode.value}"
        assert record(made).verified is (demand.mode is not TlsMode.ANY)


CLEAR = Behaviour()
REFUSING = Behaviour(offers=("STARTTLS",), answers={"STARTTLS": b"454 4.7.0 No\r\n"})
DEAF = Behaviour(offers=("STARTTLS",), answers={"STARTTLS": b"220 Go\r\n"})
GONE = Behaviour(offers=("STARTTLS",), hang_up=frozenset({"STARTTLS"}))


@pytest.mark.parametrize("mode", list(TlsMode))
@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(CLEAR, id="no STARTTLS"),
        pytest.param(REFUSING, id="STARTTLS refused"),
        pytest.param(GONE, id="hangs up"),
        pytest.param(DEAF, id="no handshake"),
    ],
)
async def test_a_host_without_tls_gets_nothing_from_who_enforces_it(
    benches: Benches, good: Certified, mode: TlsMode, behaviour: Behaviour
) -> None:
    demand = partner(mode, pins=(print_of(good.der),))
    async with next_hop.NextHop(behaviour) as hop:
        made = await carried(
            benches.make(hop, demand, tlsa=[f"3 0 1 {print_of(good.der)}"], sts=sts("enforce"))
        )

    assert said_nothing(hop)
    assert made.tls_unmet
    assert made.outcomes[0].outcome is Outcome.DEFERRED
    assert made.outcomes[0].reply.enhanced.startswith("4.7.")
    assert not record(made).used
    assert record(made).failure


async def test_a_host_with_the_wrong_certificate_gets_nothing(
    benches: Benches, authority: Authority, stranger: Authority, good: Certified
) -> None:
    expired = authority.issue(HOST, since=LONG_AGO, until=YESTERDAY)
    tomorrows = authority.issue(HOST, since=TOMORROW, until=TOMORROW + timedelta(days=9))
    elsewhere = authority.issue("mx.evil.example")
    unknown = stranger.issue(HOST)
    cases = [
        ("expired", expired, partner(TlsMode.VALID), "certificate-expired"),
        ("not valid yet", tomorrows, partner(TlsMode.VALID), "certificate-expired"),
        ("another name", elsewhere, partner(TlsMode.VALID), "certificate-host-mismatch"),
        ("unknown issuer", unknown, partner(TlsMode.VALID), "certificate-not-trusted"),
        ("strong, expired", expired, partner(TlsMode.STRONG), "certificate-expired"),
        ("strong, unknown issuer", unknown, partner(TlsMode.STRONG), "certificate-not-trusted"),
        ("strong, another name", elsewhere, partner(TlsMode.STRONG), "certificate-host-mismatch"),
        (
            "strong, none of the trusted",
            good,
            partner(TlsMode.STRONG, trusted_names=("mail.trusted.example",)),
            "certificate-host-mismatch",
        ),
        ("another pin", good, partner(TlsMode.PINNED, pins=(print_of(unknown.der),)), "validation-failure"),
        ("no pin", good, partner(TlsMode.PINNED), "validation-failure"),
        ("another TLSA", unknown, partner(TlsMode.DANE), "validation-failure"),
        ("policy, another name", elsewhere, partner(TlsMode.MTA_STS), "certificate-host-mismatch"),
        ("policy, unknown issuer", unknown, partner(TlsMode.MTA_STS), "certificate-not-trusted"),
    ]
    tlsa = [f"3 1 1 {print_of(good.public_key)}"]
    for case, shown, demand, failure in cases:
        async with next_hop.NextHop(Behaviour(context=shown.context())) as hop:
            made = await carried(benches.make(hop, demand, tlsa=tlsa, sts=sts("enforce")))

        assert said_nothing(hop), case
        assert made.tls_unmet, case
        assert hop.connections == 1, case
        assert made.outcomes[0].reply.code in (450, 451), case
        assert made.outcomes[0].reply.enhanced == "4.7.5", case
        assert record(made).failure == failure, case


async def test_an_older_protocol_than_demanded_gets_nothing(benches: Benches, good: Certified) -> None:
    older = good.context(newest=ssl.TLSVersion.TLSv1_2)
    async with next_hop.NextHop(Behaviour(context=older)) as hop:
        made = await carried(benches.make(hop, partner(TlsMode.ANY, minimum_version="TLSv1.3")))

    assert said_nothing(hop)
    assert made.tls_unmet


@pytest.mark.parametrize(
    ("mode", "tlsa", "policy"),
    [
        pytest.param(TlsMode.DANE, (), "", id="no TLSA records"),
        pytest.param(TlsMode.DANE, ["0 0 1 " + "ab" * 32], "", id="no usable TLSA record"),
        pytest.param(TlsMode.DANE, "SERVFAIL", "", id="TLSA records that fail"),
        pytest.param(TlsMode.MTA_STS, (), "", id="no policy"),
        pytest.param(TlsMode.MTA_STS, (), "nonsense", id="a policy that is none"),
        pytest.param(TlsMode.MTA_STS, (), sts("none"), id="a policy taken back"),
        pytest.param(TlsMode.MTA_STS, (), sts("enforce", "mx2.other.example"), id="a policy for other hosts"),
    ],
)
async def test_a_domain_that_does_not_publish_what_is_demanded_is_not_called(
    benches: Benches, good: Certified, mode: TlsMode, tlsa: Sequence[str] | str, policy: str
) -> None:
    async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
        made = await carried(benches.make(hop, partner(mode), tlsa=tlsa, sts=policy))

    assert hop.connections == 0
    assert made.tls_unmet
    assert made.outcomes[0].reply.enhanced == "4.7.5"


async def test_sub_domains_are_partners_unless_they_are_excluded(benches: Benches) -> None:
    demand = partner(TlsMode.ANY, excluded=frozenset({"lab.other.example"}))
    more = {name: {"MX": [f"10 {HOST}"]} for name in ("eu.other.example", "a.lab.other.example")}
    async with next_hop.NextHop() as hop:
        bench = benches.make(hop, demand, more=more)
        below = await carried(bench, to_other("eu.other.example"))
        excluded = await carried(bench, to_other("a.lab.other.example"))

    assert below.tls_unmet
    assert was_delivered(excluded)
    assert len(hop.arrivals) == 1


async def test_a_partner_of_one_tenant_is_no_partner_of_another(benches: Benches) -> None:
    copy = to_other()
    others = replace(copy, lease=replace(copy.lease, tenant=TenantId(8)))
    async with next_hop.NextHop() as hop:
        made = await carried(benches.make(hop, partner(TlsMode.VALID)), others)

    assert was_delivered(made)


async def test_a_channel_without_tls_is_not_used_again_for_mail_that_demands_it(benches: Benches) -> None:
    plain = to_other()
    plain = replace(plain, lease=replace(plain.lease, tenant=TenantId(8)))
    demanding = to_other()
    async with next_hop.NextHop() as hop:
        courier = Courier(benches.make(hop, partner(TlsMode.ANY)).means)
        first = await courier.carry(plain, Payload(plain, MESSAGE))
        second = await courier.carry(demanding, Payload(demanding, MESSAGE))
        await courier.rest()

    assert was_delivered(first)
    assert second.tls_unmet
    assert len(hop.arrivals) == 1


async def test_equal_demands_share_a_channel(benches: Benches, good: Certified) -> None:
    async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
        courier = Courier(benches.make(hop, partner(TlsMode.VALID)).means)
        for _ in range(3):
            copy = to_other()
            assert was_delivered(await courier.carry(copy, Payload(copy, MESSAGE)))
        await courier.rest()

    assert hop.connections == 1


async def test_a_partner_does_not_soften_what_its_route_demands(
    benches: Benches, stranger: Authority
) -> None:
    async with next_hop.NextHop(Behaviour(context=stranger.issue(HOST).context())) as hop:
        route = NextHop(host=HOST, port=hop.port, tls=TlsDemand.VERIFIED)
        bench = benches.make(hop, TlsPartner(domain="customer.example", mode=TlsMode.ANY), routes=(route,))
        made = await carried(bench, a_copy())

    assert said_nothing(hop)
    assert made.tls_unmet


# What a domain publishes.


async def test_tlsa_records_are_held_against_the_certificate(
    benches: Benches, stranger: Authority, good: Certified
) -> None:
    private = stranger.issue("private.example")
    async with next_hop.NextHop(Behaviour(context=private.context())) as hop:
        bench = benches.make(hop, tlsa=[f"3 1 1 {print_of(private.public_key)}"])
        named = await carried(bench)
        arrivals = len(hop.arrivals)
        other = await carried(benches.make(hop, tlsa=[f"3 1 1 {print_of(good.public_key)}"]))

    assert was_delivered(named)
    assert (record(named).policy, record(named).verified) == ("dane", True)
    assert bench.counted.policy is PolicyType.TLSA
    assert other.tls_unmet
    assert len(hop.arrivals) == arrivals


async def test_an_issuer_named_by_tlsa_vouches_for_the_chain_that_is_shown(
    benches: Benches, stranger: Authority
) -> None:
    tlsa = [f"2 0 1 {print_of(stranger.der)}"]
    async with next_hop.NextHop(Behaviour(context=stranger.issue(HOST).context())) as hop:
        assert was_delivered(await carried(benches.make(hop, tlsa=tlsa)))
    async with next_hop.NextHop(Behaviour(context=stranger.issue("evil.example").context())) as hop:
        assert (await carried(benches.make(hop, tlsa=tlsa))).tls_unmet
        assert said_nothing(hop)


async def test_tlsa_records_that_mail_cannot_use_still_demand_encryption(benches: Benches) -> None:
    async with next_hop.NextHop() as hop:
        made = await carried(benches.make(hop, tlsa=["1 1 1 " + "ab" * 32]))

    assert said_nothing(hop)
    assert made.tls_unmet


async def test_tlsa_records_that_cannot_be_had_hold_the_mail(benches: Benches, good: Certified) -> None:
    async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
        made = await carried(benches.make(hop, tlsa="TIMEOUT"))

    assert hop.connections == 0
    assert record(made).failure == "dnssec-invalid"


@pytest.mark.parametrize(
    "unsigned",
    [
        pytest.param({DOMAIN: {"MX": [f"10 {HOST}"], "INSECURE": []}}, id="MX"),
        pytest.param({HOST: {"A": ["127.0.0.1"], "INSECURE": []}}, id="address"),
    ],
)
async def test_what_is_not_signed_leads_to_no_demand(benches: Benches, unsigned: Records) -> None:
    async with next_hop.NextHop() as hop:
        made = await carried(benches.make(hop, tlsa=["3 1 1 " + "ab" * 32], more=unsigned))

    assert was_delivered(made)
    assert record(made).policy == "opportunistic"


async def test_a_policy_in_force_wants_a_valid_certificate(
    benches: Benches, good: Certified, stranger: Authority
) -> None:
    async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
        bench = benches.make(hop, sts=sts("enforce", "*.other.example"))
        valid = await carried(bench)
    async with next_hop.NextHop(Behaviour(context=stranger.issue(HOST).context())) as hop:
        invalid = await carried(benches.make(hop, sts=sts("enforce")))
        assert said_nothing(hop)

    assert was_delivered(valid)
    assert (record(valid).policy, record(valid).verified) == ("mta-sts", True)
    assert (bench.counted.policy, bench.counted.successful) == (PolicyType.STS, 1)
    assert invalid.tls_unmet


async def test_a_host_that_the_policy_does_not_name_is_passed_over(benches: Benches, good: Certified) -> None:
    more = {DOMAIN: {"MX": ["5 evil.example", f"10 {HOST}"]}, "evil.example": {"A": ["127.0.0.1"]}}
    async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
        made = await carried(benches.make(hop, sts=sts("enforce"), more=more))

    assert was_delivered(made)
    assert made.outcomes[0].remote.host == HOST
    assert hop.connections == 1


@pytest.mark.parametrize("context", ["stranger", "none"])
async def test_a_policy_in_testing_delivers_and_counts_the_failure(
    benches: Benches, stranger: Authority, context: str
) -> None:
    behaviour = Behaviour(context=stranger.issue(HOST).context()) if context == "stranger" else CLEAR
    async with next_hop.NextHop(behaviour) as hop:
        bench = benches.make(hop, sts=sts("testing"))
        made = await carried(bench)

    kinds = {"stranger": "certificate-not-trusted", "none": "starttls-not-supported"}
    assert was_delivered(made)
    assert hop.arrivals[0].tls is (context == "stranger")
    assert not record(made).verified
    assert record(made).failure == kinds[context]
    assert bool(record(made).fallback_reason) is (context == "stranger")
    ((failure, number),) = bench.counted.failures
    assert (failure.kind, failure.host, failure.ip, number) == (kinds[context], HOST, "127.0.0.1", 1)


async def test_a_policy_does_not_talk_dane_away(benches: Benches, good: Certified) -> None:
    async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
        made = await carried(benches.make(hop, tlsa=["3 1 1 " + "ab" * 32], sts=sts("enforce")))

    assert said_nothing(hop)
    assert record(made).policy == "dane"


async def test_a_partners_demand_comes_before_what_its_domain_publishes(
    benches: Benches, good: Certified
) -> None:
    async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
        made = await carried(benches.make(hop, partner(TlsMode.VALID), tlsa=["3 1 1 " + "ab" * 32]))

    assert was_delivered(made)


async def test_a_report_of_our_own_goes_out_over_the_broken_tls_that_it_tells_of(
    benches: Benches, good: Certified, stranger: Authority
) -> None:
    """RFC 8460 §3: what is demanded of the domain's other mail is only tried for reports."""
    copy = to_other()
    report = replace(copy, lease=replace(copy.lease, tenant=PLATFORM))
    async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
        valid = await carried(benches.make(hop, sts=sts("enforce")), report)
    async with next_hop.NextHop(Behaviour(context=stranger.issue(HOST).context())) as hop:
        invalid = await carried(benches.make(hop, sts=sts("enforce")), report)
    async with next_hop.NextHop(CLEAR) as hop:
        clear = await carried(benches.make(hop, sts=sts("enforce", "elsewhere.example")), report)

    assert was_delivered(valid) and record(valid).verified
    assert was_delivered(invalid) and record(invalid).failure == "certificate-not-trusted"
    assert was_delivered(clear)


async def test_where_nothing_forbids_it_clear_text_will_do_and_is_recorded(
    benches: Benches, good: Certified
) -> None:
    broken = Behaviour(offers=("STARTTLS",), answers={"STARTTLS": b"454 4.7.0 No\r\n"})
    async with next_hop.NextHop(broken) as hop:
        fallen = await carried(benches.make(hop))
    async with next_hop.NextHop() as hop:
        plain = await carried(benches.make(hop))
    async with next_hop.NextHop(Behaviour(context=good.context())) as hop:
        encrypted = await carried(benches.make(hop))

    assert (record(fallen).advertised, record(fallen).used) == (True, False)
    assert "STARTTLS was refused" in record(fallen).fallback_reason
    assert record(plain) == TlsRecord()
    used = record(encrypted)
    assert (used.used, used.protocol, used.bits, used.forward_secrecy) == (True, "TLSv1.3", 256, True)
    assert (used.verified, used.fallback_reason, used.failure) == (False, "", "")
