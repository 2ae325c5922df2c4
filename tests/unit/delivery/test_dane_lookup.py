"""TLSA records count where every answer on the way to them is signed, and a way that is blocked is no way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.dane_lookup import dane_demand
from lazaretto.delivery.failures import PolicyUnmet, TlsFailure
from lazaretto.delivery.tls_demand import CertificateCheck, ChannelDemand
from lazaretto.protocol.dnsfile import FileResolver

DOMAIN, HOST = "other.example", "mx.other.example"
GOOD: dict[str, object] = {
    DOMAIN: {"MX": [f"10 {HOST}"]},
    HOST: {"A": ["192.0.2.1"]},
    f"_25._tcp.{HOST}": {"TLSA": ["3 1 1 " + "ab" * 32]},
}
FAILS = "SERVFAIL"


async def demand_of(
    folder: Path, *, hop: str = HOST, is_fixed: bool = False, **changed: object
) -> ChannelDemand | None:
    names = {"domain": DOMAIN, "host": HOST, "tlsa": f"_25._tcp.{HOST}"}
    file = folder / "dns.json"
    file.write_text(json.dumps({**GOOD, **{names[key]: value for key, value in changed.items()}}))
    return await dane_demand(FileResolver(file), DOMAIN, NextHop(host=hop), is_fixed=is_fixed)


async def test_signed_answers_all_the_way_demand_what_the_records_name(tmp_path: Path) -> None:
    demand = await demand_of(tmp_path)

    assert demand is not None
    assert (demand.check, demand.is_required, demand.names) == (CertificateCheck.DANE, True, (HOST, DOMAIN))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"domain": {"MX": [f"10 {HOST}"], "INSECURE": []}}, id="unsigned MX"),
        pytest.param({"domain": {"A": ["192.0.2.1"]}}, id="no MX"),
        pytest.param({"host": {"A": ["192.0.2.1"], "INSECURE": []}}, id="unsigned address"),
        pytest.param({"tlsa": {"TLSA": ["3 1 1 " + "ab" * 32], "INSECURE": []}}, id="unsigned TLSA"),
        pytest.param({"tlsa": {"TLSA": []}}, id="no TLSA"),
    ],
)
async def test_nothing_signed_demands_nothing(tmp_path: Path, changed: dict[str, object]) -> None:
    assert await demand_of(tmp_path, **changed) is None


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"domain": FAILS}, id="MX"),
        pytest.param({"host": FAILS}, id="address"),
        pytest.param({"tlsa": FAILS}, id="TLSA"),
    ],
)
async def test_a_look_up_that_fails_rules_the_host_out(tmp_path: Path, changed: dict[str, object]) -> None:
    with pytest.raises(PolicyUnmet) as unmet:
        await demand_of(tmp_path, **changed)

    assert unmet.value.kind is TlsFailure.DNSSEC_INVALID
    assert unmet.value.reply.enhanced == "4.7.5"


async def test_a_host_that_the_signed_mx_does_not_name_is_ruled_out(tmp_path: Path) -> None:
    with pytest.raises(PolicyUnmet, match="do not name the host"):
        await demand_of(tmp_path, hop="mx.evil.example")


async def test_a_routes_host_needs_no_mx(tmp_path: Path) -> None:
    assert await demand_of(tmp_path, is_fixed=True, domain=FAILS) is not None


async def test_an_address_has_no_tlsa_records(tmp_path: Path) -> None:
    assert await demand_of(tmp_path, hop="192.0.2.1") is None
