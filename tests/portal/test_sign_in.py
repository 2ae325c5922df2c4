"""Signing in: who proves enough gets in, who does not learns nothing, and nothing is good twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Answer, Browser

pytestmark = pytest.mark.integration

PASSWORD = "three green umbrellas"


def somebody(tenant: str | None = None, role: str = "", **fields: Any) -> Any:
    """Return a fresh account with a password; granted ``role`` in ``tenant``, or nothing."""
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.models import Account

    email = f"p-{uuid4().hex[:10]}@people.example"
    if role:
        add_account(console_scope("test", tenant), email, Granted(role=role))
    account, _ = Account.objects.get_or_create(email=email)
    account.set_password(PASSWORD)
    account.must_change_password = False
    for name, value in fields.items():
        setattr(account, name, value)
    account.save()
    return account


def typed(
    email: str, password: str = PASSWORD, browser: Browser | None = None, path: str = "/sign-in"
) -> Answer:
    """Send the sign-in form."""
    return (browser or Browser()).post(path, {"email": email, "password": password})


def with_app(account: Any) -> str:
    """Give ``account`` an authenticator app; return its secret."""
    from lazaretto.store.people.factors import add_totp, new_totp_secret

    secret = new_totp_secret()
    before = datetime.now(UTC) - timedelta(seconds=30)
    assert add_totp(account, "app", secret, pyotp.TOTP(secret).at(before), now=before)
    return secret


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account/security").status == 200


def without_what_differs(text: str, email: str) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]*"', "", text).replace(email, "")


def test_the_right_password_signs_in(store: StoreSettings) -> None:
    browser = Browser()

    answer = typed(somebody().email, browser=browser, path="/sign-in?next=/account")

    assert (answer.status, answer.headers["Location"]) == (302, "/account")
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_nobody_is_led_elsewhere_after_sign_in(store: StoreSettings, elsewhere: str) -> None:
    answer = typed(somebody().email, path=f"/sign-in?next={elsewhere}")

    assert answer.headers["Location"] == "/"


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(store: StoreSettings) -> None:
    known, unknown = somebody().email, f"{uuid4().hex}@people.example"

    answers = [(email, typed(email, "not the password")) for email in (known, unknown)]

    assert [answer.status for _email, answer in answers] == [200, 200]
    assert len({without_what_differs(answer.text, email) for email, answer in answers}) == 1


def test_an_account_without_password_and_a_hash_that_nobody_knows_let_nobody_in(store: StoreSettings) -> None:
    from lazaretto.store.people.models import Account

    for broken in ("", "!", "plain", "argon2$", "md5$$x", PASSWORD):
        account = somebody()
        Account.objects.filter(id=account.id).update(password=broken)

        assert typed(account.email).status == 200, broken
        assert typed(account.email, broken or " ").status == 200, broken


@pytest.mark.parametrize("is_known", [True, False])
def test_after_some_failures_even_the_right_password_has_to_wait(
    store: StoreSettings, is_known: bool
) -> None:
    email = somebody().email if is_known else f"{uuid4().hex}@people.example"

    answers = [typed(email, "not the password") for _attempt in range(5)]
    later = typed(email)

    assert {answer.status for answer in answers} == {200}
    assert later.status == 429
    assert int(later.headers["Retry-After"]) > 0


def test_strangers_cannot_lock_somebody_out_from_elsewhere(store: StoreSettings) -> None:
    from lazaretto.store.people import throttling

    email = somebody().email
    for _attempt in range(20):
        throttling.failed(email, "198.51.100.7")

    assert throttling.wait_for(email, "198.51.100.7") > timedelta()
    assert typed(email).status == 302


def test_the_cookie_changes_at_sign_in(store: StoreSettings) -> None:
    from django.conf import settings

    browser = Browser()
    browser.post("/sign-in/passkey/options")
    before = browser._client.cookies[settings.SESSION_COOKIE_NAME].value
    typed(somebody().email, browser=browser)

    assert browser._client.cookies[settings.SESSION_COOKIE_NAME].value != before


def test_the_database_does_not_hold_what_the_cookie_says(store: StoreSettings) -> None:
    from django.conf import settings

    from lazaretto.store.people.models import Session

    browser = Browser()
    typed(somebody().email, browser=browser)
    cookie = browser._client.cookies[settings.SESSION_COOKIE_NAME].value

    assert not Session.objects.filter(session_key=cookie).exists()
    assert cookie not in str(list(Session.objects.values_list("session_data", flat=True)))


_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
)
_EDGE = _CHROME + " Edg/{}"
_FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{}) Gecko/20100101 Firefox/{}"


def test_a_session_is_worth_nothing_to_another_browser(store: StoreSettings) -> None:
    browser = Browser()
    typed(somebody().email, browser=browser)

    assert is_signed_in(browser)
    assert browser.get("/account/security", User_Agent="another").status == 302


@pytest.mark.parametrize(
    ("now", "is_kept"),
    [
        (_CHROME.format("131.0.0.0"), True),
        (_CHROME.format("130.0.6723.117"), True),
        (_EDGE.format("130.0.0.0", "130.0.0.0"), False),
        (_FIREFOX.format("132.0", "132.0"), False),
        (_CHROME.format("130.0.0.0").replace("Windows NT 10.0; Win64; x64", "X11; Linux x86_64"), False),
        ("", False),
    ],
)
def test_a_session_outlives_an_update_of_its_browser_and_nothing_else(
    now: str, is_kept: bool, store: StoreSettings
) -> None:
    from lazaretto.store.people.sessions import SessionStore, account_of, begin

    account = somebody()
    session = SessionStore()
    begin(session, account, way="test", client="", agent=_CHROME.format("130.0.0.0"))

    assert (account_of(session, now) == account) is is_kept


def test_a_session_ends_when_it_is_idle_and_after_half_a_day_in_any_case(store: StoreSettings) -> None:
    from lazaretto.store.people.sessions import SessionStore, account_of, begin

    account = somebody("acme", "read-only")
    session = SessionStore()
    begin(session, account, way="test", client="", agent="tests")
    session.save()
    row = session.model.objects.get(account=account)

    assert row.expire_date - datetime.now(UTC) <= timedelta(hours=1)
    assert account_of(session, "tests") == account
    assert account_of(session, "tests", now=datetime.now(UTC) + timedelta(hours=12, minutes=1)) is None


def test_who_may_configure_must_have_a_second_factor(store: StoreSettings) -> None:
    browser = Browser()
    account = somebody("acme", "tenant-administrator")

    first = typed(account.email, browser=browser)
    refused = browser.get("/t/acme/")
    page = browser.get("/second-factors/app")
    secret = "".join(re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)[1].split())  # type: ignore[index]
    added = browser.post("/second-factors/app", {"code": pyotp.TOTP(secret).now(), "name": "phone"})
    codes = browser.get("/second-factors/recovery-codes")
    over = browser.post("/second-factors/recovery-codes")

    assert first.headers["Location"] == "/second-factors"
    assert refused.headers["Location"].startswith("/sign-in")
    assert added.headers["Location"] == "/second-factors/recovery-codes"
    assert len(re.findall(r"<li>[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}</li>", codes.text)) == 10
    assert over.headers["Location"] == "/"
    assert is_signed_in(browser)
    assert browser.get("/second-factors/recovery-codes").status == 404


def test_a_second_factor_is_asked_for_and_its_code_is_good_once(store: StoreSettings) -> None:
    account = somebody("acme", "tenant-administrator")
    code = pyotp.TOTP(with_app(account)).now()
    one, two = Browser(), Browser()
    for browser in (one, two):
        assert typed(account.email, browser=browser).headers["Location"] == "/sign-in/second"
        assert not is_signed_in(browser)

    assert one.post("/sign-in/second", {"code": code}).headers["Location"] == "/"
    assert two.post("/sign-in/second", {"code": code}).status == 200
    assert is_signed_in(one)
    assert not is_signed_in(two)


def test_no_other_factor_can_be_added_on_the_way_past_the_one_there_is(store: StoreSettings) -> None:
    account = somebody("acme", "tenant-administrator")
    with_app(account)
    browser = Browser()
    typed(account.email, browser=browser)

    assert browser.get("/second-factors").status == 404
    assert browser.get("/second-factors/app").status == 404
    assert browser.get("/sign-in/new-password").headers["Location"] == "/sign-in/second"


def test_a_recovery_code_takes_the_factors_place_once(store: StoreSettings) -> None:
    from lazaretto.store.people.factors import renew_recovery_codes

    account = somebody("acme", "tenant-administrator")
    with_app(account)
    code = renew_recovery_codes(account)[0]
    statuses = []
    for _attempt in range(2):
        browser = Browser()
        typed(account.email, browser=browser)
        statuses.append(browser.post("/sign-in/second", {"code": code.upper()}).status)

    assert statuses == [302, 200]


def test_codes_cannot_be_tried_for_long(store: StoreSettings) -> None:
    account = somebody("acme", "tenant-administrator")
    with_app(account)
    browser = Browser()
    typed(account.email, browser=browser)

    statuses = [browser.post("/sign-in/second", {"code": "000000"}).status for _attempt in range(6)]

    assert statuses == [200] * 5 + [429]


def test_an_initial_password_is_changed_before_anything_is_seen(store: StoreSettings) -> None:
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.invitations import give_initial_password

    account = somebody()
    initial = give_initial_password(console_scope("test", None), account)
    browser = Browser()

    assert typed(account.email, initial, browser).headers["Location"] == "/sign-in/new-password"
    assert not is_signed_in(browser)
    for weak in ("short", "password1234", f"{account.email.partition('@')[0]} is me", initial):
        assert browser.post("/sign-in/new-password", {"new": weak, "again": weak}).status == 200, weak
    new = {"new": "quite another umbrella", "again": "quite another umbrella"}
    assert browser.post("/sign-in/new-password", new).headers["Location"] == "/"
    assert is_signed_in(browser)


def test_a_mailed_link_is_used_by_its_button_alone_and_once(store: StoreSettings) -> None:
    from lazaretto.store.people.links import Purpose, make_link

    path = f"/link/{make_link('alice@acme.example', Purpose.SIGN_IN)}"
    for _scanner in range(3):
        assert Browser().get(path).status == 200
    browser = Browser()

    assert browser.post(path).headers["Location"] == "/"
    assert is_signed_in(browser)
    assert Browser().post(path).status == 410
    assert Browser().get(path).status == 410


def test_a_link_ends_after_a_quarter_of_an_hour(store: StoreSettings) -> None:
    from lazaretto.store.people.links import Purpose, looked_at, make_link

    secret = make_link("alice@acme.example", Purpose.SIGN_IN)

    assert looked_at(secret) is not None
    assert looked_at(secret, datetime.now(UTC) + timedelta(minutes=16)) is None


def test_who_asks_for_a_link_gets_the_same_answer_whoever_it_is(store: StoreSettings) -> None:
    from lazaretto.store.people.models import Letter

    known, unknown = somebody().email, f"{uuid4().hex}@people.example"

    answers = [(email, Browser().post("/sign-in/link", {"email": email})) for email in (known, unknown)]

    assert len({without_what_differs(answer.text, email) for email, answer in answers}) == 1
    assert Letter.objects.filter(address__in=(known, unknown)).count() == 2


def test_nobodys_mailbox_is_filled_with_links(store: StoreSettings) -> None:
    from lazaretto.store.people.models import Letter

    email = somebody().email
    answers = [Browser().post("/sign-in/link", {"email": email}).status for _attempt in range(20)]

    assert set(answers) == {200}
    assert Letter.objects.filter(address=email).count() == 5


def test_an_invitation_lets_its_address_choose_a_password(store: StoreSettings) -> None:
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.invitations import invite

    account = somebody()
    account.set_unusable_password()
    account.save()
    link = invite(console_scope("test", None), account)
    browser = Browser()

    followed = browser.post(link[link.index("/link/") :])
    new = {"new": "quite another umbrella", "again": "quite another umbrella"}
    chosen = browser.post("/sign-in/new-password", new)

    assert followed.headers["Location"] == "/sign-in/new-password"
    assert chosen.headers["Location"] == "/"
    assert typed(account.email, "quite another umbrella").status == 302


def test_a_forgotten_password_does_not_open_what_a_second_factor_protects(store: StoreSettings) -> None:
    from lazaretto.store.people.links import Purpose, make_link

    account = somebody("acme", "tenant-administrator")
    with_app(account)
    browser = Browser()

    followed = browser.post(f"/link/{make_link(account.email, Purpose.PASSWORD)}")

    assert followed.headers["Location"] == "/sign-in/second"
    new = {"new": "quite another umbrella", "again": "quite another umbrella"}
    assert browser.post("/sign-in/new-password", new).headers["Location"] == "/sign-in/second"


def test_links_are_made_of_the_configured_name(store: StoreSettings) -> None:
    from lazaretto.web.signin.linking import link_address

    answer = Browser().post("/sign-in/link", {"email": "a@acme.example"}, Host="evil.example")

    assert answer.status == 421
    assert link_address("x").startswith(store.base_url)


def test_other_browsers_are_seen_and_signed_out(store: StoreSettings) -> None:
    account = somebody()
    one, two, three = Browser(), Browser(), Browser()
    for browser in (one, two, three):
        typed(account.email, browser=browser)
    stranger = Browser()
    typed(somebody().email, browser=stranger)

    seen = one.get("/account/security").text
    key = re.findall(r'name="session" value="([0-9a-f]+)"', seen)
    assert len(key) == 2
    assert stranger.post("/account/sessions/end", {"session": key[0]}).status == 404
    assert one.post("/account/sessions/end", {"session": key[0]}).status == 302
    assert sorted([is_signed_in(two), is_signed_in(three)]) == [False, True]
    one.post("/account/sessions/end-others")
    assert [is_signed_in(each) for each in (one, two, three)] == [True, False, False]


def test_a_new_password_signs_all_other_browsers_out(store: StoreSettings) -> None:
    account = somebody()
    one, two = Browser(), Browser()
    for browser in (one, two):
        typed(account.email, browser=browser)

    wrong = one.post(
        "/account/password", {"present": "no", "new": "another umbrella", "again": "another umbrella"}
    )
    changed = one.post(
        "/account/password", {"present": PASSWORD, "new": "another umbrella", "again": "another umbrella"}
    )

    assert (wrong.status, changed.status) == (200, 302)
    assert is_signed_in(one)
    assert not is_signed_in(two)


def test_a_closed_account_is_signed_out_at_once(store: StoreSettings) -> None:
    account = somebody()
    browser = Browser()
    typed(account.email, browser=browser)
    account.is_active = False
    account.save()

    assert not is_signed_in(browser)
    assert typed(account.email).status == 200


def test_the_only_second_factor_stays_where_one_is_required(store: StoreSettings) -> None:
    account = somebody("acme", "tenant-administrator")
    with_app(account)
    browser = Browser()
    browser.sign_in_as(account.email)
    path = f"/account/factors/{account.factors.get().id}/remove"

    assert browser.get(path).status == 200
    browser.post(path)
    assert account.factors.count() == 1
    with_app(account)
    browser.post(path)
    assert account.factors.count() == 1


def test_nobody_takes_somebody_elses_factor_away(store: StoreSettings) -> None:
    account = somebody("acme", "tenant-administrator")
    with_app(account)
    stranger = Browser()
    typed(somebody().email, browser=stranger)

    assert stranger.post(f"/account/factors/{account.factors.get().id}/remove").status == 404


def test_the_break_glass_account_raises_an_alarm(store: StoreSettings) -> None:
    from lazaretto.store.people.models import Letter

    operator = somebody(None, "operator-administrator")
    account = somebody(None, "operator-administrator", is_break_glass=True)
    secret = with_app(account)
    browser = Browser()
    typed(account.email, browser=browser)
    browser.post("/sign-in/second", {"code": pyotp.TOTP(secret).now()})

    assert is_signed_in(browser)
    assert Letter.objects.filter(address=operator.email, kind="break-glass").count() == 1


def test_a_sign_in_of_who_may_configure_is_recorded(store: StoreSettings) -> None:
    from lazaretto.store.auditing import entries
    from lazaretto.store.people.console import console_scope

    account = somebody("acme", "read-only", may_omit_second_factor=True)
    typed(account.email)

    latest = entries(console_scope("test", "acme"), act="session.begin", actor=account.email)
    assert [entry.object for entry in latest] == [account.email]


def test_secrets_of_apps_are_sealed_at_rest(store: StoreSettings) -> None:
    account = somebody()
    secret = with_app(account)

    assert secret.encode() not in bytes(account.factors.get().secret)


def test_language_and_appearance_are_kept(store: StoreSettings) -> None:
    browser = Browser()
    browser.post("/language", {"language": "nl", "next": "/sign-in"})
    browser.post("/appearance", {"theme": "dark", "next": "//evil.example"})

    text = browser.get("/sign-in").text
    assert '<html lang="nl" data-bs-theme="dark">' in text


def test_who_signed_in_a_while_ago_does_it_again_before_changing_factors(store: StoreSettings) -> None:
    from django.conf import settings

    from lazaretto.store.people.sessions import SessionStore

    account = somebody()
    browser = Browser()
    typed(account.email, browser=browser)
    assert browser.get("/second-factors/app").status == 200
    session = SessionStore(browser._client.cookies[settings.SESSION_COOKIE_NAME].value)
    session["began"] -= 31 * 60
    session.save()

    assert browser.get("/account/security").status == 200
    assert browser.get("/second-factors/app").headers["Location"].startswith("/sign-in")
    assert not is_signed_in(browser)
