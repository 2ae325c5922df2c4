"""The keys that sign a domain's outgoing mail: made, published, and turned over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.delivery.domain_keys import Checked, Published
from lazaretto.detect.authentication.signing import Algorithm
from lazaretto.spool.signing_keys import KeyState
from lazaretto.store import domain_keys as store
from lazaretto.store.domain_checks import Record
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.words_of import label
from lazaretto.web.api.rates import spend_look
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page

_SEE = needs(Area.ROUTES, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.ROUTES, Right.EDIT)


class KeyForm(Form):
    """A key to make."""

    algorithm = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=(
            (Algorithm.RSA.value, gettext_lazy("RSA: every receiver can read it")),
            (Algorithm.ED25519.value, gettext_lazy("Ed25519: shorter, only besides RSA")),
        ),
    )


@page(
    name="domain-keys",
    path="domains/<str:domain>/keys",
    title=gettext_lazy("Signing keys (DKIM)"),
    place=Place.TENANT,
    need=_SEE,
    post=_EDIT,
    under="domains",
)
def keys(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Show the keys with their records; POST makes one."""
    spend_look(scope.tenant_name)
    found = store.keys(scope, domain)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = Algorithm(form.cleaned_data["algorithm"])
        if _waits(found, wanted):
            form.add_error("algorithm", _("Such a key waits for its record already."))
        else:
            store.add(scope, domain, wanted)
            flash(request, _("The key is made. Publish its record, then let it sign."))
            return to_page(request, "domain-keys", domain=domain)
    may_edit = scope.allows(*_EDIT)
    context = {
        "domain": domain,
        "keys": [_shown(each) for each in found],
        "form": form if may_edit else None,
        "may_edit": may_edit,
        "may_turn": may_edit and store.is_ready(found),
        "waits": any(each.key.state is KeyState.WAITING for each in found),
    }
    return show(request, "domains/keys.html", context, status=422 if form.errors else 200)


def _waits(found: Sequence[Checked], algorithm: Algorithm) -> bool:
    return any(each.key.state is KeyState.WAITING and each.key.algorithm == algorithm.value for each in found)


def _shown(each: Checked) -> dict[str, Any]:
    key = each.key
    return {
        "key": key,
        "id": f"key-{key.selector}",
        "state": label(f"key.{key.state.value}"),
        "published": label(f"key.{each.published.name.lower()}"),
        "is_published": each.published is Published.YES,
        "record": Record(name=key.record_name, kind="TXT", value=key.record),
        "goes_at": store.goes_at(key),
    }


@page(
    name="domain-keys-turn",
    path="domains/<str:domain>/keys/turn",
    title=gettext_lazy("Let the waiting key sign"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="domains",
)
def turn(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Ask, and let the keys that wait sign in place of those that do."""
    spend_look(scope.tenant_name)
    found = store.keys(scope, domain)
    if not store.is_ready(found):
        flash(request, _("The record of the waiting key is not in the DNS yet."), level=Level.WARNING)
        return to_page(request, "domain-keys", domain=domain)
    if request.method != "POST":
        question = Confirmation(
            title=_("Let the waiting key of %(domain)s sign?") % {"domain": domain},
            text=_(
                "The key before it signs nothing more; leave its record in the DNS for 14 days. The next key "
                "is made at once, so that its record can be published in time."
            ),
            action=_("Let it sign"),
            back=address_of("domain-keys", scope.tenant_name, domain=domain),
            is_harmful=False,
        )
        return confirm(request, question)
    try:
        turned = store.turn_over(scope, domain)
    except ConfigurationError:
        flash(request, _("The record of the waiting key is not in the DNS yet."), level=Level.WARNING)
    else:
        names = ", ".join(each.selector for each in turned.begun)
        flash(request, _("%(keys)s signs from now on.") % {"keys": names})
    return to_page(request, "domain-keys", domain=domain)


@page(
    name="domain-key-remove",
    path="domains/<str:domain>/keys/<str:selector>/remove",
    title=gettext_lazy("Remove a signing key"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="domains",
)
def remove(request: PageRequest, scope: Scope, domain: str, selector: str) -> HttpResponse:
    """Ask, and destroy a key that is not needed any more."""
    if request.method != "POST":
        spend_look(scope.tenant_name)
        if not any(each.key.selector == selector for each in store.keys(scope, domain)):
            return to_page(request, "domain-keys", domain=domain)
        question = Confirmation(
            title=_("Remove the key %(key)s?") % {"key": selector},
            text=_("It is destroyed and cannot come back. Delete its record from the DNS afterwards."),
            action=_("Remove"),
            back=address_of("domain-keys", scope.tenant_name, domain=domain),
        )
        return confirm(request, question)
    try:
        store.remove(scope, domain, selector)
    except ConfigurationError:
        flash(request, _("Mail that it signed may still be on its way."), level=Level.WARNING)
    else:
        flash(request, _("The key is removed; delete its record from the DNS."))
    return to_page(request, "domain-keys", domain=domain)
