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
from lazaretto.tenants.placing import UNSAID, WrongSettings
from lazaretto.tenants.values import domain_name
from lazaretto.web.admin.pages.services.views import draft_bar
from lazaretto.web.admin.words_of import words
from lazaretto.web.api.pages import cursor_of, parts_of
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

_A_PAGE = 100
_COLUMNS = (
    Column(name="domain", title=gettext_lazy("Domain"), template="services/cell_partner.html"),
    Column(name="mode", title=gettext_lazy("Demand")),
    Column(name="version", title=gettext_lazy("Oldest protocol"), hides=True),
    Column(name="inbound", title=gettext_lazy("Incoming too"), hides=True),
)
_FILTERS = (Filter(name="domain", title=gettext_lazy("Domain")),)


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
    asked = Asked.of(request, _COLUMNS, _FILTERS)
    document = drafts.edited(scope).document
    rows = [
        _row(domain, partner)
        for domain, partner in document.tls_partners.items()
        if asked.get("domain").lower() in domain
    ]
    if asked.is_export:
        return csv_response("tls-partners", _COLUMNS, rows)
    (after,) = parts_of(asked.cursor, tuple[str]) if asked.cursor else ("",)
    later = [row for row in rows if row["domain"] > after]
    may_edit = scope.allows(Area.TLS, Right.EDIT)
    table = Table(
        name="partners",
        caption=_("TLS partners"),
        columns=_COLUMNS,
        rows=later[:_A_PAGE],
        asked=asked,
        filters=_FILTERS,
        next=cursor_of(later[_A_PAGE - 1]["domain"]) if len(later) > _A_PAGE else None,
        empty=Empty(
            title=_("There is no TLS partner yet"),
            text=_("Mail is encrypted wherever the other side can; with a partner it must be."),
            action=_("Add a partner") if may_edit else "",
            address=address_of("partner-new", scope.tenant_name) if may_edit else "",
            icon="lock",
        ),
    )
    return show(request, "services/partners.html", {**draft_bar(scope), "table": table, "may_edit": may_edit})


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
    need=needs(Area.TLS, Right.EDIT),
    post=needs(Area.TLS, Right.EDIT),
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
    post=needs(Area.TLS, Right.EDIT),
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
        try:
            drafts.place(scope, values)
        except WrongSettings as wrong:
            for path, problem in wrong.by_path.items():
                name = path[2] if len(path) > 2 and path[2] in form.fields else None
                form.add_error(name, problem)
        else:
            return to_page(request, "changes")
    context = {"form": form, "known": known, "may_edit": scope.allows(Area.TLS, Right.EDIT)}
    return show(request, "services/partner.html", context, status=422 if form.errors else 200)


@page(
    name="partner-remove",
    path="services/tls/<str:domain>/remove",
    title=gettext_lazy("Remove a TLS partner"),
    place=Place.TENANT,
    need=needs(Area.TLS, Right.EDIT),
    post=needs(Area.TLS, Right.EDIT),
    under="services",
)
def remove(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Take a partner out of the draft."""
    if request.method != "POST":
        question = Confirmation(
            title=_("Remove %(domain)s?") % {"domain": domain},
            text=_("Mail to this domain may then go unencrypted. It holds once the change is published."),
            action=_("Remove"),
            back=address_of("service-tls", scope.tenant_name),
        )
        return confirm(request, question)
    drafts.place(scope, {("tls_partners", domain): UNSAID})
    return to_page(request, "changes")
