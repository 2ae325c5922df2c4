"""What somebody proves who they are with, and the browsers that they are signed in with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lazaretto.core.errors import ScopeError
from lazaretto.store.people import factors, sessions, throttling
from lazaretto.store.people.models import Account, Session
from lazaretto.store.people.proving import WeakPassword, set_password
from lazaretto.store.people.scopes import Caller
from lazaretto.web.shell.callers import client_of
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.dispatching import to_sign_in
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.showing import show
from lazaretto.web.signin.fields import REASONS, NewPassword, password_field


class ChangePassword(NewPassword):
    """The present password and the new one, twice."""

    present = password_field(gettext_lazy("Present password"), "current-password")
    field_order = ("present", "new", "again")


def fresh_account(request: HttpRequest) -> Account:
    """Return who is signed in.  Raises ``ScopeError`` for nobody."""
    caller: Caller | None = getattr(request, "caller", None)
    if caller is None:
        raise ScopeError("nobody is signed in")
    return caller.account


def freshly(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let who signed in a while ago do it again first: a session left open must not become somebody's own."""

    @wraps(view)
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
        is_signed_in = getattr(request, "caller", None) is not None
        if is_signed_in and not sessions.is_fresh(request.session):
            request.session.flush()
            flash(request, _("Please sign in again before you change how you sign in."), level=Level.INFO)
            return HttpResponseRedirect(f"{reverse('sign-in')}?next={reverse('security')}")
        return view(request, **arguments)

    return answer


@require_http_methods(["GET", "HEAD"])
def security(request: HttpRequest) -> HttpResponse:
    """Show factors and sessions."""
    if getattr(request, "caller", None) is None:
        return to_sign_in(request)
    account = fresh_account(request)
    own = sessions.digest_of(request.session.session_key or "")
    now = datetime.now(UTC)
    found = Session.objects.filter(account=account, expire_date__gt=now).order_by("-seen_at")[:100]
    context = {
        "factors": account.factors.order_by("created_at"),
        "codes_left": account.recovery_codes.count(),
        "must_have_one": factors.must_have_one(account),
        "has_password": account.has_usable_password(),
        "sessions": [(each, each.session_key == own) for each in found],
    }
    return show(request, "signin/security.html", context)


@sensitive_post_parameters("present", "new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Let somebody have another password; every other browser is signed out."""
    if getattr(request, "caller", None) is None:
        return to_sign_in(request)
    account = fresh_account(request)
    form = ChangePassword(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_present(request, account, form):
        try:
            set_password(account, form.cleaned_data["new"])
        except WeakPassword as reason:
            form.add_error("new", REASONS[str(reason)])
        else:
            sessions.renew(request.session, account)
            sessions.end_others(request.session, account)
            flash(request, _("Your password is changed; all other browsers are signed out."))
            return HttpResponseRedirect(reverse("security"))
    return show(request, "signin/change_password.html", {"form": form})


@freshly
@require_http_methods(["GET", "HEAD", "POST"])
def remove_factor(request: HttpRequest, identity: UUID) -> HttpResponse:
    """Take a second factor away; the last one stays where one is required."""
    if getattr(request, "caller", None) is None:
        return to_sign_in(request)
    account = fresh_account(request)
    factor = account.factors.filter(id=identity).first()
    if factor is None:
        raise ScopeError("there is no such factor")
    if request.method != "POST":
        asked = Confirmation(
            title=_("Remove %(name)s?") % {"name": factor.name},
            text=_("You can no longer sign in with it."),
            action=_("Remove"),
            back=reverse("security"),
        )
        return confirm(request, asked)
    if factors.must_have_one(account) and account.factors.count() == 1:
        flash(request, _("This is the only second factor; add another one first."), level=Level.WARNING)
    else:
        factor.delete()
        flash(request, _("Removed."))
    return HttpResponseRedirect(reverse("security"))


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign every other browser out."""
    ended = sessions.end_others(request.session, fresh_account(request))
    text = ngettext("%(n)d browser was signed out.", "%(n)d browsers were signed out.", ended)
    flash(request, text % {"n": ended})
    return HttpResponseRedirect(reverse("security"))


@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """Sign one browser out."""
    found = Session.objects.filter(
        account=fresh_account(request), session_key=request.POST.get("session", "")
    )
    if not found.delete()[0]:
        raise ScopeError("there is no such session")
    flash(request, _("The browser was signed out."))
    return HttpResponseRedirect(reverse("security"))


def _is_present(request: HttpRequest, account: Account, form: ChangePassword) -> bool:
    key, client = f"present {account.email}", client_of(request)
    wait = throttling.wait_for(key, client)
    if not wait and account.check_password(form.cleaned_data["present"]):
        return True
    throttling.failed(key, client)
    form.add_error("present", _("This is not your present password."))
    return False
