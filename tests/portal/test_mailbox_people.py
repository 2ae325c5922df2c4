"""The five limited rights: accounts of the quarantine portal, and what a Full Care tenant ordered of them."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Browser, signed_in_end_user, signed_in_with
from tests.portal.people import a_tenant, someone

pytestmark = pytest.mark.integration
TEXT = """\
version: 1
tenant: {name}
contract: {formula: full-care, limited_rights: %s}
domains:
  {name}.example: {}
  branch.{name}.example: {}
addresses: ['ann@{name}.example', 'bob@branch.{name}.example', 'info@{name}.example', 'dan@{name}.example']
aliases: {'a.long@{name}.example': 'ann@{name}.example'}
"""


@pytest.fixture(scope="module")
def tenant(store: StoreSettings) -> str:
    """A Full Care tenant that ordered the five rights."""
    return a_tenant(TEXT % "true")


@pytest.fixture(scope="module")
def delegate(tenant: str) -> Browser:
    """A browser of somebody who has the five rights, and no others."""
    return signed_in_with(tenant, "quarantine-delegate")


def account_at(address: str) -> str:
    """Return the page's number of the account of ``address``."""
    from lazaretto.store.people.models import Account

    return str(Account.objects.get(email=address).id)


def test_the_five_rights_are_worth_nothing_where_they_were_not_ordered(store: StoreSettings) -> None:
    without = a_tenant(TEXT % "false")
    browser = signed_in_with(without, "quarantine-delegate")

    pages = ("portal-accounts", "portal-accounts/new", "account-groups", "account-groups/new")

    assert [browser.get(f"/t/{without}/{page}").status for page in pages] == [403] * 4


def test_who_has_them_sees_accounts_and_nothing_of_the_configuration(tenant: str, delegate: Browser) -> None:
    closed = ("addresses", "domains", "people", "messages", "quarantine", "rules", "versions")

    assert delegate.get(f"/t/{tenant}/portal-accounts").status == 200
    assert [delegate.get(f"/t/{tenant}/{page}").status for page in closed] == [403] * len(closed)


def test_somebody_is_invited_by_mail_once(tenant: str, delegate: Browser) -> None:
    from lazaretto.store.people.models import Letter

    form = {"address": f"info@{tenant}.example", "name": "Info", "language": "fr"}
    made = delegate.post(f"/t/{tenant}/portal-accounts/new", form)
    again = delegate.post(f"/t/{tenant}/portal-accounts/new", form)
    stranger = delegate.post(f"/t/{tenant}/portal-accounts/new", {**form, "address": "alice@acme.example"})

    assert made.status == 302
    assert Letter.objects.filter(address=f"info@{tenant}.example", kind="invitation").count() == 1
    assert "has an account already" in again.text
    assert "there is no address" in stranger.text
    assert f"info@{tenant}.example" in delegate.get(f"/t/{tenant}/portal-accounts").text


def test_an_alias_waits_until_who_reads_it_confirms(tenant: str, delegate: Browser) -> None:
    signed_in_end_user(f"ann@{tenant}.example")
    page = f"/t/{tenant}/portal-accounts/{account_at(f'ann@{tenant}.example')}"

    assert delegate.post(page, {"alias": f"bob@branch.{tenant}.example"}).status == 302
    shown = delegate.get(page).text

    assert f"a.long@{tenant}.example" in shown
    assert re.search(rf"bob@branch\.{tenant}\.example <span[^>]*>\(waits for confirmation\)", shown)
    assert delegate.post(page, {"alias": "alice@acme.example"}).status == 422


def test_who_reads_along_is_seen_by_the_owner_and_sees_the_mailbox(tenant: str) -> None:
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope

    helper = f"dan@{tenant}.example"
    add_account(console_scope("test", tenant), helper, Granted(role="quarantine-delegate"))
    browser = signed_in_end_user(helper)
    owner = signed_in_end_user(f"ann@{tenant}.example")
    page = f"/t/{tenant}/portal-accounts/{account_at(f'ann@{tenant}.example')}/access"

    question = browser.get(page).text
    browser.post(page, {})

    assert "the owner sees" in question
    assert helper in owner.get("/q/readers").text
    assert f"ann@{tenant}.example" in browser.get("/q/readers").text


def test_who_has_no_mailbox_here_cannot_read_along(tenant: str, delegate: Browser) -> None:
    signed_in_end_user(f"ann@{tenant}.example")
    page = f"/t/{tenant}/portal-accounts/{account_at(f'ann@{tenant}.example')}"

    answer = delegate.post(f"{page}/access", {})

    assert "you have no mailbox" in delegate.get(answer.headers["Location"]).text


def test_an_account_goes_and_one_with_rights_elsewhere_stays(tenant: str, delegate: Browser) -> None:
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.models import Account

    gone = f"bob@branch.{tenant}.example"
    signed_in_end_user(gone)
    kept = add_account(
        console_scope("test", tenant), f"x{uuid4().hex[:6]}@{tenant}.example", Granted(role="read-only")
    )

    question = delegate.get(f"/t/{tenant}/portal-accounts/{account_at(gone)}/remove").text
    delegate.post(f"/t/{tenant}/portal-accounts/{account_at(gone)}/remove", {})
    refused = delegate.post(f"/t/{tenant}/portal-accounts/{kept.id}/remove", {})

    assert "Delete this account?" in question
    assert not Account.objects.filter(email=gone).exists()
    assert "rights in the administration" in delegate.get(refused.headers["Location"]).text
    assert Account.objects.filter(id=kept.id).exists()


