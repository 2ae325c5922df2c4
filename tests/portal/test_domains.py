"""Domains prove themselves in the DNS, and a go-live check walks from red to green with a customer's DNS."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.store.given import StoreSettings
from lazaretto.store.scope import Forbidden
from lazaretto.testing.next_hop import Behaviour, NextHop
from tests.portal.people import a_tenant, operator_in, someone

pytestmark = pytest.mark.integration
TEXT = """\
version: 1
tenant: {name}
domains:
  {name}.example: {}
addresses: ['bob@{name}.example']
"""


@pytest.fixture
def tenant(store: StoreSettings) -> str:
    """A tenant of its own."""
    return a_tenant(TEXT)


def say(dns_answers: Path, **names: Any) -> None:
    """Let the DNS say this, and nothing else."""
    dns_answers.write_text(json.dumps({name.replace("__", "."): value for name, value in names.items()}))


def test_a_domain_that_proves_itself_is_received_for(tenant: str, dns_answers: Path) -> None:
    from lazaretto.store import claims, tenancy

    scope = someone(tenant)
    claimed = claims.claim(scope, f"New.{tenant}.example")
    dns_answers.write_text("{}")
    assert claims.prove(scope, claimed.domain) is claims.Proof.ABSENT

    dns_answers.write_text(json.dumps({claims.record_name(claimed): {"TXT": [claims.record_text(claimed)]}}))
    assert claims.prove(scope, claimed.domain) is claims.Proof.PROVEN

    assert f"new.{tenant}.example" in tenancy.in_force(scope).text
    assert claims.open_claims(scope) == []


def test_anothers_text_and_a_silent_dns_prove_nothing(tenant: str, dns_answers: Path) -> None:
    from lazaretto.store import claims, tenancy

    scope = someone(tenant)
    claimed = claims.claim(scope, f"new.{tenant}.example")
    dns_answers.write_text(json.dumps({claims.record_name(claimed): {"TXT": ["lazaretto-domain=0"]}}))
    assert claims.prove(scope, claimed.domain) is claims.Proof.OTHER
    dns_answers.write_text(json.dumps({claims.record_name(claimed): "TIMEOUT"}))
    assert claims.prove(scope, claimed.domain) is claims.Proof.UNKNOWN
    assert claimed.domain not in tenancy.in_force(scope).text


def test_no_document_adds_a_domain_that_nothing_proves(tenant: str) -> None:
    from lazaretto.store import tenancy

    scope = someone(tenant)
    found = tenancy.in_force(scope)
    text = found.text.replace("domains:\n", "domains:\n  unproven.example: {}\n")

    with pytest.raises(Forbidden):
        tenancy.publish(scope, text, expected=found.version)
    tenancy.publish(operator_in(tenant), text, expected=found.version)


def test_no_more_domains_than_ordered(store: StoreSettings, dns_answers: Path) -> None:
    from lazaretto.store import claims

    scope = someone(a_tenant(TEXT + "contract: {domains: 1}\n"))

    with pytest.raises(ConfigurationError, match="1 domains were ordered"):
        claims.claim(scope, "second.example")


def test_a_domain_of_another_tenant_is_not_claimed(tenant: str) -> None:
    from lazaretto.store import claims

    with pytest.raises(ConfigurationError, match="ask the operator"):
        claims.claim(someone(a_tenant(TEXT)), f"{tenant}.example")


@pytest.fixture
def customer(store: StoreSettings) -> Iterator[tuple[NextHop, asyncio.AbstractEventLoop]]:
    """A customer's mail server at a port of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = NextHop(Behaviour())
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(30)
    yield server, loop
    asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def lights(readiness: Any) -> dict[str, str]:
    """Return the lights by key."""
    return {check.key: check.light.value for check in readiness.checks}


def says(readiness: Any) -> dict[str, str]:
    """Return what was seen by key."""
    return {check.key: check.says for check in readiness.checks}


