"""TLS partners: domains to which mail goes encrypted or not at all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.snapshot import TlsMode
from lazaretto.store import drafts
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.partners import Partner, TlsVersion
from lazaretto.tenants.placing import UNSAID
from lazaretto.tenants.values import domain_name
from lazaretto.web.admin.entries import Listing, placed, take_out
from lazaretto.web.admin.words_of import words
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Column

_EDIT = needs(Area.TLS, Right.EDIT)
_LISTING = Listing(
    name="tls-partners",
    caption=gettext_lazy("TLS partners"),
    columns=(
        Column(name="domain", title=gettext_lazy("Domain"), template="services/cell_partner.html"),
        Column(name="mode", title=gettext_lazy("Demand")),
        Column(name="version", title=gettext_lazy("Oldest protocol"), hides=True),
        Column(name="inbound", title=gettext_lazy("Incoming too"), hides=True),
    ),
    template="services/partners.html",
    edit=_EDIT,
    add="partner-new",
    add_words=gettext_lazy("Add a partner"),
    none=gettext_lazy("There is no TLS partner yet"),
    none_text=gettext_lazy("Mail is encrypted wherever the other side can; with a partner it must be."),
    icon="lock",
)


class PartnerForm(Form):
    """A partner."""

    domain = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        help_text=gettext_lazy("Sub-domains are meant too."),
    )
    mode = forms.ChoiceField(label=gettext_lazy("Demand"))
    minimum_version = forms.ChoiceField(label=gettext_lazy("Oldest protocol"))
    trusted_names = forms.CharField(
        label=gettext_lazy("Trusted names in certificates"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Only with “strong”: names that the certificate may be for, one per line."),
    )
    pins = forms.CharField(
        label=gettext_lazy("Pinned certificates"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Only with “pinned”: SHA-256 of certificates or keys, one per line."),
    )
    excluded = forms.CharField(
        label=gettext_lazy("Excluded sub-domains"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Nothing is demanded of these and all below; one per line."),
    )
    inbound = forms.BooleanField(
        label=gettext_lazy("Refuse mail from this domain, too, unless it comes encrypted"), required=False
    )

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        mode, version = self.fields["mode"], self.fields["minimum_version"]
        assert isinstance(mode, forms.ChoiceField)
        assert isinstance(version, forms.ChoiceField)
        mode.choices = [(each.value, words(f"tls.{each.value}").label) for each in TlsMode]
        version.choices = [(each.value, each.value) for each in TlsVersion]

    def clean_domain(self) -> str:
        """Return the domain in its one spelling."""
        try:
            return domain_name(self.cleaned_data["domain"].strip())
        except ValueError as failure:
            raise forms.ValidationError(
                _("This is not a domain; write it like customer.example.")
            ) from failure

    @property
    def values(self) -> dict[str, Any]:
        """What the document shall say of the partner; what is as usual is left out."""
        given = self.cleaned_data
        usual = Partner()
        values: dict[str, Any] = {
            key: lines for key in ("trusted_names", "pins", "excluded") if (lines := given[key].split())
        }
        if given["mode"] != usual.mode.value:
            values["mode"] = given["mode"]
        if given["minimum_version"] != usual.minimum_version.value:
            values["minimum_version"] = given["minimum_version"]
        if given["inbound"]:
            values["inbound"] = True
        return values


@page(
    name="service-tls",
    path="services/tls",
    title=gettext_lazy("TLS partners"),
    place=Place.TENANT,
    need=needs(Area.TLS, Right.VIEW_CONFIGURATION),
    under="services",
)
def partners(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the partners."""
    known = drafts.edited(scope).document.tls_partners
    return _LISTING.answer(request, scope, (_row(domain, partner) for domain, partner in known.items()))


def _row(domain: str, partner: Partner) -> dict[str, Any]:
    return {
        "domain": domain,
        "mode": words(f"tls.{partner.mode.value}").label,
        "version": partner.minimum_version.value,
        "inbound": words(f"choice.{str(partner.inbound).lower()}").label,
    }


@page(
    name="partner-new",
    path="services/tls/new",
    title=gettext_lazy("Add a TLS partner"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="services",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Add a partner to the draft."""
    return _edit(request, scope, {"mode": Partner().mode.value})


@page(
    name="partner",
    path="services/tls/<str:domain>",
    title=gettext_lazy("TLS partner"),
    place=Place.TENANT,
    need=needs(Area.TLS, Right.VIEW_CONFIGURATION),
    post=_EDIT,
    under="services",
)
def partner(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Change a partner in the draft."""
    known = drafts.edited(scope).document.tls_partners.get(domain)
    if known is None:
        return to_page(request, "service-tls")
    initial = {
        "domain": domain,
        "mode": known.mode.value,
        "minimum_version": known.minimum_version.value,
        "trusted_names": "\n".join(known.trusted_names),
        "pins": "\n".join(known.pins),
        "excluded": "\n".join(known.excluded),
        "inbound": known.inbound,
    }
    return _edit(request, scope, initial, domain)


def _edit(request: PageRequest, scope: Scope, initial: dict[str, Any], known: str = "") -> HttpResponse:
    form = PartnerForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        domain = form.cleaned_data["domain"]
        values: dict[tuple[str, ...], Any] = {("tls_partners", domain): form.values}
        if known and known != domain:
            values["tls_partners", known] = UNSAID
        if placed(scope, form, values):
            return to_page(request, "changes")
    context = {"form": form, "known": known, "may_edit": _LISTING.may_edit(scope)}
    return show(request, "services/partner.html", context, status=422 if form.errors else 200)


@page(
    name="partner-remove",
    path="services/tls/<str:domain>/remove",
    title=gettext_lazy("Remove a TLS partner"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="services",
)
def remove(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Take a partner out of the draft."""
    if domain not in drafts.edited(scope).document.tls_partners:
        return to_page(request, "service-tls")
    question = Confirmation(
        title=_("Remove %(domain)s?") % {"domain": domain},
        text=_("Mail to this domain may then go unencrypted. It holds once the change is published."),
        action=_("Remove"),
        back=address_of("service-tls", scope.tenant_name),
    )
    return take_out(request, scope, question, {("tls_partners", domain): UNSAID})
