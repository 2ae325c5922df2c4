"""A tenant's domain goes to its routes; every other one to the relay or to its MX hosts."""

from __future__ import annotations

import pytest

from lazaretto.core.facts import DnsStatus
from lazaretto.core.snapshot import AddressFamily, HostLookup, NextHop, TlsDemand
from lazaretto.delivery.pacing import Limits
from lazaretto.delivery.routing import Router, Unroutable
from lazaretto.delivery.settings import DeliverySettings, DestinationLimit
from lazaretto.testing.copies import FixedDirectory, FixedResolver

ROUTES = {
    "customer.example": (
        NextHop(host="backup.customer.example", preference=20),
        NextHop(host="mx1.customer.example", preference=10),
        NextHop(host="mx2.customer.example", preference=10),
    ),
    "bare.example": (),
}


def a_router(answers: dict | None = None, **settings: object) -> Router:
    resolver = FixedResolver(answers or {})
    return Router(FixedDirectory(ROUTES), resolver, DeliverySettings(**settings))


async def names(router: Router, domain: str) -> list[str]:
    return [hop.host for hop in await router.hops(domain)]


async def refusal(router: Router, domain: str) -> str:
    with pytest.raises(Unroutable) as raised:
        for hop in await router.hops(domain):
            await router.addresses(domain, hop)
    return f"{raised.value.reply.code} {raised.value.reply.enhanced}"


async def test_a_tenants_routes_come_best_preference_first_and_equals_take_turns() -> None:
    router = a_router()

    orders = {tuple(await names(router, "customer.example")) for _ in range(100)}

    assert orders == {
        ("mx1.customer.example", "mx2.customer.example", "backup.customer.example"),
        ("mx2.customer.example", "mx1.customer.example", "backup.customer.example"),
    }


async def test_a_tenants_domain_never_goes_to_its_mx() -> None:
    router = a_router({"bare.example": {"MX": ["10 mx.bare.example"]}})

    assert await refusal(router, "bare.example") == "451 4.3.5"


async def test_other_domains_go_to_their_mx_in_order() -> None:
    router = a_router({"other.example": {"MX": ["20 b.example", "10 a.example"]}}, port_for_mx=2525)

    hops = await router.hops("other.example")

    assert [(hop.host, hop.port) for hop in hops] == [("a.example", 2525), ("b.example", 2525)]


async def test_without_mx_the_domain_is_its_own_mail_host() -> None:
    router = a_router({"other.example": {"A": ["192.0.2.1"]}})

    assert await names(router, "other.example") == ["other.example"]


async def test_a_relay_takes_what_is_no_tenants() -> None:
    router = a_router(relay="relay.example:2525", relay_tls="verified")

    assert await router.hops("other.example") == (
        NextHop(host="relay.example", port=2525, tls=TlsDemand.VERIFIED),
    )
    assert "mx1.customer.example" in await names(router, "customer.example")


@pytest.mark.parametrize(
    ("records", "answer"),
    [
        pytest.param({"MX": ["0 ."]}, "556 5.1.10", id="null MX"),
        pytest.param({"MX": ["0 "]}, "556 5.1.10", id="null MX without its dot"),
        pytest.param({"MX": DnsStatus.SERVER_FAILURE}, "451 4.4.3", id="server failure"),
        pytest.param({"MX": DnsStatus.TIMEOUT}, "451 4.4.3", id="time-out"),
        pytest.param({}, "550 5.4.4", id="neither MX nor address"),
        pytest.param({"A": DnsStatus.TIMEOUT}, "451 4.4.3", id="address times out"),
        pytest.param({"A": ["127.0.0.1"]}, "550 5.4.4", id="loopback"),
        pytest.param({"A": ["169.254.169.254"], "AAAA": ["::1"]}, "550 5.4.4", id="link-local"),
        pytest.param({"AAAA": ["::ffff:127.0.0.1"]}, "550 5.4.4", id="loopback in disguise"),
        pytest.param({"MX": ["10 gw.ours.example"]}, "554 5.4.6", id="ourselves"),
        pytest.param(
            {"MX": ["10 GW.ours.example.", "10 b.example"]}, "554 5.4.6", id="ourselves and an equal"
        ),
        pytest.param({"A": ["192.0.2.25"]}, "550 5.4.4", id="our own address"),
    ],
)
async def test_a_domain_that_cannot_be_reached_says_why(records: dict, answer: str) -> None:
    router = a_router({"other.example": records}, own_hosts=("gw.ours.example", "192.0.2.25"))

    assert await refusal(router, "other.example") == answer


async def test_a_domain_that_does_not_exist_is_refused_for_good() -> None:
    assert await refusal(a_router(), "nowhere.example") == "550 5.1.2"


async def test_hosts_better_than_ourselves_are_called() -> None:
    answers = {"other.example": {"MX": ["5 a.example", "10 gw.ours.example", "20 c.example"]}}

    assert await names(a_router(answers, own_hosts=("gw.ours.example",)), "other.example") == ["a.example"]


async def test_a_hundred_mx_hosts_are_cut() -> None:
    answers = {"other.example": {"MX": [f"{n} h{n}.example" for n in range(100)]}}

    assert len(await names(a_router(answers), "other.example")) == 20


