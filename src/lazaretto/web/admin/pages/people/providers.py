"""The identity providers with which people of the tenant's domains sign in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import drafts, tenancy
from lazaretto.store.given import given
from lazaretto.store.people import providers as store
from lazaretto.store.people.models import Provider
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.entries import Listing
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Column

_SEE = needs(Area.PEOPLE, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.PEOPLE, Right.EDIT)
_KINDS = {store.OIDC: "OpenID Connect", store.SAML: "SAML 2.0"}
_HERE = ("localhost", "127.0.0.1", "[::1]")
_LISTING = Listing(
    name="providers",
    caption=gettext_lazy("Sign-in of your organisation"),
    columns=(
        Column(name="domain", title=gettext_lazy("Domain"), template="people/cell_provider.html"),
        Column(name="name", title=gettext_lazy("Name"), hides=True),
        Column(name="kind", title=gettext_lazy("Kind")),
        Column(name="only", title=gettext_lazy("The only way")),
    ),
    template="people/providers.html",
    edit=_EDIT,
    add="provider-new",
    add_words=gettext_lazy("Add OpenID Connect"),
    none=gettext_lazy("Nobody signs in with their organisation yet"),
    none_text=gettext_lazy(
        "Name the identity provider of a domain, such as Entra ID, Okta or Keycloak, and its people sign in "
        "there instead of with a password of ours."
    ),
    icon="login",
    whole_tenant=False,
)


class ProviderForm(Form):
    """What every provider has."""

    domain = forms.ChoiceField(label=gettext_lazy("Domain"))
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("What people read when they are led there; left empty, the domain."),
    )

    def __init__(self, *arguments: Any, domains: list[str], known: bool, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        field = self.fields["domain"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each, each) for each in domains]
        if known:
            # The lock is offered where the key was tried: nobody shuts themselves out by a typing error.
            self.fields["is_only_way"] = forms.BooleanField(
                label=gettext_lazy("People of this domain cannot sign in otherwise"),
                required=False,
                help_text=gettext_lazy("Try it first: sign in with it yourself in another browser."),
                widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
            )


class OidcForm(ProviderForm):
    """An OpenID Connect provider."""

    issuer = forms.CharField(
        label=gettext_lazy("Issuer"),
        max_length=500,
        help_text=gettext_lazy("Its address, as its discovery document says, such as https://login.example."),
    )
    client_id = forms.CharField(label=gettext_lazy("Client ID"), max_length=200)
    secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Left empty, the one that is known stays."),
    )
    trusts_addresses = forms.BooleanField(
        label=gettext_lazy("It verifies mail addresses, and does not say so"),
        required=False,
        help_text=gettext_lazy("Some providers leave out email_verified although only they give addresses."),
    )

    def clean_issuer(self) -> str:
        """Return an address that nobody on the way can read along with."""
        return _secure(self.cleaned_data["issuer"])

    @property
    def settings(self) -> dict[str, Any]:
        """What is particular to this kind."""
        return {each: self.cleaned_data[each] for each in ("issuer", "client_id", "trusts_addresses")}


class SamlForm(ProviderForm):
    """A SAML provider."""

    entity_id = forms.CharField(
        label=gettext_lazy("Entity ID"), max_length=500, help_text=gettext_lazy("What it calls itself.")
    )
    sign_in_address = forms.CharField(
        label=gettext_lazy("Sign-in address"),
        max_length=500,
        help_text=gettext_lazy("Where people are sent, for the binding HTTP-Redirect."),
    )
    certificate = forms.CharField(
        label=gettext_lazy("Certificate"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy("With what it signs, as PEM text."),
    )

    def clean_sign_in_address(self) -> str:
        """Return an address that nobody on the way can read along with."""
        return _secure(self.cleaned_data["sign_in_address"])

    def clean_certificate(self) -> str:
        """Return the text of a certificate."""
        text = self.cleaned_data["certificate"].strip()
        try:
            x509.load_pem_x509_certificate(text.encode())
        except ValueError as failure:
            raise forms.ValidationError(_("This is no certificate in PEM.")) from failure
        return f"{text}\n"

    @property
    def settings(self) -> dict[str, Any]:
        """What is particular to this kind."""
        return {each: self.cleaned_data[each] for each in ("entity_id", "sign_in_address", "certificate")}


_FORMS: dict[str, type[OidcForm] | type[SamlForm]] = {store.OIDC: OidcForm, store.SAML: SamlForm}


def _secure(address: str) -> str:
    address = address.strip()
    try:
        parts = urlsplit(address)
    except ValueError as failure:
        raise forms.ValidationError(_("This is no address.")) from failure
    if not parts.hostname or (parts.scheme != "https" and parts.netloc.partition(":")[0] not in _HERE):
        raise forms.ValidationError(_("It must begin with https://."))
    return address


@page(
    name="providers",
    path="providers",
    title=gettext_lazy("Sign-in of your organisation"),
    place=Place.TENANT,
    need=_SEE,
    under="people",
)
def providers(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the providers."""
    rows = [
        {
            "domain": each.domain,
            "name": each.name,
            "kind": _KINDS.get(each.kind, each.kind),
            "only": _("yes") if each.is_only_way else _("no"),
        }
        for each in store.providers(scope)
    ]
    return _LISTING.answer(request, scope, rows)


