"""Domains prove themselves in the DNS, and a go-live check walks from red to green with a customer's DNS."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

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
    assert lights(green)["mx"] == lights(green)["spf"] == "green"
    # It is announced, and nobody hands it out.
    assert lights(green)["mta-sts"] == "amber"
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


POLICY = b"version: STSv1\nmode: %s\nmx: %s\nmax_age: 86400\n"


@pytest.mark.parametrize(
    ("text", "light", "says"),
    [
        pytest.param(
            POLICY % (b"enforce", b"mx.platform.example"), "green", "mta-sts-enforced", id="enforced"
        ),
        pytest.param(POLICY % (b"enforce", b"*.platform.example"), "green", "mta-sts-enforced", id="pattern"),
        pytest.param(POLICY % (b"testing", b"mx.platform.example"), "amber", "mta-sts-testing", id="testing"),
        pytest.param(POLICY % (b"enforce", b"mx.old.example"), "red", "mta-sts-without-us", id="without-us"),
        pytest.param(
            POLICY % (b"testing", b"mx.old.example"), "red", "mta-sts-without-us", id="soon-without"
        ),
        pytest.param(b"<html>not found</html>", "amber", "mta-sts-invalid", id="no-policy"),
    ],
)
def test_the_policy_for_encryption_is_read_as_senders_read_it(text: bytes, light: str, says: str) -> None:
    from lazaretto.store.domain_checks import policy_check

    check = policy_check(text, ("mx.platform.example",))

    assert (check.light.value, check.says) == (light, says)


def test_a_policy_that_cannot_be_fetched_is_never_green(tenant: str, dns_answers: Path) -> None:
    from lazaretto.store.domain_checks import dns_checks

    name = f"{tenant}.example"
    dns_answers.write_text(
        json.dumps(
            {
                f"_mta-sts.{name}": {"TXT": ["v=STSv1; id=1"]},
                # Nobody may be made to call an address of the platform's own network.
                f"mta-sts.{name}": {"A": ["10.1.2.3"]},
            }
        )
    )

    (check,) = [each for each in dns_checks(someone(tenant), name).checks if each.key == "mta-sts"]

    assert (check.light.value, check.says) == ("amber", "mta-sts-unfetched")


def test_a_key_is_made_published_turned_to_and_removed_when_nothing_needs_it(
    tenant: str, dns_answers: Path
) -> None:
    from lazaretto.detect.authentication.signing import Algorithm
    from lazaretto.store import domain_keys
    from tests.portal.conftest import signed_in_with

    name = f"{tenant}.example"
    dns_answers.write_text("{}")
    browser = signed_in_with(tenant, "tenant-administrator")
    page = f"/t/{tenant}/domains/{name}/keys"
    assert browser.post(page, {"algorithm": Algorithm.ED25519.value}).status == 302
    (waiting,) = domain_keys.keys(someone(tenant), name)
    assert waiting.key.record_name in browser.get(page).text

    early = browser.post(f"{page}/turn", {})
    assert "is not in the DNS yet" in browser.get(early.headers["Location"]).text
    dns_answers.write_text(json.dumps({waiting.key.record_name: {"TXT": [waiting.key.record]}}))
    assert "Let the waiting key" in browser.get(f"{page}/turn").text
    browser.post(f"{page}/turn", {})

    states = [(each.key.selector, each.key.state.value) for each in domain_keys.keys(someone(tenant), name)]
    assert states == [("lz1", "signing"), ("lz2", "waiting")]
    refused = browser.post(f"{page}/lz1/remove", {})
    assert "may still be on its way" in browser.get(refused.headers["Location"]).text
    browser.post(f"{page}/lz2/remove", {})
    assert [each.key.selector for each in domain_keys.keys(someone(tenant), name)] == ["lz1"]


def test_two_keys_of_a_kind_do_not_wait_and_others_see_no_key(tenant: str, dns_answers: Path) -> None:
    from lazaretto.detect.authentication.signing import Algorithm
    from tests.portal.conftest import signed_in_with

    page = f"/t/{tenant}/domains/{tenant}.example/keys"
    browser = signed_in_with(tenant, "tenant-administrator")
    browser.post(page, {"algorithm": Algorithm.ED25519.value})

    again = browser.post(page, {"algorithm": Algorithm.ED25519.value})
    elsewhere = signed_in_with(
        tenant, "tenant-administrator", domains=["other.example"], domains_are_excepted=False
    )

    assert again.status == 422
    assert elsewhere.get(page).status == 404
    assert elsewhere.post(page, {"algorithm": Algorithm.RSA.value}).status == 404


def test_looks_at_what_others_run_are_counted(store: StoreSettings) -> None:
    from datetime import UTC, datetime

    from lazaretto.store.rates import wait_after_spending

    key, now = f"look {uuid4().hex}", datetime.now(UTC)

    assert [bool(wait_after_spending(key, 1, now)) for _ in range(2)] == [False, True]
    assert not wait_after_spending(f"{key} of another", 1, now)
