"""A form puts single settings into a document, takes them away again, and hears what is wrong with each."""

from __future__ import annotations

import pytest

from lazaretto.tenants.choices import MailAction
from lazaretto.tenants.document import export_document
from lazaretto.tenants.placing import UNSAID, WrongSettings, document_of, placed, plain_of

TEXT = """\
version: 1
tenant: acme
domains:
  acme.example: {}
addresses: [alice@acme.example]
"""


def test_a_setting_is_put_in_place() -> None:
    document = document_of(placed(plain_of(TEXT), {("antispam", "spam"): "quarantine"}))

    assert document.antispam.spam is MailAction.QUARANTINE
    assert document.addresses == ("alice@acme.example",)


def test_what_is_not_said_any_more_leaves_no_trace() -> None:
    path = ("domains", "acme.example", "settings", "antispam", "spam")
    with_it = placed(plain_of(TEXT), {path: "quarantine"})

    without = document_of(placed(with_it, {path: UNSAID}))

    assert export_document(without) == export_document(document_of(plain_of(TEXT)))
    assert "acme.example" in without.domains


def test_flags_and_lists_are_taken_as_forms_give_them() -> None:
    values = {("antispam", "greylisting"): True, ("addresses",): ["bob@acme.example"]}

    document = document_of(placed(plain_of(TEXT), values))

    assert document.antispam.greylisting
    assert document.addresses == ("bob@acme.example",)


def test_each_wrong_setting_is_told_at_its_place() -> None:
    values = {("max_message_size",): "many", ("antispam", "spam"): "explode"}

    with pytest.raises(WrongSettings) as wrong:
        document_of(placed(plain_of(TEXT), values))

    assert set(wrong.value.by_path) == {("max_message_size",), ("antispam", "spam")}
    assert "not a whole number" in wrong.value.by_path["max_message_size",]


def test_settings_that_need_another_one_are_told_at_their_place() -> None:
    with pytest.raises(WrongSettings) as wrong:
        document_of(placed(plain_of(TEXT), {("antispam", "spam"): "redirect"}))

    assert list(wrong.value.by_path) == [("antispam", "spam")]
