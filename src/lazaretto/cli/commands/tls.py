"""``lazaretto tls``: what became of encryption with others, counted by us and reported by them."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from lazaretto.cli.options import home_option, json_option
from lazaretto.db.pool import Pool
from lazaretto.journal.tls_reports import (
    ReceivedTlsReport,
    TlsSessions,
    received_tls_reports,
    tls_sessions,
)
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home

_domain = click.option("--domain", metavar="D", help="Only about this domain.")
_limit = click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="Lines shown at most."
)


@click.group(name="tls", epilog="Example: lazaretto tls received --domain customer.example")
def command() -> None:
    """Show TLS reports (RFC 8460): what we count and send, and what others send."""


@command.command(epilog="Example: lazaretto tls sessions --domain partner.example --json")
@home_option
@_domain
@_limit
@json_option
def sessions(home: Home, domain: str | None, limit: int, as_json: bool) -> None:
    """Print our sessions with other domains by day and policy, and what became of the reports."""

    async def ask(pool: Pool) -> list[TlsSessions]:
        return await tls_sessions(pool, domain=_folded(domain), wanted=limit)

    found = consult(home, "trace", ask)
    for each in found:
        click.echo(_json(each) if as_json else _session_line(each))
    if not found and not as_json:
        click.echo("no sessions are counted; counters are stored once a minute", err=True)


@command.command(epilog="Example: lazaretto tls received --domain customer.example")
@home_option
@_domain
@_limit
@json_option
def received(home: Home, domain: str | None, limit: int, as_json: bool) -> None:
    """Print the reports that others sent about tenants' domains, newest first."""

    async def ask(pool: Pool) -> list[ReceivedTlsReport]:
        return await received_tls_reports(pool, None, domain=_folded(domain), wanted=limit)

    found = consult(home, "trace", ask)
    for each in found:
        click.echo(_json(each) if as_json else "\n".join(_report_lines(each)))
    if not found and not as_json:
        click.echo(
            "no report came in; publish _smtp._tls.DOMAIN TXT "
            '"v=TLSRPTv1; rua=mailto:ADDRESS" with a registered address',
            err=True,
        )


def _folded(domain: str | None) -> str | None:
    return None if domain is None else domain.lower().rstrip(".")


def _session_line(each: TlsSessions) -> str:
    reports = f"  {'; '.join(each.reports)}" if each.reports else ""
    return f"{each.day}  {each.domain}  {each.policy}  {each.successful} good, {each.failed} failed{reports}"


def _report_lines(each: ReceivedTlsReport) -> list[str]:
    signed = f"signed by {each.signed_by}" if each.signed_by else "not signed: anybody may have written it"
    return [
        f"{each.began:%Y-%m-%d}  {each.domain}  {each.policy}  {each.successful} good, {each.failed} failed  "
        f"{each.organization} ({signed})",
        *(f"    {failure['sessions']:>6}  {failure['result']}  {_at(failure)}" for failure in each.failures),
    ]


def _at(failure: dict[str, Any]) -> str:
    return " ".join(filter(None, (failure.get(key) for key in ("mx_host", "receiving_ip", "reason"))))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
