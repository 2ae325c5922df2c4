"""Every page: closed to nobody and to who lacks the permission, and not there for another tenant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lazaretto.store.given import StoreSettings
from lazaretto.store.roles import ROLES
from tests.portal.conftest import Browser, filled_path, signed_in_end_user, signed_in_with

pytestmark = pytest.mark.integration


def cards() -> Iterator[tuple[str, str, object]]:
    """Yield method, card and need of everything that a page answers."""
    from lazaretto.web.shell.registry import pages

    for card in pages():
        yield "GET", card, card.need
        if card.post is not None:
            yield "POST", card, card.post


def is_permission(need: object) -> bool:
    from lazaretto.store.scope import Permission

    return isinstance(need, Permission)


def test_every_page_says_what_it_needs(store: StoreSettings) -> None:
    assert [card.name for _method, card, need in cards() if need is None] == []


def test_a_page_that_says_nothing_is_refused_to_everybody(store: StoreSettings) -> None:
    from django.http import HttpResponse

    from lazaretto.store.scope import Forbidden, Scope, Who
    from lazaretto.web.shell.cards import CARD, Place, page
    from lazaretto.web.shell.dispatching import _demand

    @page(name="forgotten", path="forgotten", title="Forgotten", place=Place.TENANT)
    def view(request: object, scope: object) -> HttpResponse:
        return HttpResponse("seen")

    with pytest.raises(Forbidden):
        _demand(Scope(who=Who(name="somebody"), tenant=None), getattr(view, CARD).need)


def test_nobody_is_led_to_sign_in_from_every_page(store: StoreSettings) -> None:
    nobody = Browser()
    let_in = []
    for method, card, _need in cards():
        answer = nobody.ask(method, filled_path(card))
        if answer.status != 302 or not answer.headers["Location"].startswith("/sign-in"):
            let_in.append((method, card.name, answer.status))

    assert let_in == []


def test_another_tenant_is_not_there(store: StoreSettings) -> None:
    from lazaretto.web.shell.cards import Place

    stranger = signed_in_with("zeta", "tenant-administrator")
    seen = [
        (method, card.name)
        for method, card, _need in cards()
        if card.place is Place.TENANT and stranger.ask(method, filled_path(card)).status != 404
    ]

    assert seen == []


def test_the_platform_is_the_operators_alone(store: StoreSettings) -> None:
    from lazaretto.web.shell.cards import Place

    administrator = signed_in_with("acme", "tenant-administrator")
    seen = [
        (method, card.name)
        for method, card, _need in cards()
        if card.place is Place.PLATFORM and administrator.ask(method, filled_path(card)).status != 403
    ]

    assert seen == []


@pytest.mark.parametrize("role", sorted(name for name, role in ROLES.items() if not role.is_operators))
def test_each_role_sees_what_it_says_and_nothing_else(store: StoreSettings, role: str) -> None:
    from lazaretto.web.shell.cards import Place

    somebody = signed_in_with("acme", role)
    wrong = []
    for method, card, need in cards():
        if card.place is Place.TENANT and is_permission(need):
            status = somebody.ask(method, filled_path(card)).status
            if (status == 403) is (need in ROLES[role].permissions) or status >= 500:
                wrong.append((method, card.name, status))

    assert wrong == []


def test_an_operator_acts_for_a_tenant_only_after_saying_so_and_it_is_recorded(store: StoreSettings) -> None:
    operator = signed_in_with(None, "operator-administrator")

    before = operator.ask("GET", "/t/acme/")
    begun = operator.ask("POST", "/act-for/acme", {"next": "/t/acme/"})
    after = operator.ask("GET", "/t/acme/")

    assert before.status == 302
    assert before.headers["Location"].startswith("/act-for/acme")
    assert begun.status == 302
    assert not after.headers.get("Location", "").startswith("/act-for")
    assert "tenant.act-for" in acts_of("acme")


def test_to_act_for_one_tenant_is_not_to_act_for_another(store: StoreSettings) -> None:
    operator = signed_in_with(None, "operator-administrator")
    operator.ask("POST", "/act-for/acme", {})

    assert operator.ask("GET", "/t/zeta/").headers["Location"].startswith("/act-for/zeta")


def test_a_form_that_comes_from_elsewhere_is_refused(store: StoreSettings) -> None:
    browser = Browser(checks_forms=True)

    answer = browser.ask("POST", "/sign-in", {"email": "a@b.example", "password": "x"})

    assert answer.status == 403


def test_an_administrator_of_a_tenant_cannot_act_for_any(store: StoreSettings) -> None:
    administrator = signed_in_with("acme", "tenant-administrator")

    assert administrator.ask("POST", "/act-for/acme", {}).status == 404
    assert administrator.ask("POST", "/act-for/zeta", {}).status == 404


def acts_of(tenant: str) -> list[str]:
    """Return what the tenant's audit holds."""
    from lazaretto.store.auditing import entries
    from lazaretto.store.people.console import console_scope

    return [entry.act for entry in entries(console_scope("test", tenant))]


def test_the_quarantine_portal_is_closed_to_who_never_proved_a_mailbox_here(store: StoreSettings) -> None:
    from lazaretto.store.people.models import Account
    from lazaretto.web.shell.cards import Place

    stranger = signed_in_with("zeta", "tenant-administrator")
    unproven = Account.objects.create(email="unproven@acme.example")
    browser = Browser()
    browser.sign_in_as(unproven.email)
    seen = [
        (method, card.name)
        for method, card, _need in cards()
        for somebody in (stranger, browser)
        if card.place is Place.OWN_MAIL and somebody.ask(method, filled_path(card)).status != 404
    ]

    assert seen == []


def test_the_quarantine_portal_is_open_to_who_has_a_mailbox(store: StoreSettings) -> None:
    from lazaretto.web.shell.cards import Place

    somebody = signed_in_end_user("alice@acme.example")
    shut = [
        (card.name, answer.status)
        for method, card, _need in cards()
        if method == "GET" and card.place is Place.OWN_MAIL and "<" not in card.path
        if (answer := somebody.get(filled_path(card))).status not in (200, 302)
    ]

    assert shut == []
