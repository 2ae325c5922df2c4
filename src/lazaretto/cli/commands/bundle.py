"""``lazaretto bundle``: rules, lists, models and hashes as one signed file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.intelligence.bundle import Bundle
from lazaretto.intelligence.bundle_folder import BUILT_IN
from lazaretto.intelligence.bundle_keys import SecretKey
from lazaretto.intelligence.bundle_store import Fetch, Installation, NodeBundle
from lazaretto.run import bundles
from lazaretto.run.home import Home
from lazaretto.run.ordering import ordered
from lazaretto.run.settings import load_settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(name="bundle", epilog="Example: lazaretto bundle install https://rules.example/lazaretto.bundle")
def command() -> None:
    """Build, sign and install bundles; verdicts name the one that was used."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
def key(file: Path) -> None:
    """Make a key that signs bundles: its secret half in FILE, its public half printed."""
    made = SecretKey.make()
    made.save(file)
    click.echo(made.public.text)
    click.echo(f"keep {file} away from the machines that install bundles", err=True)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
def export(folder: Path) -> None:
    """Write what the program ships to FOLDER, to begin a bundle with."""
    click.echo(f"{bundles.export_built_in(folder)} files in {folder}")


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--version", "number", type=click.IntRange(1), help="A number above all before; left out, the time."
)
@click.option("--name", default="", metavar="TEXT", help="What people call it.")
@click.option("--key", "key_file", type=_FILE, help="Sign it at once with the key in this file.")
def build(folder: Path, file: Path, number: int | None, name: str, key_file: Path | None) -> None:
    """Pack the rules, lists, models and hashes in FOLDER into the bundle FILE."""
    now = datetime.now(UTC).replace(microsecond=0)
    made = bundles.build(folder, number or int(now.strftime("%Y%m%d%H%M%S")), name, now)
    if key_file is not None:
        made = made.sign(SecretKey.load(key_file))
    file.write_bytes(made.octets())
    click.echo(f"{file}: bundle {made.manifest.version}, {len(made.manifest.files)} files, {_signed(made)}")


@command.command()
@click.argument("file", type=_FILE)
@click.option("--key", "key_file", type=_FILE, required=True, help="File of the secret key.")
def sign(file: Path, key_file: Path) -> None:
    """Put the signature of a key on the bundle FILE, in place of any other."""
    signed = bundles.load(str(file)).sign(SecretKey.load(key_file))
    signed.unpacked()
    file.write_bytes(signed.octets())
    click.echo(f"{file}: bundle {signed.manifest.version} is signed")


@command.command()
@click.argument("place", metavar="FILE|URL")
@click.option("--as", "by", default="operator", metavar="WHO", help="Who says so, for the history.")
@home_option
def install(place: str, by: str, home: Home) -> None:
    """Bring a signed bundle into force on every machine, without a restart."""
    settings = load_settings(home)
    bundle = bundles.load(place, settings.bundles.authorities)
    bundle.verified_by(settings.bundles.keys())
    with tempfile.TemporaryDirectory(prefix="lz-bundle-") as temporary:
        bundles.try_out(bundle, Path(temporary), settings.detect)
    keys = settings.bundles.keys()
    told = {"version": bundle.manifest.version, "from": place}
    with ordered(home, "bundle.install", f"bundle {bundle.manifest.version}", on_behalf_of=by, after=told):
        installed = bundles.with_bundles(home, lambda store: store.install(bundle, keys, by))
    _tell(home, installed)


@command.command()
@click.option(
    "--to", "version", type=click.IntRange(0), help="Go back to this version; 0 = what the program ships."
)
@click.option("--as", "by", default="operator", metavar="WHO", help="Who says so, for the history.")
@home_option
def rollback(version: int | None, by: str, home: Home) -> None:
    """Bring the bundle before the present one into force again."""
    with ordered(home, "bundle.rollback", "bundle", on_behalf_of=by, after={"to": version}):
        installed = bundles.with_bundles(home, lambda store: store.rollback(by, version))
    _tell(home, installed)


@command.command()
@home_option
@json_option
def status(home: Home, as_json: bool) -> None:
    """Print the bundle in force, what each machine works with, and the history."""
    history = bundles.with_bundles(home, lambda store: store.history())
    nodes = bundles.with_bundles(home, lambda store: store.nodes())
    source = load_settings(home).bundles.source
    fetch = bundles.with_bundles(home, lambda store: store.last_fetch(source)) if source else None
    if as_json:
        told = _as_json(history, nodes) | {"source": _source_as_json(source, fetch)}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"in force: {_named(history[0].version) if history else BUILT_IN}")
    for node in nodes:
        problem = f": {node.problem}" if node.problem else ""
        click.echo(f"machine {node.node}: {_named(node.version)}{problem}")
    if source:
        click.echo(f"source {source}: {_looked(fetch)}")
    for each in history:
        signed = f"  signed by {each.signed_by}" if each.signed_by else ""
        click.echo(
            f"  {each.at:%Y-%m-%d %H:%M:%S}  {each.how:<8} {_named(each.version)}  by {each.by}{signed}"
        )


def _tell(home: Home, installed: Installation) -> None:
    late = bundles.wait_until_in_force(home, installed.number)
    name = _named(installed.version)
    if late:
        problems = "; ".join(f"machine {each.node}: {each.problem or 'not yet'}" for each in late)
        raise ConfigurationError(
            f"{name} is installed, but not in force everywhere ({problems});"
            " `lazaretto bundle rollback` takes it back"
        )
    click.echo(f"{name} is in force")


def _named(version: int | None) -> str:
    return BUILT_IN if version is None else f"bundle {version}"


def _looked(fetch: Fetch | None) -> str:
    if fetch is None:
        return "not looked at yet"
    seen = f"bundle {fetch.version}" if fetch.version is not None else "no bundle"
    return f"{seen} at {fetch.looked_at:%Y-%m-%d %H:%M:%S}{': ' if fetch.problem else ''}{fetch.problem}"


def _source_as_json(source: str, fetch: Fetch | None) -> dict[str, object] | None:
    if not source:
        return None
    return {
        "address": source,
        "looked_at": fetch.looked_at.isoformat() if fetch else None,
        "version": fetch.version if fetch else None,
        "problem": (fetch.problem or None) if fetch else None,
    }


def _signed(bundle: Bundle) -> str:
    return "signed" if bundle.is_signed else "not signed yet"


def _as_json(history: Sequence[Installation], nodes: Sequence[NodeBundle]) -> dict[str, object]:
    return {
        "in_force": history[0].version if history else None,
        "machines": [
            {"node": each.node, "version": each.version, "problem": each.problem or None} for each in nodes
        ],
        "history": [
            {
                "at": each.at.isoformat(),
                "how": each.how,
                "version": each.version,
                "by": each.by,
                "signed_by": each.signed_by or None,
            }
            for each in history
        ],
    }