def test_the_dns_walks_from_red_to_green(tenant: str, dns_answers: Path) -> None:
    from lazaretto.store import domain_checks

    scope, domain = someone(tenant), f"{tenant}.example"

    dns_answers.write_text(json.dumps({domain: {"MX": ["10 old.other.example"]}}))
    red = domain_checks.dns_checks(scope, domain)
    assert says(red)["mx"] == "mx-elsewhere"
    assert says(red)["spf"] == "spf-absent"
    assert says(red)["dmarc"] == "dmarc-absent"
    assert not red.is_ready

    pasted: dict[str, Any] = {"mx.platform.example": {"A": ["192.0.2.1"]}}
    for check in red.checks:
        for record in check.records:
            value = record.value.rstrip(".")
            pasted.setdefault(record.name, {}).setdefault(record.kind, []).append(value)
    pasted[f"mta-sts.{domain}"] = {"A": ["192.0.2.5"]}
    dns_answers.write_text(json.dumps(pasted))
    green = domain_checks.dns_checks(scope, domain)

    assert green.is_ready
    assert lights(green)["mx"] == lights(green)["spf"] == lights(green)["mta-sts"] == "green"
    assert says(green)["dmarc"] == "dmarc-none"


def test_mail_that_may_take_another_way_is_red(tenant: str, dns_answers: Path) -> None:
    from lazaretto.store import domain_checks

    domain = f"{tenant}.example"
    both = ["10 mx.platform.example", "20 backup.other.example"]
    dns_answers.write_text(json.dumps({domain: {"MX": both}}))

    assert says(domain_checks.dns_checks(someone(tenant), domain))["mx"] == "mx-also-elsewhere"


def test_a_silent_dns_is_grey_and_never_green(tenant: str, dns_answers: Path) -> None:
    from lazaretto.store import domain_checks

    domain = f"{tenant}.example"
    names = (domain, f"_dmarc.{domain}", f"_mta-sts.{domain}")
    dns_answers.write_text(json.dumps(dict.fromkeys(names, "TIMEOUT")))

    found = lights(domain_checks.dns_checks(someone(tenant), domain))

    assert {found[key] for key in ("mx", "spf", "dmarc", "mta-sts")} == {"grey"}


def test_the_customers_server_is_called_as_delivery_would(
    store: StoreSettings, customer: tuple[NextHop, Any], dns_answers: Path
) -> None:
    from lazaretto.store import domain_checks

    server, _ = customer
    routes = f"{{routes: [{{host: 127.0.0.1, port: {server.port}}}]}}"
    name = a_tenant(TEXT.replace("{name}.example: {}", "{name}.example: " + routes))

    found = domain_checks.server_checks(someone(name), f"{name}.example")

    assert says(found) == {"route": "route-takes", "tls": "tls-absent", "port-25": "port-25-open"}


def test_a_port_that_takes_mail_from_the_platform_only_is_locked(
    store: StoreSettings, dns_answers: Path
) -> None:
    from lazaretto.store import domain_checks

    refuse_others = _server_for_one_client("127.0.0.1")
    with refuse_others as port:
        routes = f"{{routes: [{{host: 127.0.0.1, port: {port}}}]}}"
        name = a_tenant(TEXT.replace("{name}.example: {}", "{name}.example: " + routes))
        found = domain_checks.server_checks(someone(name), f"{name}.example")

    assert says(found)["port-25"] == "port-25-locked"


class _server_for_one_client:  # noqa: N801 - reads as the context that it is
    """A server that answers one address and hangs up on all others."""

    def __init__(self, client: str) -> None:
        self._client = client

    def __enter__(self) -> int:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        start = asyncio.start_server(self._talk, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(30)
        return int(self._server.sockets[0].getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if writer.get_extra_info("peername")[0] != self._client:
            writer.close()
            return
        writer.write(b"220 customer\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")
            await writer.drain()
        writer.close()
