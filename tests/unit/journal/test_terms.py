"""Terms find a message by what people know of it, and a hostile message cannot fill the index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from lazaretto.journal.search import Place, Search
from lazaretto.journal.terms import LONGEST, MOST, client_terms, domain_terms, look_terms

LOOK = {
    "attachments": ["Invoice.PDF"],
    "findings": [{"symbol": "FROM_PROTECTED_NAME", "score": 4.0}],
    "copies": [{"settings": [{"rule": "lists", "setting": "blocked_senders"}]}],
    "facts": {
        "authors": ["Ceo@Mail.Partner.example"],
        "files": [{"name": "inner.exe", "sha256": "AB" * 32}],
        "hosts": ["login.bad.example"],
    },
}


@pytest.mark.parametrize(
    "search",
    [
        pytest.param(Search(author="ceo@mail.partner.example"), id="author"),
        pytest.param(Search(author="partner.example"), id="a domain above the author's"),
        pytest.param(Search(author="@mail.partner.example"), id="the author's domain with its sign"),
        pytest.param(Search(attachment="invoice.pdf"), id="name in another case"),
        pytest.param(Search(attachment="*.exe"), id="ending of a packed file"),
        pytest.param(Search(sha256="ab" * 32), id="digest"),
        pytest.param(Search(host="https://login.bad.example/kit?x=1"), id="a web address"),
        pytest.param(Search(host="bad[.]example"), id="a defanged domain"),
        pytest.param(Search(symbol="FROM_PROTECTED_NAME"), id="symbol"),
        pytest.param(Search(policy="blocked_senders"), id="setting"),
    ],
)
def test_what_was_seen_in_a_message_finds_it(search: Search) -> None:
    assert set(search.parameters()["terms"]) <= set(look_terms(LOOK))


def test_a_name_that_only_looks_alike_finds_nothing() -> None:
    terms = set(look_terms(LOOK))

    assert not set(Search(host="ad.example").parameters()["terms"]) <= terms
    assert not set(Search(attachment="voice.pdf").parameters()["terms"]) <= terms


def test_the_client_is_found_by_its_provider() -> None:
    assert "p:provider.example" in set(client_terms({"hostname": "mx7.out.Provider.example."}))


def test_a_message_is_of_the_domains_that_are_the_tenants() -> None:
    addresses = ("a@customer.example", "b@Branch.Customer.example")

    assert list(domain_terms("inbound", "x@partner.example", addresses)) == [
        "d:customer.example",
        "d:branch.customer.example",
    ]
    assert list(domain_terms("outbound", "a@customer.example", ["x@partner.example"])) == [
        "d:customer.example"
    ]


def test_a_message_of_ten_thousand_links_stays_small() -> None:
    hosts = [f"{'x' * 500}.h{number}.example" for number in range(10_000)]

    terms = set(look_terms({"facts": {"hosts": hosts}}))

    assert len(terms) <= MOST * 8
    assert all(len(term) <= LONGEST + 2 for term in terms)


def test_a_domain_outside_of_the_reach_finds_nothing() -> None:
    from lazaretto.journal.search import Reach

    reach = Reach(domains=frozenset({"customer.example"}), all_except=False)

    inside = Search(domain="customer.example", reach=reach).parameters()
    outside = Search(domain="other.example", reach=reach).parameters()
    assert (inside["domains"], outside["domains"]) == (["customer.example"], [])
    assert (inside["all_except"], outside["all_except"]) == (False, False)


NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({}, id="all time"),
        pytest.param({"since": NOW - timedelta(days=12)}, id="since"),
        pytest.param({"until": NOW - timedelta(days=5)}, id="until"),
        pytest.param({"since": NOW - timedelta(hours=3), "until": NOW}, id="some hours"),
        pytest.param({"after": Place(NOW - timedelta(days=9), uuid4())}, id="behind a place"),
    ],
)
def test_windows_of_time_are_all_of_it_and_no_moment_twice(asked: dict[str, Any], oldest_first: bool) -> None:
    search = Search(host="bad.example", oldest_first=oldest_first, **asked)

    windows = list(search.windows(NOW))

    moments = [NOW - timedelta(hours=hour) for hour in range(-3, 40 * 24)]
    for moment in moments:
        wanted = (search.since is None or search.since <= moment) and (
            search.until is None or moment < search.until
        )
        if search.after is not None:
            is_behind = (
                moment > search.after.received_at if oldest_first else moment < search.after.received_at
            )
            wanted = wanted and is_behind
        holding = [
            window
            for window in windows
            if (window.since is None or window.since <= moment)
            and (window.until is None or moment < window.until)
        ]
        if wanted:
            assert len(holding) == 1, moment
    assert len(windows) <= 6


def test_what_many_messages_match_is_asked_for_at_once() -> None:
    search = Search(verdict="spam")

    assert list(search.windows(NOW)) == [search]
