"""``lazaretto report``: this is spam, this is not; what was found, and what follows from it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.decision import Judgement
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import PLATFORM, TenantId
from lazaretto.db.pool import Pool
from lazaretto.intelligence.leaning_store import LeaningStore
from lazaretto.intelligence.report_cases import CaseState, ReportCase, ReportCases
from lazaretto.intelligence.signature_store import Reporter, SignatureStore, Source
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.keeping import kept_octets
from lazaretto.run.learning import answer
from lazaretto.run.ordering import ordered
from lazaretto.run.publishing import with_tenants
from lazaretto.run.scanning import Assumptions, Scanning, octets_in
from lazaretto.run.settings import load_settings

tenant_option = click.option("--tenant", metavar="NAME", help="Whose report it is; left out, the operator's.")
reporter_option = click.option(
    "--reporter", default="", metavar="ADDR", help="Who reports it; one reporter counts once."
)
source_option = click.option(
    "--as",
    "source",
    type=click.Choice([Source.OPERATOR.value, Source.ADMINISTRATOR.value, Source.USER.value]),
    default=None,
    help="Whose word it is: the operator is believed at once, others need a quorum.",
)


@click.group(name="report", epilog="Example: lazaretto report spam missed.eml")
def command() -> None:
    """Report missed spam, and wanted mail that was stopped."""


@command.command(epilog="Example: lazaretto report spam missed.eml --tenant acme --reporter bob@acme.example")
@click.argument("message", metavar="ID|FILE")
@tenant_option
@reporter_option
@source_option
@home_option
@json_option
def spam(
    message: str, tenant: str | None, reporter: str, source: str | None, home: Home, as_json: bool
) -> None:
    """Say that a message is spam: the id of our 250 (while we have it), or a file."""
    _report(home, message, _who(home, tenant, reporter, source), is_spam=True, as_json=as_json)


@command.command(name="not-spam", epilog="Example: lazaretto report not-spam 0198f2c4-…")
@click.argument("message", metavar="ID|FILE")
@tenant_option
@reporter_option
@source_option
@home_option
@json_option
def not_spam(
    message: str, tenant: str | None, reporter: str, source: str | None, home: Home, as_json: bool
) -> None:
    """Say that a message is wanted: the id of our 250 (while we have it), or a file."""
    _report(home, message, _who(home, tenant, reporter, source), is_spam=False, as_json=as_json)


@command.command(name="list", epilog="Example: lazaretto report list --tenant acme")
@tenant_option
@home_option
@json_option
def list_cases(tenant: str | None, home: Home, as_json: bool) -> None:
    """Print the reports and their answers, newest first."""
    owner = None if tenant is None else _number(home, tenant)
    cases = consult(home, "control", lambda pool: ReportCases(pool).list(owner, 1_000))
    for case in cases:
        click.echo(json.dumps(_as_json(case)) if as_json else _line(case))
    if not cases and not as_json:
        click.echo("nothing was reported", err=True)


def _report(home: Home, message: str, who: Reporter, *, is_spam: bool, as_json: bool) -> None:
    judgement = _looked_at_again(home, message)

    async def answered(pool: Pool) -> ReportCase:
        return await answer(
            ReportCases(pool),
            SignatureStore(pool),
            judgement,
            who,
            is_spam=is_spam,
            about=message if _as_id(message) else Path(message).name,
            now=datetime.now(UTC),
            leanings=LeaningStore(pool),
        )

    told = {"spam": is_spam, "reporter": who.name, "as": who.source.value}
    with ordered(home, "report.add", message, tenants=[who.tenant], after=told):
        case = consult(home, "control", answered)
    click.echo(json.dumps(_as_json(case)) if as_json else _line(case))
    if case.state is CaseState.WAITING:
        raise ConfigurationError(f"we do not have {message} any more; report it again with its file")


def _looked_at_again(home: Home, message: str) -> Judgement | None:
    """Return a new look at a message; None when nobody has it any more."""
    identity = _as_id(message)
    if identity is None:
        octets: bytes | None = octets_in(Path(message))
    else:
        octets = kept_octets(home, identity)
    if octets is None:
        return None
    settings = load_settings(home)
    detect = settings.detect.model_copy(update={"signatures": str(home.signatures)})
    with Scanning(None, None, detect=detect, digests=True) as scanning:
        return scanning.judgement_of(octets, Assumptions())


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _who(home: Home, tenant: str | None, reporter: str, source: str | None) -> Reporter:
    if tenant is None:
        if source not in (None, Source.OPERATOR.value):
            raise click.UsageError(f"--as {source} needs --tenant")
        return Reporter(Source.OPERATOR, PLATFORM, reporter or "operator")
    kind = Source(source) if source else Source.ADMINISTRATOR
    return Reporter(kind, _number(home, tenant), reporter or kind.value)


def _number(home: Home, name: str) -> TenantId:
    number = with_tenants(home, None, lambda store: store.number_of(name))
    if number is None:
        raise ConfigurationError(f"there is no tenant {name}; `lazaretto tenant list` shows all")
    return number


def _as_json(case: ReportCase) -> dict[str, Any]:
    return {
        "case": str(case.id),
        "report": "spam" if case.is_spam else "not-spam",
        "about": case.about,
        "reporter": case.reporter,
        "state": case.state.value,
        "opened_at": case.opened_at.isoformat(),
        "verdict": case.verdict or None,
        "score": case.score,
        "findings": list(case.findings),
        "effect": case.effect,
    }


def _line(case: ReportCase) -> str:
    said = "spam" if case.is_spam else "not spam"
    now = f", now {case.verdict} ({case.score:.1f})" if case.verdict else ""
    return f"{case.id}  {case.about}: reported as {said} by {case.reporter}{now}: {case.effect}"
