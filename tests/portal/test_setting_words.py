"""Every setting, choice and finding has words in all four languages."""

from __future__ import annotations

import pytest

from lazaretto.store.given import StoreSettings
from lazaretto.tenants.form_fields import Kind, form_fields

pytestmark = pytest.mark.integration
_OF_NO_FORM = {"version", "tenant"}


def test_the_tables_of_all_languages_have_the_same_lines(store: StoreSettings) -> None:
    from lazaretto.web.admin.words_of import LANGUAGES, table

    keys = {language: set(table(language)) for language in LANGUAGES}

    assert all(keys["en"] == found for found in keys.values())


def test_every_setting_and_choice_has_words(store: StoreSettings) -> None:
    from lazaretto.web.admin.words_of import table

    known = table("en")
    fields = [each for each in form_fields().values() if each.key not in _OF_NO_FORM]
    missing = [each.key for each in fields if each.key not in known or not known[each.key].help]
    missing += [
        f"choice.{value}"
        for each in fields
        if each.kind in (Kind.CHOICE, Kind.CHOICES, Kind.HOURS)
        for value in each.choices
        if f"choice.{value}" not in known
    ]

    assert missing == []


def test_every_setting_stands_on_a_page(store: StoreSettings) -> None:
    from lazaretto.web.admin.pages.services.layout import services

    shown = {field.key for service in services() for field in service.fields}
    # Addresses and the profile have pages of their own.
    elsewhere = {"addresses", "profile", *_OF_NO_FORM}

    assert set(form_fields()) - shown == elsewhere


def test_every_page_of_settings_has_a_title_and_an_explanation(store: StoreSettings) -> None:
    from lazaretto.web.admin.pages.services.layout import services
    from lazaretto.web.admin.words_of import table

    known = table("en")
    missing = [each.key for each in services() if not known.get(f"service.{each.key}")]
    missing += [g.key for each in services() for g in each.groups if f"group.{g.key}" not in known]

    assert missing == []
