"""A refusal for content carries its reference, and where that leads."""

from __future__ import annotations

from lazaretto.edge.replies import content_refused


def test_a_refusal_names_its_reference_and_its_page() -> None:
    reply = content_refused("spam", "ABCD2345", page="https://mail.example.net/r/")

    assert str(reply) == "550 5.7.1 spam; reference ABCD2345, see https://mail.example.net/r/ABCD2345"


def test_without_a_page_the_reference_stands_alone() -> None:
    assert str(content_refused("spam", "ABCD2345")) == "550 5.7.1 spam; reference ABCD2345"
