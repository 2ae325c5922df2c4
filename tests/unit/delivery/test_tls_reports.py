"""Every session with a domain counts once, under the policy that it was held against."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from lazaretto.core.envelope import TlsRecord
from lazaretto.core.queued import Remote
from lazaretto.delivery import tls_reports
from lazaretto.delivery.failures import TlsFailure
from lazaretto.delivery.tls_demand import OPPORTUNISTIC, ChannelDemand
from lazaretto.delivery.tls_reports import Counted, Failure, PolicyType, TlsReports

TODAY = date(2026, 3, 1)
STS = ChannelDemand(policy="mta-sts", is_required=True)
DANE = ChannelDemand(policy="dane", is_required=True)


def a_session(*, failure: str = "", used: bool = True, host: str = "mx.a.example") -> Remote:
    return Remote(host=host, ip="192.0.2.1", channel=TlsRecord(used=used, failure=failure))


def test_sessions_are_counted_by_day_domain_and_policy() -> None:
    reports = TlsReports()
    for demand in (OPPORTUNISTIC, STS, STS, DANE):
        reports.note(TODAY, "a.example", demand, a_session())
    reports.note(TODAY, "a.example", STS, a_session(failure="certificate-expired"))

    counted = {each.policy: (each.successful, each.failed) for each in reports.look()}

    assert counted == {PolicyType.NONE: (1, 0), PolicyType.STS: (2, 1), PolicyType.TLSA: (1, 0)}


def test_a_channel_in_clear_counts_as_failed() -> None:
    reports = TlsReports()
    reports.note(TODAY, "a.example", OPPORTUNISTIC, a_session(used=False))

    (counted,) = reports.look()
    ((failure, number),) = counted.failures
    assert failure == Failure(kind="starttls-not-supported", host="mx.a.example", ip="192.0.2.1")
    assert (counted.failed, number) == (1, 1)


def test_a_host_that_was_not_reached_counts_for_nothing() -> None:
    reports = TlsReports()
    reports.note(TODAY, "a.example", STS, Remote(host="mx.a.example"))

    assert list(reports.look()) == []


def test_days_are_taken_once_they_are_over() -> None:
    reports = TlsReports()
    for day in (TODAY, TODAY + timedelta(days=1)):
        reports.note(day, "a.example", STS, a_session())

    (taken,) = reports.take(before=TODAY + timedelta(days=1))

    assert taken.day == TODAY
    assert [each.day for each in reports.look()] == [TODAY + timedelta(days=1)]


def test_a_flood_of_names_is_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_reports, "MOST_DOMAINS", 10)
    reports = TlsReports()
    for number in range(25):
        reports.note(TODAY, f"{number}.example", STS, a_session())

    assert len(list(reports.look())) == 10
    assert reports.left_out == 15


def test_a_flood_of_failures_keeps_its_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_reports, "MOST_FAILURES", 10)
    reports = TlsReports()
    for number in range(25):
        reports.note(TODAY, "a.example", STS, a_session(failure="x", host=f"mx{number}.example"))

    (counted,) = reports.look()
    assert (counted.failed, len(counted.failures)) == (25, 10)


class Store:
    """Takes counters, or breaks."""

    def __init__(self, *, breaks: bool) -> None:
        self.breaks = breaks
        self.taken: list[Counted] = []

    async def add(self, counted: Sequence[Counted]) -> None:
        if self.breaks:
            raise ConnectionError("database away")
        self.taken.extend(counted)


async def test_counters_are_not_lost_to_a_store_that_breaks() -> None:
    reports = TlsReports()
    reports.note(TODAY, "a.example", STS, a_session())
    reports.note_policy(TODAY, "a.example", TlsFailure.STS_FETCH)
    store, tomorrow = Store(breaks=True), TODAY + timedelta(days=1)

    with pytest.raises(ConnectionError):
        await reports.store(store, tomorrow)
    store.breaks = False
    await reports.store(store, tomorrow)
    await reports.store(store, tomorrow)

    (counted,) = store.taken
    assert (counted.successful, counted.failed) == (1, 1)
    assert counted.failures == ((Failure(kind="sts-policy-fetch-error"), 1),)
