"""OpenID Connect with a real provider on loopback: what it proves is believed, for its own domain alone."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Answer, Browser

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oidc_provider_mock

# The provider itself uses what its libraries call old.
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def issuer(store: StoreSettings) -> Iterator[str]:
    """A provider that is made known for acme.example."""
    with oidc_provider_mock.run_server_in_thread() as server:
        address = f"http://localhost:{server.server_port}"
        make_known("acme", "acme.example", address)
        yield address
    from lazaretto.store.people.models import Provider

    Provider.objects.all().delete()


def make_known(tenant: str, domain: str, issuer: str, **more: object) -> None:
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.providers import set_provider

    settings = {"issuer": issuer, "client_id": "lazaretto"}
    set_provider(
        console_scope("test", tenant),
        domain,
        "oidc",
        "Acme",
        settings,
        secret="s3cret",
        **more,  # type: ignore[arg-type]
    )


def somebody(issuer: str, email: str, *, verified: bool = True) -> str:
    """Make a person known to the provider; return how it calls them."""
    subject = uuid4().hex
    claims = {"email": email, "email_verified": verified}
    httpx.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()
    return subject


def begun(browser: Browser, email: str) -> str:
    """Begin in ``browser``; return where it is sent."""
    page = browser.post("/sign-in/organisation", {"email": email})
    found = re.search(r'class="btn btn-primary w-100" href="([^"]+)"', page.text)
    assert found, page.text
    return found[1].replace("&amp;", "&")


def agreed(address: str, subject: str) -> str:
    """Sign in at the provider; return where the browser is sent back, as path and query."""
    answer = httpx.post(address, data={"sub": subject}, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def signed_in(issuer: str, typed: str, proven: str, *, verified: bool = True) -> tuple[Browser, Answer]:
    browser = Browser()
    address = begun(browser, typed)
    return browser, browser.get(agreed(address, somebody(issuer, proven, verified=verified)))


def test_what_the_provider_proves_signs_in(issuer: str) -> None:
    email = f"{uuid4().hex[:8]}@acme.example"

    browser, answer = signed_in(issuer, "x@acme.example", email)

    assert (answer.status, answer.headers.get("Location")) == (302, "/")
    assert email in browser.get("/account").text


def test_a_provider_speaks_for_its_own_domain_alone(issuer: str) -> None:
    for elsewhere in ("boss@zeta.example", "boss@branch.acme.example", "boss@acme.example.evil.example"):
        browser, answer = signed_in(issuer, "x@acme.example", elsewhere)

        assert answer.status == 403, elsewhere
        assert browser.get("/account").status == 302


def test_an_address_that_was_not_verified_proves_nothing(issuer: str) -> None:
    assert signed_in(issuer, "x@acme.example", "x@acme.example", verified=False)[1].status == 403


def test_a_tenants_provider_cannot_make_somebody_an_operator(issuer: str) -> None:
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope

    email = f"{uuid4().hex[:8]}@acme.example"
    add_account(console_scope("test", None), email, Granted(role="operator-administrator"))

    assert signed_in(issuer, email, email)[1].status == 403


def test_an_answer_is_good_for_the_browser_that_began_and_once(issuer: str) -> None:
    subject = somebody(issuer, "x@acme.example")
    browser = Browser()
    back = agreed(begun(browser, "x@acme.example"), subject)

    assert Browser().get(back).status == 403
    assert browser.get(back).status == 302
    assert browser.get(back).status == 403


def test_an_answer_with_another_state_or_issuer_is_refused(issuer: str) -> None:
    subject = somebody(issuer, "x@acme.example")
    for wrong in (
        lambda path: re.sub(r"state=[^&]+", "state=forged", path),
        lambda path: path + "&iss=https://evil.example",
    ):
        browser = Browser()
        back = agreed(begun(browser, "x@acme.example"), subject)

        assert browser.get(wrong(back)).status == 403


def test_a_code_of_another_sign_in_is_refused(issuer: str) -> None:
    """An attacker's own code, slipped into a victim's sign-in: the challenge (RFC 7636) does not fit."""
    attacker, victim = Browser(), Browser()
    stolen = agreed(begun(attacker, "x@acme.example"), somebody(issuer, "attacker@acme.example"))
    own = agreed(begun(victim, "x@acme.example"), somebody(issuer, "victim@acme.example"))
    code = parse_qs(urlsplit(stolen).query)["code"][0]

    assert victim.get(re.sub(r"code=[^&]+", f"code={code}", own)).status == 403


def test_the_request_says_no_more_than_it_must(issuer: str) -> None:
    query = parse_qs(urlsplit(begun(Browser(), "x@acme.example")).query)

    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["openid email"]
    assert len(query["nonce"][0]) >= 32


def test_where_the_provider_is_the_only_way_a_password_is_none(issuer: str) -> None:
    from lazaretto.store.people.models import Account

    make_known("acme", "branch.acme.example", issuer, is_only_way=True)
    account = Account.objects.create(
        email=f"{uuid4().hex[:8]}@branch.acme.example", must_change_password=False
    )
    account.set_password("three green umbrellas")
    account.save()

    answer = Browser().post("/sign-in", {"email": account.email, "password": "three green umbrellas"})

    assert answer.status == 200


def test_a_provider_of_somebody_elses_domain_cannot_be_made_known(issuer: str) -> None:
    from lazaretto.core.errors import ConfigurationError

    with pytest.raises(ConfigurationError):
        make_known("zeta", "acme.example", issuer)


def test_an_address_without_provider_is_told_so(issuer: str) -> None:
    answer = Browser().post("/sign-in/organisation", {"email": "x@zeta.example"})

    assert answer.status == 200
    assert "no sign-in of an organisation" in answer.text


def test_a_private_address_is_not_asked(
    store: StoreSettings, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a tenant calls its provider could be a machine of ours."""
    from lazaretto.store.people import asking_providers

    closed = StoreSettings(reachable_networks=())
    monkeypatch.setattr(asking_providers, "given", lambda: closed)

    assert Browser().post("/sign-in/organisation", {"email": "x@acme.example"}).status == 403


def test_the_clients_secret_is_sealed_and_not_in_the_audit(issuer: str) -> None:
    from lazaretto.store.auditing import entries
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.models import Provider

    provider = Provider.objects.get(domain="acme.example")
    told = [entry.after for entry in entries(console_scope("test", "acme"), act="provider.set")]

    assert b"s3cret" not in bytes(provider.secret)
    assert told
    assert "s3cret" not in str(told)
