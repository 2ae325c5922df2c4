"""``lazaretto tenant``: a tenant's whole configuration as one document."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from pathlib import Path

import click

from lazaretto.cli.document_files import read_document, write_document
from lazaretto.cli.options import home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.pipeline.list_usage import trial_of, usage_of
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.publishing import publish, published, with_tenants
from lazaretto.run.settings import load_settings
from lazaretto.tenants.checking import check as remarks_on
from lazaretto.tenants.conformance import PastVersion
from lazaretto.tenants.conformance import conformance as deviations_of
from lazaretto.tenants.document import export_document, parse_document
from lazaretto.tenants.remarks import Severity
from lazaretto.tenants.showing import shown
from lazaretto.tenants.store import TenantStore
from lazaretto.tenants.trials import promoted, trials_in


@click.group(name="tenant", epilog="Example: lazaretto tenant apply acme.yaml")
def command() -> None:
    """Publish, show and check tenants' documents."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@home_option
def apply(file: Path, home: Home) -> None:
    """Publish FILE; returns when the version is in force in every process."""
    applied, late = publish(home, None, read_document(file), file.name)
    if late:
        raise ConfigurationError(
            f"version {applied.version} of {applied.name} is published, but not yet in force in:"
            f" {', '.join(late)}; look at their logs"
        )
    state = "is in force" if applied.changed else "was in force already; nothing changed"
    click.echo(f"{applied.name}: version {applied.version} {state}")


@command.command(epilog="Example: lazaretto tenant export acme --files backup")
@click.argument("name")
@click.option(
    "--files",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write it here, long lists into files that it names with their hashes.",
)
@home_option
def export(name: str, folder: Path | None, home: Home) -> None:
    """Print the document of tenant NAME that is in force."""
    text = with_tenants(home, None, lambda store: store.export(name))
    if folder is None:
        click.echo(text, nl=False)
        return
    for file in write_document(folder, name, text):
        click.echo(str(file))


@command.command(epilog="Example: lazaretto tenant show acme --address bob@customer.example")
@click.argument("name")
@click.option("--domain", default="", metavar="D", help="Settings of the people of this domain.")
@click.option("--group", default="", metavar="G", help="Settings of this group.")
@click.option("--address", default="", metavar="A", help="Settings that hold for this address.")
@click.option("--all", "everything", is_flag=True, help="Defaults, too.")
@json_option
@home_option
def show(
    name: str, domain: str, group: str, address: str, everything: bool, as_json: bool, home: Home
) -> None:
    """Print which settings of tenant NAME hold, and where each of them comes from."""
    text = with_tenants(home, None, lambda store: store.export(name))
    document = parse_document(text, name)
    for each in shown(document, domain=domain.lower(), group=group, address=address):
        if each.origin == "default" and not everything:
            continue
        if as_json:
            click.echo(json.dumps({"setting": each.path, "value": each.value, "from": each.origin}))
        else:
            value = json.dumps(each.value, ensure_ascii=False)
            value = value if len(value) <= 100 else f"{value[:97]}..."
            click.echo(f"{each.path} = {value}  (from {each.origin})")


@command.command(epilog="Example: lazaretto tenant diff acme 3 5")
@click.argument("name")
@click.argument("one")
@click.argument("other", type=int, required=False)
@home_option
def diff(name: str, one: str, other: int | None, home: Home) -> None:
    """Print what differs between version ONE of tenant NAME, or a file ONE, and what is in force.

    With OTHER, between versions ONE and OTHER.
    """

    async def texts(store: TenantStore) -> tuple[str, str]:
        first = await store.export(name, int(one)) if one.isdigit() else ""
        return first, await store.export(name, other)

    before, after = with_tenants(home, None, texts)
    titles = (f"version {one}", "in force" if other is None else f"version {other}")
    if not one.isdigit():
        file = Path(one)
        # A file is what may come into force next, so it stands on the new side.
        before, after = after, export_document(parse_document(read_document(file), file.name))
        titles = (titles[1], file.name)
    lines = list(unified_diff(before.splitlines(), after.splitlines(), *titles, lineterm=""))
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo("no difference", err=True)


@command.command(epilog="Example: lazaretto tenant conformance acme")
@click.argument("name")
@json_option
@home_option
def conformance(name: str, as_json: bool, home: Home) -> None:
    """Print where tenant NAME leaves the best-practice profile, whose duty that is, and since when."""
    past = with_tenants(home, None, lambda store: _past(store, name))
    deviations = list(deviations_of(past[0].document, past))
    for each in deviations:
        since = f"{each.since:%Y-%m-%d %H:%M}" if each.since else "?"
        effect = (
            "suspends the service levels for spam" if each.suspends_levels else "no effect on service levels"
        )
        if as_json:
            told = {"setting": each.path, "value": each.value, "wanted": each.wanted, "duty": each.duty.value}
            click.echo(json.dumps({**told, "since": since, "suspends_levels": each.suspends_levels}))
        else:
            click.echo(
                f"{each.path} = {each.value} (wanted: {each.wanted}); duty of the {each.duty.value}; "
                f"since {since}; {effect}"
            )
    if not deviations and not as_json:
        click.echo(f"{name} keeps to the best-practice profile")


