"""Forms that look and speak alike: label, help, and errors that are announced and tied to their field."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import django
from django import forms
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.template.backends.django import DjangoTemplates
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_CLASSES: Final = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.FileInput, "form-control"),
    (forms.Widget, "form-control"),
)


_SELECTED: Final = mark_safe(" selected")


class Renderer(TemplatesSetting):
    """Draws forms with the shell's templates, and widgets with Django's own."""

    form_template_name = "shell/form.html"
    field_template_name = "shell/field.html"

    def get_template(self, template_name: str) -> Any:
        """Return the template, ours first."""
        if template_name.startswith("django/forms/"):
            return _widgets().get_template(template_name)
        return super().get_template(template_name)


@cache
def _widgets() -> DjangoTemplates:
    folder = Path(django.__file__).parent / "forms" / "templates"
    return DjangoTemplates({"NAME": "widgets", "DIRS": [folder], "APP_DIRS": False, "OPTIONS": {}})


class LongSelect(forms.Select):
    """A choice among hundreds: Django renders a template for each option, most of the page's time."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the element; groups of options are not known here."""
        chosen = set(self.format_value(value))
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, _SELECTED if str(key) in chosen else "", title) for key, title in self.choices),
        )
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), options
        )


class Form(forms.Form):
    """The form that pages derive theirs from."""

    required_css_class = "required"

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        keywords.setdefault("label_suffix", "")
        super().__init__(*arguments, **keywords)
        for field in self.fields.values():
            dress(field)


def dress(field: forms.Field) -> None:
    """Give the field's widget the look of the shell."""
    look = next(look for kind, look in _CLASSES if isinstance(field.widget, kind))
    known = field.widget.attrs.get("class", "")
    field.widget.attrs["class"] = f"{look} {known}".strip()
