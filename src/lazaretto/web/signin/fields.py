"""Fields that several sign-in forms have."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from lazaretto.store.people.proving import SHORTEST_PASSWORD, TOO_COMMON, TOO_NEAR, TOO_SHORT
from lazaretto.web.shell.forms import Form

REASONS: Final = {
    TOO_SHORT: _("A password has at least 12 characters; several words are easy to remember."),
    TOO_COMMON: _("This password stands in lists of common ones. Choose another."),
    TOO_NEAR: _("A password must not contain your address or the product's name."),
}


def email_field(**attributes: Any) -> forms.EmailField:
    """Return the field for an address."""
    widget = forms.EmailInput(attrs={"autocomplete": "username", **attributes})
    return forms.EmailField(label=_("E-mail address"), max_length=254, widget=widget)


def password_field(label: Any, autocomplete: str, help_text: Any = "") -> forms.CharField:
    """Return a field for a password."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=1000, widget=widget, strip=False, help_text=help_text)


class Code(Form):
    """A one-time code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text"}),
    )


class NewPassword(Form):
    """A password, twice."""

    new = password_field(
        _("New password"), "new-password", _("At least 12 characters; several words are easy to remember.")
    )
    again = password_field(_("New password again"), "new-password")

    def clean(self) -> dict[str, Any]:
        """Compare both."""
        cleaned = super().clean() or {}
        if cleaned.get("new") != cleaned.get("again"):
            self.add_error("again", _("Both must be the same."))
        return cleaned


assert SHORTEST_PASSWORD == 12, "the texts above say so"