@command.command(epilog="Example: lazaretto tenant promote acme --only 'rules: no programs'")
@click.argument("name")
@click.option("--only", default="", metavar="WHAT", help="One thing, as `lazaretto tenant trial` names it.")
@home_option
def promote(name: str, only: str, home: Home) -> None:
    """Put what is on trial in the document of tenant NAME in force."""
    document = parse_document(with_tenants(home, None, lambda store: store.export(name)), name)
    tried = list(trials_in(document))
    chosen = [each for each in tried if only in ("", each.words)]
    if not tried:
        raise ConfigurationError(f"nothing is on trial in {name}; mark a rule or an entry with shadow: true")
    if not chosen:
        raise ConfigurationError(f"{only} is not on trial; {', '.join(each.words for each in tried[:10])}")
    note = f"{only or 'what was on trial'} acts"
    applied, _ = published(home, None, promoted(document, chosen), note)
    click.echo(f"{applied.name}: version {applied.version} is in force; {note}")


@command.command(epilog="Example: lazaretto tenant trial acme --days 14")
@click.argument("name")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 30), help="How far back.")
@json_option
@home_option
def trial(name: str, days: int, as_json: bool, home: Home) -> None:
    """Print what settings on trial would have done to the mail of tenant NAME."""

    async def in_force(store: TenantStore) -> tuple[str, TenantId | None]:
        return await store.export(name), await store.number_of(name)

    text, number = with_tenants(home, None, in_force)
    assert number is not None
    tried = [each.words for each in trials_in(parse_document(text, name))]
    database = Database(home, load_settings(home))
    with database.available():
        outcome = trial_of(database.dsn("trace"), number, timedelta(days=days))
    if as_json:
        click.echo(json.dumps({**outcome, "on_trial": tried}, ensure_ascii=False))
        return
    for words in tried:
        click.echo(f"on trial: {words}")
    click.echo(f"{outcome['messages']} messages of {days} days would have fared otherwise")
    for fate, count in outcome["fates"].items():
        click.echo(f"{count:>8}  {fate}")


@command.command(epilog="Example: lazaretto tenant lists acme --days 30")
@click.argument("name")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 30), help="How far back.")
@json_option
@home_option
def lists(name: str, days: int, as_json: bool, home: Home) -> None:
    """Print each approved and blocked sender of tenant NAME: hits, last use, and what passed only by it."""

    async def in_force(store: TenantStore) -> tuple[str, TenantId | None]:
        return await store.export(name), await store.number_of(name)

    text, number = with_tenants(home, None, in_force)
    assert number is not None
    document = parse_document(text, name)
    database = Database(home, load_settings(home))
    with database.available():
        usages = usage_of(database.dsn("trace"), document, number, timedelta(days=days))
    for each in usages:
        if as_json:
            click.echo(json.dumps(each.as_json()))
        else:
            click.echo(each.in_words())


async def _past(store: TenantStore, name: str) -> list[PastVersion]:
    return [
        PastVersion(
            document=parse_document(await store.export(name, version.number), f"{name} {version.number}"),
            published_at=version.published_at,
        )
        for version in await store.history(name)
    ]


@command.command(name="list")
@home_option
def list_names(home: Home) -> None:
    """Print the names of all tenants."""
    names = with_tenants(home, None, lambda store: store.names())
    for name in names:
        click.echo(name)
    if not names:
        click.echo("no tenant yet; `lazaretto tenant apply FILE.yaml` makes one", err=True)


@command.command()
@click.argument("name")
@home_option
def history(name: str, home: Home) -> None:
    """Print the versions of tenant NAME, latest first."""
    for version in with_tenants(home, None, lambda store: store.history(name)):
        note = f"  {version.note}" if version.note else ""
        click.echo(
            f"{version.number:>5}  {version.published_at:%Y-%m-%d %H:%M:%S}  {version.published_by}{note}"
        )


@command.command()
@click.argument("name")
@click.argument("version", type=int)
@home_option
def rollback(name: str, version: int, home: Home) -> None:
    """Publish the document of an older VERSION of tenant NAME again."""
    text = with_tenants(home, None, lambda store: store.export(name, version))
    document = parse_document(text, f"{name} version {version}")
    applied, _ = published(home, None, document, f"rollback to version {version}")
    if not applied.changed:
        click.echo(
            f"{applied.name}: version {applied.version} says what version {version} said; nothing changed"
        )
        return
    click.echo(f"{applied.name}: version {applied.version} is published; it says what version {version} said")


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Tell whether FILE is right, with the line of each mistake; exit 1 when it is not."""
    remarks = remarks_on(read_document(file), file.name, datetime.now(UTC).date())
    for remark in remarks:
        click.echo(remark.shown(file.name), err=True)
    if any(remark.severity is Severity.ERROR for remark in remarks):
        raise ConfigurationError(f"{file.name} cannot be applied as it is")
    click.echo(f"{file.name}: right" if not remarks else f"{file.name}: can be applied; see the warnings")
