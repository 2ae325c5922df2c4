"""TLS reports that come in (RFC 8460): read by the worker that looks at their mail, kept by the trace.

A report is believed as far as it is signed: what is kept says by whom.  Only what it says about
domains of the tenants that it was sent to is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from lazaretto.core.facts import AuthResult, Facts
from lazaretto.core.snapshot import TenantSnapshot, names_above
from lazaretto.mail.part import Part
from lazaretto.mail.view import MessageView
from lazaretto.protocol.tls_report import MOST_PACKED, PolicyCount, ReportUnreadable, read_report

_TYPES: Final = frozenset({"application/tlsrpt+gzip", "application/tlsrpt+json"})
MOST_REPORTS: Final = 5
"""Of one message."""
MOST_KEPT_FAILURES: Final = 50
"""Of one policy."""


def tls_reports_in(
    message: MessageView, facts: Facts, snapshots: Iterable[TenantSnapshot]
) -> list[dict[str, Any]]:
    """Return the reports in ``message`` about domains of ``snapshots``, as JSON values for the trace.

    One that cannot be read is there with its ``problem``.
    """
    domains = frozenset(domain for snapshot in snapshots for domain in snapshot.domains)
    return [_kept(part, facts, domains) for part in _parts_with_reports(message)]


def _parts_with_reports(message: MessageView) -> Iterator[Part]:
    found = 0
    for part in message.parts:
        if part.content_type in _TYPES and not part.is_alternative:
            yield part
            found += 1
            if found == MOST_REPORTS:
                return


def _kept(part: Part, facts: Facts, domains: frozenset[str]) -> dict[str, Any]:
    try:
        report = read_report(part.decoded(MOST_PACKED + 1))
    except ReportUnreadable as failure:
        return {"problem": str(failure), "policies": []}
    return {
        "organization": report.organization,
        "contact": report.contact,
        "id": report.id,
        "began": report.began.isoformat(),
        "ended": report.ended.isoformat(),
        "signed_by": _signers(facts),
        "policies": [_policy(policy) for policy in report.policies if _is_about(policy, domains)],
    }


def _signers(facts: Facts) -> str:
    good = {each.domain for each in facts.dkim if each.result is AuthResult.PASS and each.body_covered}
    return " ".join(sorted(good))


def _is_about(policy: PolicyCount, domains: frozenset[str]) -> bool:
    return not domains.isdisjoint(names_above(policy.domain))


def _policy(policy: PolicyCount) -> dict[str, Any]:
    return {
        "type": policy.type,
        "domain": policy.domain,
        "successful": policy.successful,
        "failed": policy.failed,
        "failures": [msgspec.to_builtins(each) for each in policy.failures[:MOST_KEPT_FAILURES]],
    }
