"""The form of a rule: when it speaks, and what it wants."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.tenants.choices import Audience
from lazaretto.tenants.sections import OwnRule
from lazaretto.web.admin.pages.traffic.words import DISPOSITIONS, VERDICTS
from lazaretto.web.shell.forms import Form

DIRECTIONS: Final = {"inbound": gettext_lazy("Incoming mail"), "outbound": gettext_lazy("Outgoing mail")}
AUDIENCES: Final = {
    Audience.ADMINISTRATOR.value: gettext_lazy("The administrators"),
    Audience.RECIPIENT.value: gettext_lazy("The recipient"),
    Audience.SENDER.value: gettext_lazy("The sender, where somebody vouches for the address"),
}
_WHEN: Final = ("verdicts", "symbols", "score_at_least", "recipients", "direction")
_LISTS: Final = ("symbols", "recipients", "copy_to")


def _lines(label: Any, help_text: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget, max_length=20_000)


def _boxes(label: Any, choices: Any) -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple
    return forms.MultipleChoiceField(
        label=label, required=False, choices=list(choices.items()), widget=widget
    )


class RuleForm(Form):
    """A rule."""

    was = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("How the trace and explanations call it."),
    )
    direction = _boxes(gettext_lazy("For"), DIRECTIONS)
    recipients = _lines(
        gettext_lazy("Recipients"),
        gettext_lazy("Mail addresses or domains, one per line; left empty, everybody."),
    )
    verdicts = _boxes(gettext_lazy("Mail that was found to be"), VERDICTS)
    symbols = _lines(
        gettext_lazy("Findings"),
        gettext_lazy(
            "Names of what was found, one per line, such as SPF_FAIL; SPF_* stands for all that begin so."
        ),
    )
    score_at_least = forms.FloatField(
        label=gettext_lazy("Score of at least"), required=False, min_value=-1_000, max_value=1_000
    )
    disposition = forms.ChoiceField(
        label=gettext_lazy("What becomes of it"), choices=list(DISPOSITIONS.items()), initial="deliver"
    )
    redirect_to = forms.CharField(
        label=gettext_lazy("Redirect to"),
        required=False,
        max_length=320,
        help_text=gettext_lazy("Only with “Redirect”: who gets it in place of its recipients."),
    )
    tag_subject = forms.CharField(
        label=gettext_lazy("Text before the subject"), required=False, max_length=60
    )
    add_header = forms.CharField(
        label=gettext_lazy("Header field to add"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Its name, which begins with X-."),
    )
    header_value = forms.CharField(
        label=gettext_lazy("Text of this header field"), required=False, max_length=500
    )
    banner = forms.CharField(
        label=gettext_lazy("Banner above the text"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    strip_attachments = _lines(
        gettext_lazy("Attachments to take out"),
        gettext_lazy("Names, one per line, such as *.exe; * stands for all."),
    )
    compress_attachments = forms.BooleanField(
        label=gettext_lazy("Pack large attachments into ZIP archives"), required=False
    )
    copy_to = _lines(
        gettext_lazy("Copies to"), gettext_lazy("Mail addresses that get a copy besides, one per line.")
    )
    notify = _boxes(gettext_lazy("Tell"), AUDIENCES)
    skip_approved = forms.BooleanField(
        label=gettext_lazy("Keep silent about mail from approved senders"), required=False
    )
    shadow = forms.BooleanField(
        label=gettext_lazy("Only on trial"),
        required=False,
        help_text=gettext_lazy("What it would do is recorded, and nothing is done."),
    )

    def clean(self) -> dict[str, Any]:
        """Demand a condition, and both halves of a header field."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if not any(given.get(name) not in (None, "", []) for name in _WHEN):
            self.add_error(None, _("Say for which mail it speaks: at least one condition."))
        if bool(given.get("add_header")) is not bool(given.get("header_value")):
            self.add_error("header_value", _("A header field has a name and a text."))
        return given

    @property
    def values(self) -> dict[str, Any]:
        """The rule as the document says it; what is as usual is left out."""
        given = self.cleaned_data
        said = {key: given[key].split() if key in _LISTS else given[key] for key in (*_WHEN, "copy_to")}
        action: dict[str, Any] = {
            "tag_subject": _ending_in_space(given["tag_subject"]),
            "redirect_to": given["redirect_to"].strip() if given["disposition"] == "redirect" else "",
            "banner": " ".join(given["banner"].split()),
            "strip_attachments": [each.strip() for each in given["strip_attachments"].split("\n")],
            "compress_attachments": given["compress_attachments"],
            "copy_to": said.pop("copy_to"),
            "notify": given["notify"],
        }
        if given["disposition"] != "deliver":
            action["disposition"] = given["disposition"]
        if given["add_header"]:
            action["add_header"] = {"name": given["add_header"], "value": given["header_value"]}
        rule = {
            "name": given["name"].strip(),
            "when": _said(said),
            "action": _said(action),
            "skip_approved": given["skip_approved"],
            "shadow": given["shadow"],
        }
        return {key: value for key, value in rule.items() if value is not False}


def as_initial(rule: OwnRule) -> dict[str, Any]:
    """Return what the form shows of ``rule``."""
    when, action = rule.when, rule.action
    return {
        "was": rule.name,
        "name": rule.name,
        "direction": [each.value for each in when.direction],
        "recipients": "\n".join(when.recipients),
        "verdicts": [each.value for each in when.verdicts],
        "symbols": "\n".join(when.symbols),
        "score_at_least": when.score_at_least,
        "disposition": action.disposition.word,
        "redirect_to": action.redirect_to or "",
        "tag_subject": action.tag_subject or "",
        "add_header": action.add_header.name if action.add_header else "",
        "header_value": action.add_header.value if action.add_header else "",
        "banner": action.banner or "",
        "strip_attachments": "\n".join(action.strip_attachments),
        "compress_attachments": action.compress_attachments,
        "copy_to": "\n".join(action.copy_to),
        "notify": [each.value for each in action.notify],
        "skip_approved": rule.skip_approved,
        "shadow": rule.shadow,
    }


def _ending_in_space(tag: str) -> str:
    # A tag keeps the space that parts it from the subject.
    return f"{tag.strip()} " if tag.strip() else ""


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [], [""], False)}