async def test_an_address_literal_is_its_own_host() -> None:
    router = a_router()

    assert await names(router, "[192.0.2.7]") == ["192.0.2.7"]
    assert await names(router, "[ipv6:2001:db8::1]") == ["2001:db8::1"]
    assert await refusal(router, "[nonsense]") == "550 5.1.2"


async def test_domains_with_the_same_routes_share_a_group() -> None:
    hop = (NextHop(host="mx.example"),)
    router = Router(FixedDirectory({"a.example": hop, "b.example": hop}), FixedResolver(), DeliverySettings())

    assert router.group("a.example") == router.group("b.example") != router.group("c.example")


async def test_a_route_whose_host_has_no_address_waits_to_be_mended() -> None:
    assert await refusal(a_router(), "customer.example") == "451 4.4.4"


async def test_hosts_of_equal_preference_share_by_weight() -> None:
    routes = (
        NextHop(host="big.example", weight=9),
        NextHop(host="small.example", weight=1),
        NextHop(host="spare.example", weight=0),
    )
    router = Router(FixedDirectory({"a.example": routes}), FixedResolver(), DeliverySettings())

    orders = [await names(router, "a.example") for _ in range(1000)]

    first = [order[0] for order in orders]
    assert 800 < first.count("big.example") < 980
    assert first.count("small.example") > 20
    assert {order[2] for order in orders} == {"spare.example"}


@pytest.mark.parametrize(
    ("family", "ipv6", "found"),
    [
        (AddressFamily.ANY, True, ("192.0.2.1", "2001:db8::1")),
        (AddressFamily.ANY, False, ("192.0.2.1",)),
        (AddressFamily.IPV4, True, ("192.0.2.1",)),
        (AddressFamily.IPV6, False, ("2001:db8::1",)),
    ],
)
async def test_a_route_says_at_which_addresses_its_host_is_called(
    family: AddressFamily, ipv6: bool, found: tuple[str, ...]
) -> None:
    hop = NextHop(host="mx.a.example", family=family)
    answers = {"mx.a.example": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]}}
    settings = DeliverySettings(ipv6=ipv6)
    router = Router(FixedDirectory({"a.example": (hop,)}), FixedResolver(answers), settings)

    assert await router.addresses("a.example", hop) == found


def test_limits_come_from_the_route_or_from_the_settings_of_a_domain() -> None:
    hop = NextHop(host="mx.a.example", max_connections=3, messages_per_minute=60)
    settings = DeliverySettings(limits=(DestinationLimit(domain="slow.example", connections=1),))
    router = Router(FixedDirectory({"a.example": (hop,)}), FixedResolver(), settings)

    assert router.limits("a.example", hop) == Limits(key="mx.a.example:25", connections=3, per_minute=60)
    assert router.limits("slow.example", NextHop(host="mx.slow.example")).connections == 1
    assert router.limits("other.example", hop) == Limits(key="")


def a_router_to(*hops: NextHop, answers: dict | None = None) -> Router:
    return Router(FixedDirectory({"a.example": hops}), FixedResolver(answers or {}), DeliverySettings())


async def test_a_fallback_comes_after_all_others_whatever_its_preference() -> None:
    router = a_router_to(
        NextHop(host="fallback.example", preference=1, is_fallback=True),
        NextHop(host="second.example", preference=20),
        NextHop(host="first.example", preference=10),
    )

    assert await names(router, "a.example") == ["first.example", "second.example", "fallback.example"]


async def test_a_route_by_mx_leads_to_the_mx_hosts_with_what_the_route_says() -> None:
    cloud = NextHop(host="cloud.example", lookup=HostLookup.MX, port=2525, tls=TlsDemand.VERIFIED)
    answers = {"cloud.example": {"MX": ["20 b.cloud.example", "10 a.cloud.example"]}}
    router = a_router_to(cloud, answers=answers)

    hops = await router.hops("a.example")

    assert [(hop.host, hop.port, hop.tls) for hop in hops] == [
        ("a.cloud.example", 2525, TlsDemand.VERIFIED),
        ("b.cloud.example", 2525, TlsDemand.VERIFIED),
    ]


async def test_without_mx_records_the_fallback_is_called() -> None:
    cloud = NextHop(host="cloud.example", lookup=HostLookup.MX)
    spare = NextHop(host="spare.example", is_fallback=True)

    assert await names(a_router_to(cloud, spare), "a.example") == ["spare.example"]


async def test_a_route_by_mx_that_leads_nowhere_waits_to_be_mended() -> None:
    router = a_router_to(NextHop(host="cloud.example", lookup=HostLookup.MX))

    assert await refusal(router, "a.example") == "451 4.4.4"


async def test_what_mx_records_name_is_not_trusted_to_lead_inside() -> None:
    cloud = NextHop(host="cloud.example", lookup=HostLookup.MX)
    answers = {"cloud.example": {"MX": ["10 evil.example"]}, "evil.example": {"A": ["127.0.0.1"]}}

    assert await refusal(a_router_to(cloud, answers=answers), "a.example") == "550 5.4.4"
