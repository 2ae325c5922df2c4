"""Reports go where a domain's record says, read back as written, and hostile ones are only unreadable."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest

from lazaretto.protocol.tls_report import (
    LONGEST_TEXT,
    MOST_FAILURES,
    MOST_PACKED,
    MOST_POLICIES,
    FailureCount,
    PolicyCount,
    ReportUnreadable,
    TlsReport,
    read_report,
    targets_in,
    whole_day,
    written,
)

BEGAN, ENDED = whole_day(datetime(2026, 11, 24, tzinfo=UTC).date())
REPORT = TlsReport(
    organization="Lazaretto",
    contact="postmaster@mx.lazaretto.example",
    id="2026-11-24.other.example@mx.lazaretto.example",
    began=BEGAN,
    ended=ENDED,
    policies=(
        PolicyCount(
            type="sts",
            domain="other.example",
            lines=("version: STSv1", "mode: enforce", "mx: mx.other.example", "max_age: 86400"),
            mx_hosts=("mx.other.example",),
            successful=7,
            failed=3,
            failures=(
                FailureCount(
                    result="certificate-expired",
                    sessions=3,
                    mx_host="mx.other.example",
                    receiving_ip="192.0.2.9",
                ),
            ),
        ),
        PolicyCount(type="no-policy-found", domain="other.example", successful=1),
    ),
)


@pytest.mark.parametrize(
    ("records", "targets"),
    [
        pytest.param(["v=TLSRPTv1; rua=mailto:r@a.example"], ("mailto:r@a.example",), id="one"),
        pytest.param(["v=TLSRPTv1;rua=mailto:r@a.example;"], ("mailto:r@a.example",), id="without space"),
        pytest.param(
            ["v=TLSRPTv1; rua=https://a.example/r?x=1,mailto:r@a.example"],
            ("https://a.example/r?x=1", "mailto:r@a.example"),
            id="two",
        ),
        pytest.param(["v=TLSRPTv1; rua=mailto:r%2Bx@a.example"], ("mailto:r+x@a.example",), id="encoded"),
        pytest.param(
            ["v=spf1 -all", "v=TLSRPTv1; rua=mailto:r@a.example"], ("mailto:r@a.example",), id="other"
        ),
        pytest.param(["v=TLSRPTv1; rua=mailto:r@a.example"] * 2, (), id="two records"),
        pytest.param(["v=TLSRPTv2; rua=mailto:r@a.example"], (), id="another version"),
        pytest.param(["v=TLSRPTv1; x=y"], (), id="no rua"),
        pytest.param([], (), id="nothing"),
        pytest.param(["v=TLSRPTv1; rua=http://a.example/"], (), id="in clear"),
        pytest.param(["v=TLSRPTv1; rua=ftp://a.example/,file:///etc/passwd"], (), id="other schemes"),
        pytest.param(["v=TLSRPTv1; rua=https://u:p@a.example/"], (), id="a password"),
        pytest.param(["v=TLSRPTv1; rua=https://a.example:99999/"], (), id="no port"),
        pytest.param(["v=TLSRPTv1; rua=mailto:r@[127.0.0.1]"], (), id="a literal"),
        pytest.param(["v=TLSRPTv1; rua=mailto:r%0d%0aRCPT TO:<x>@a.example"], (), id="injection"),
        pytest.param(["v=TLSRPTv1; rua=mailto:r%0D%0AX@a.example"], (), id="encoded injection"),
        pytest.param(["v=TLSRPTv1; rua=mailto:"], (), id="nobody"),
        pytest.param(
            ["v=TLSRPTv1; rua=" + ",".join(f"mailto:r{n}@a.example" for n in range(50))],
            tuple(f"mailto:r{n}@a.example" for n in range(5)),
            id="very many",
        ),
    ],
)
def test_a_record_says_whither_reports_go(records: list[str], targets: tuple[str, ...]) -> None:
    assert targets_in(records) == targets


def test_what_is_written_is_read_back() -> None:
    assert read_report(written(REPORT)) == REPORT
    assert read_report(gzip.compress(written(REPORT))) == REPORT


def test_what_is_written_has_the_words_of_the_standard() -> None:
    told = json.loads(written(REPORT))

    assert told["date-range"] == {
        "start-datetime": "2026-11-24T00:00:00Z",
        "end-datetime": "2026-11-24T23:59:59Z",
    }
    policy = told["policies"][0]
    assert policy["policy"]["policy-string"][1] == "mode: enforce"
    assert policy["summary"] == {"total-successful-session-count": 7, "total-failure-session-count": 3}
    assert policy["failure-details"] == [
        {
            "result-type": "certificate-expired",
            "receiving-mx-hostname": "mx.other.example",
            "receiving-ip": "192.0.2.9",
            "failed-session-count": 3,
        }
    ]


def changed(**fields: object) -> bytes:
    return json.dumps(json.loads(written(REPORT)) | fields).encode()


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\x1f\x8b", id="a head of gzip"),
        pytest.param(b"\x1f\x8b" + b"x" * 1_000, id="no gzip behind its mark"),
        pytest.param(gzip.compress(written(REPORT))[:-20], id="gzip cut off"),
        pytest.param(gzip.compress(b" " * 100_000_000), id="a bomb"),
        pytest.param(gzip.compress(gzip.compress(written(REPORT))), id="gzip in gzip"),
        pytest.param(b"\x1f\x8b" + b"x" * (MOST_PACKED + 1), id="too much gzip"),
        pytest.param(b" " * 9_000_000, id="too much"),
        pytest.param(b"[" * 200_000, id="deep lists"),
        pytest.param(b'{"policies":' * 100_000, id="deep objects"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="deep objects that end"),
        pytest.param(changed(policies={}), id="policies are no list"),
        pytest.param(changed(policies=[1]), id="a policy is a number"),
        pytest.param(changed(**{"report-id": 7}), id="an id is a number"),
        pytest.param(changed(**{"report-id": ""}), id="no id"),
        pytest.param(
            changed(**{"date-range": {"start-datetime": "yesterday", "end-datetime": "x"}}), id="no dates"
        ),
        pytest.param(
            changed(**{"date-range": {"start-datetime": "2026-11-25", "end-datetime": "2026-11-24"}}),
            id="ends before it begins",
        ),
        pytest.param(b"\xff\xfe" + written(REPORT), id="another encoding"),
        pytest.param(written(REPORT).replace(b"Lazaretto", b"\xff\xff"), id="no UTF-8"),
        pytest.param(changed().replace(b": 7", b": 1e400"), id="a number without end"),
    ],
)
def test_what_is_no_report_is_unreadable(octets: bytes) -> None:
    with pytest.raises(ReportUnreadable):
        read_report(octets)


def test_what_is_kept_of_a_report_is_bounded_and_one_line_each() -> None:
    failure = {"result-type": "x\r\nEvil: 1\x1b[2J\0" + "y" * 300, "failed-session-count": -5}
    policy = {
        "policy": {"policy-type": "sts", "policy-domain": "OTHER.example.", "policy-string": "one text"},
        "summary": {"total-successful-session-count": 10**18, "total-failure-session-count": -1},
        "failure-details": [failure] * 210,
        "unknown": {"anything": [1, 2]},
    }

    report = read_report(changed(policies=[policy] + [{**policy, "failure-details": None}] * 200))

    assert len(report.policies) == MOST_POLICIES
    first = report.policies[0]
    assert (first.domain, first.lines, first.failed) == ("other.example", ("one text",), 0)
    assert first.successful == 2**53
    assert len(first.failures) == MOST_FAILURES
    assert first.failures[0].sessions == 0
    assert len(first.failures[0].result) == LONGEST_TEXT
    assert first.failures[0].result.isprintable()