def test_a_group_looks_after_shared_mailboxes_until_it_is_removed(tenant: str, delegate: Browser) -> None:
    from lazaretto.store.people import portal_accounts

    form = {
        "name": "Front desk",
        "mailboxes": f"info@{tenant}.example",
        "members": f"ann@{tenant}.example\ndan@{tenant}.example",
    }
    member = signed_in_end_user(f"ann@{tenant}.example")

    assert delegate.post(f"/t/{tenant}/account-groups/new", form).status == 302
    assert f"info@{tenant}.example" in member.get("/q/readers").text
    (group,) = portal_accounts.groups(someone(tenant, "quarantine-delegate"))
    twice = delegate.post(f"/t/{tenant}/account-groups/new", form)
    wrong = delegate.post(f"/t/{tenant}/account-groups/{group.id}", {**form, "members": "alice@acme.example"})
    assert "such a group already" in twice.text
    assert "there is no address" in wrong.text

    delegate.post(f"/t/{tenant}/account-groups/{group.id}/remove", {})
    assert f"info@{tenant}.example" not in member.get("/q/readers").text


def test_rights_in_one_domain_reach_no_account_and_no_group_of_another(tenant: str) -> None:
    from lazaretto.store.people import portal_accounts

    signed_in_end_user(f"ann@{tenant}.example")
    portal_accounts.put_group(
        someone(tenant, "quarantine-delegate"), "All", [f"info@{tenant}.example"], [f"ann@{tenant}.example"]
    )
    here = someone(
        tenant, "quarantine-delegate", domains=[f"branch.{tenant}.example"], domains_are_excepted=False
    )

    assert f"ann@{tenant}.example" not in {each.email for each in portal_accounts.accounts(here)}
    assert portal_accounts.groups(here) == []
    with pytest.raises(ScopeError):
        portal_accounts.remove(here, account_at(f"ann@{tenant}.example"))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        portal_accounts.create(here, f"dan@{tenant}.example")
    with pytest.raises(ConfigurationError):
        portal_accounts.put_group(
            here, "All", [f"bob@branch.{tenant}.example"], [f"bob@branch.{tenant}.example"]
        )


PEM = "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----"


def test_a_provider_is_named_changed_locked_and_removed(store: StoreSettings) -> None:
    from lazaretto.store.people.providers import is_only_way

    tenant = a_tenant(TEXT.replace("contract: {formula: full-care, limited_rights: %s}\n", ""))
    domain = f"{tenant}.example"
    browser = signed_in_with(tenant, "tenant-administrator")
    form = {"domain": domain, "issuer": "https://login.example", "client_id": "lazaretto", "secret": "s"}

    insecure = browser.post(f"/t/{tenant}/providers/new", {**form, "issuer": "http://login.example"})
    # The lock is not offered before the key was tried.
    made = browser.post(f"/t/{tenant}/providers/new", {**form, "is_only_way": "on"})
    assert "must begin with https" in insecure.text
    assert made.status == 302
    assert not is_only_way(f"ann@{domain}")
    browser.post(f"/t/{tenant}/providers/{domain}", {**form, "is_only_way": "on"})
    assert is_only_way(f"ann@{domain}")
    page = browser.get(f"/t/{tenant}/providers/{domain}").text
    assert "/sign-in/oidc" in page
    assert 'value="s"' not in page
    assert "password of ours" in browser.get(f"/t/{tenant}/providers/{domain}/remove").text
    browser.post(f"/t/{tenant}/providers/{domain}/remove", {})
    assert not is_only_way(f"ann@{domain}")


def test_a_saml_provider_needs_a_certificate_that_is_one(store: StoreSettings) -> None:
    browser = signed_in_with("acme", "tenant-administrator")
    form = {
        "domain": "branch.acme.example",
        "entity_id": "urn:idp",
        "sign_in_address": "https://login.example/saml",
        "certificate": PEM,
    }

    answer = browser.post("/t/acme/providers/new-saml", form)

    assert answer.status == 422
    assert "no certificate in PEM" in answer.text


def test_a_provider_of_another_domain_is_neither_seen_nor_removed(store: StoreSettings) -> None:
    from lazaretto.store.people import providers

    tenant = a_tenant(TEXT.replace("contract: {formula: full-care, limited_rights: %s}\n", ""))
    providers.set_provider(
        someone(tenant), f"{tenant}.example", "oidc", "x", {"issuer": "https://i.example", "client_id": "c"}
    )
    here = someone(
        tenant, "tenant-administrator", domains=[f"branch.{tenant}.example"], domains_are_excepted=False
    )

    assert providers.providers(here) == []
    with pytest.raises(ScopeError):
        providers.remove_provider(here, f"{tenant}.example")
