"""From a first proof to a session; what is missing stands in the browser's session, and not for long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from lazaretto.store.people.factors import has_any, must_have_one
from lazaretto.store.people.models import Account
from lazaretto.store.people.proving import note_sign_in
from lazaretto.store.people.sessions import begin
from lazaretto.web.shell.callers import agent_of, client_of
from lazaretto.web.shell.showing import local, to_address

PATIENCE: Final = timedelta(minutes=10)
_KEY: Final = "signing_in"
PASSWORD: Final = "password"  # noqa: S105 - a way, no password
LINK: Final = "mailed link"
PASSKEY: Final = "passkey"
PROVIDER: Final = "identity provider"
_PROVES_TWICE: Final = (PASSKEY, PROVIDER)
"""Ways after which no second factor is asked: a passkey verifies its person, a provider its own."""


def first_proof(
    request: HttpRequest, account: Account, *, way: str, back: str | None, wants_password: bool = False
) -> HttpResponse:
    """Go on after ``account`` was proven in one ``way``; ``back`` is where they wanted to go.

    ``wants_password`` lets a new password be asked for, as after an invitation or a forgotten one.
    """
    # Whoever set this session's cookie before must not share what follows.
    request.session.cycle_key()
    request.session[_KEY] = {
        "account": str(account.id),
        "way": way,
        "at": datetime.now(UTC).timestamp(),
        "back": local(back, "/"),
        "is_second": way in _PROVES_TWICE,
        "wants_password": wants_password,
    }
    request.session.set_expiry(PATIENCE)
    return proceed(request)


def pending(request: HttpRequest) -> Account | None:
    """Return who is about to sign in with this browser; None = nobody, or it took too long."""
    state = _state(request)
    if state is None:
        return None
    return Account.objects.filter(id=state["account"], is_active=True).first()


def second_proof(request: HttpRequest) -> HttpResponse:
    """Go on after the second factor was proven."""
    _change(request, is_second=True)
    return proceed(request)


def may_enrol(request: HttpRequest) -> bool:
    """Tell whether the one who is about to sign in may get a first second factor now."""
    account = pending(request)
    return account is not None and not has_any(account) and _is_password_settled(request, account)


def may_change_password(request: HttpRequest) -> bool:
    """Tell whether the one who is about to sign in has proven enough to get another password."""
    account, state = pending(request), _state(request)
    return account is not None and state is not None and (bool(state["is_second"]) or not has_any(account))


def proceed(request: HttpRequest) -> HttpResponse:
    """Lead to the next step, or begin the session when none is left."""
    account, state = pending(request), _state(request)
    if account is None or state is None:
        return to_address(request, reverse("sign-in"))
    if not state["is_second"] and has_any(account):
        return to_address(request, reverse("second-factor"))
    if not _is_password_settled(request, account):
        return to_address(request, reverse("new-password"))
    if not state["is_second"] and must_have_one(account) and not has_any(account):
        return to_address(request, reverse("enrol"))
    return _begin(request, account, str(state["way"]), str(state["back"]))


def has_password(request: HttpRequest) -> None:
    """Note that the new password is there."""
    _change(request, wants_password=False, way=PASSWORD)


def _begin(request: HttpRequest, account: Account, way: str, back: str) -> HttpResponse:
    client = client_of(request)
    begin(request.session, account, way=way, client=client, agent=agent_of(request))
    note_sign_in(account, way=way, client=client)
    return to_address(request, back)


def _is_password_settled(request: HttpRequest, account: Account) -> bool:
    state = _state(request) or {}
    if state.get("wants_password"):
        return False
    return state.get("way") != PASSWORD or not account.must_change_password


def _state(request: HttpRequest) -> dict[str, Any] | None:
    state: dict[str, Any] | None = request.session.get(_KEY)
    if state is None or datetime.now(UTC).timestamp() - state["at"] > PATIENCE.total_seconds():
        return None
    return state


def _change(request: HttpRequest, **more: Any) -> None:
    state = _state(request)
    if state is not None:
        request.session[_KEY] = {**state, **more}
