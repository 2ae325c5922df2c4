"""A select of hundreds of options is the same element as Django's, without a template for each option."""

from __future__ import annotations

import pytest

from lazaretto.store.given import StoreSettings

pytestmark = pytest.mark.integration


def test_it_is_what_django_would_have_drawn(store: StoreSettings) -> None:
    from django import forms
    from django.test.html import parse_html

    from lazaretto.web.shell.forms import LongSelect

    choices = [("Europe/Brussels", "Europe/Brussels"), ("<b>", 'a "name" & <more>')]
    for value in ("<b>", "Europe/Brussels", "", None):
        ours = LongSelect(choices=choices, attrs={"class": "form-select", "required": True})
        theirs = forms.Select(choices=choices, attrs={"class": "form-select", "required": True})

        assert parse_html(ours.render("zone", value, {"id": "id_zone"})) == parse_html(
            theirs.render("zone", value, {"id": "id_zone"})
        )