@page(
    name="provider-new",
    path="providers/new",
    title=gettext_lazy("Add OpenID Connect"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="people",
)
def new_oidc(request: PageRequest, scope: Scope) -> HttpResponse:
    """Make an OpenID Connect provider known."""
    return _edit(request, scope, store.OIDC, None)


@page(
    name="provider-new-saml",
    path="providers/new-saml",
    title=gettext_lazy("Add SAML"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="people",
)
def new_saml(request: PageRequest, scope: Scope) -> HttpResponse:
    """Make a SAML provider known."""
    return _edit(request, scope, store.SAML, None)


@page(
    name="provider",
    path="providers/<str:domain>",
    title=gettext_lazy("Identity provider"),
    place=Place.TENANT,
    need=_SEE,
    post=_EDIT,
    under="people",
)
def provider(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Show and change a provider."""
    known = _known(scope, domain)
    return to_page(request, "providers") if known is None else _edit(request, scope, known.kind, known)


def _known(scope: Scope, domain: str) -> Provider | None:
    return next((each for each in store.providers(scope) if each.domain == domain), None)


def _edit(request: PageRequest, scope: Scope, kind: str, known: Provider | None) -> HttpResponse:
    document = drafts.parsed(tenancy.whole(scope).text)
    taken = {each.domain for each in store.providers(scope)}
    free = [each for each in document.domains if scope.domains.reach(each) and each not in taken]
    initial = {} if known is None else {**known.settings, "domain": known.domain, "name": known.name}
    if known is not None:
        initial["is_only_way"] = known.is_only_way
    domains = free if known is None else [known.domain]
    form = _FORMS[kind](request.POST or None, initial=initial, domains=domains, known=known is not None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            store.set_provider(
                scope,
                values["domain"],
                kind,
                values["name"] or values["domain"],
                form.settings,
                secret=values.get("secret", ""),
                is_only_way=values.get("is_only_way", False),
            )
        except ConfigurationError as failure:
            form.add_error(None, str(failure))
        else:
            flash(request, _("People of %(domain)s sign in with it now.") % {"domain": values["domain"]})
            return to_page(request, "provider", domain=values["domain"])
    context = {
        "form": form,
        "known": known,
        "may_edit": scope.allows(*_EDIT),
        "answer_to": _answer_to(known)
        if known is not None
        else f"{given().base_url}{reverse('oidc-answer')}",
        "is_saml": kind == store.SAML,
        "no_domain": not domains,
    }
    return show(request, "people/provider.html", context, status=422 if form.errors else 200)


def _answer_to(known: Provider | None) -> str:
    """Return what the provider has to be told of us."""
    if known is not None and known.kind == store.SAML:
        return f"{given().base_url}{reverse('saml-metadata', kwargs={'identity': known.id})}"
    return f"{given().base_url}{reverse('oidc-answer')}"


@page(
    name="provider-remove",
    path="providers/<str:domain>/remove",
    title=gettext_lazy("Remove an identity provider"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="people",
)
def remove(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Ask, and let people of the domain sign in as others do."""
    known = _known(scope, domain)
    if known is None:
        return to_page(request, "providers")
    if request.method != "POST":
        question = Confirmation(
            title=_("Remove the identity provider of %(domain)s?") % {"domain": domain},
            text=_(
                "Its people sign in by a mailed link or with a password of ours. Sessions that have begun go "
                "on; what the provider was told of us has to be entered again if it comes back."
            ),
            action=_("Remove"),
            back=address_of("provider", scope.tenant_name, domain=domain),
        )
        return confirm(request, question)
    store.remove_provider(scope, domain)
    flash(request, _("People of %(domain)s sign in as others do.") % {"domain": domain})
    return to_page(request, "providers")
