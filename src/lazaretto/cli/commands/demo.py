"""``lazaretto demo``: a lively start for newcomers; `make run` and `make demo-mail` call it."""

from __future__ import annotations

import asyncio
import smtplib
import subprocess
import sys
import time
from datetime import datetime
from typing import Final

import click

from lazaretto.cli.options import confirm, home_option
from lazaretto.run.demo_clearing import clear
from lazaretto.run.demo_filling import fill
from lazaretto.run.demonstration import (
    DOMAIN,
    PEOPLE,
    SECOND_DOMAIN,
    SECOND_TENANT,
    TENANT,
    DemoMail,
    demo_mails,
    demo_time,
    second_document,
    tenant_document,
    write_dns,
)
from lazaretto.run.home import Home
from lazaretto.run.logging import log_to
from lazaretto.run.options import RunOptions, host_and_port
from lazaretto.run.publishing import publish
from lazaretto.run.running import is_running
from lazaretto.run.settings import ListenSettings, load_settings
from lazaretto.run.storeroom import DEMO_ADDRESS, open_storeroom
from lazaretto.run.supervisor import Supervisor
from lazaretto.run.telling import story_of

SETTLED_PATIENCE: Final = 15.0
"""Seconds for which a message's story may still be on its way."""


@click.group(name="demo", epilog="Example: lazaretto demo run")
def command() -> None:
    """Show what Lazaretto does, on this machine alone."""


@command.command(name="run")
@click.option("--empty", is_flag=True, help="Do not fill a new home with a month of mail.")
@home_option
def run_demo(empty: bool, home: Home) -> None:
    """Start everything with two demo tenants and a mailbox to deliver to; Ctrl-C stops it.

    A new home is filled with a month of believable mail beside, which takes about a minute.
    """
    if is_running(home) is not None:
        raise click.ClickException(f"it runs already in {home.folder}; stop it there with Ctrl-C first")
    home.make()
    settings = load_settings(home)
    http = settings.listen.http or DEMO_ADDRESS
    options = RunOptions(dns_file=write_dns(home), http=http)
    fresh = not home.master_key.exists()
    filling: list[subprocess.Popen[bytes]] = []

    def tell(what: str) -> None:
        click.echo(f"run: {what}")

    def when_ready() -> None:
        mailbox = host_and_port(settings.listen.mailbox)
        publish(home, settings, tenant_document(mailbox), "demo")
        publish(home, settings, second_document(mailbox), "atelier")
        _greet(home, settings.listen, http, fresh=fresh)
        _tell_people(home, http)
        if fresh and not empty:
            filling.append(_fill_beside(home))

    with (home.logs / "supervisor.log").open("a", encoding="utf-8") as log:
        log_to(log, role="supervisor")
        Supervisor(home, settings, options, when_ready=when_ready, tell=tell, more_roles=("mailbox",)).run()
    for each in filling:
        # Nothing is left for it to fill.
        each.terminate()
        each.wait()
    click.echo("run: everything is stopped; `make run` finds its data again")


def _greet(home: Home, listen: ListenSettings, http: str, *, fresh: bool) -> None:
    click.echo(
        f"""
ready: Lazaretto is running{" for the first time" if fresh else " again, with its data"}.

  SMTP edge        {listen.smtp}   (STARTTLS with a certificate of its own)
  demo tenants     {TENANT} ({DOMAIN}, with alice@ and bob@) and {SECOND_TENANT} ({SECOND_DOMAIN})
  API              http://{http}/api/v1   (lazaretto account --help makes a token; docs/use/api.md)
  delivered mail   {home.folder}/mailbox/   (a next hop on {listen.mailbox})
  state and logs   {home.folder}

No account is needed: the commands below read this folder. Three things to try, in another terminal:

  1. make demo-mail
  2. .venv/bin/lazaretto trace --home {home.folder} --recipient bob@{DOMAIN}
  3. .venv/bin/lazaretto quarantine list --home {home.folder}
     then: .venv/bin/lazaretto quarantine release --home {home.folder} ID

Ctrl-C stops everything."""
    )


def _tell_people(home: Home, http: str) -> None:
    """Make the demo's accounts and tell how to sign in with them."""
    with open_storeroom(home):
        from lazaretto.store.people.demonstration import DemoAccount, demo_password, make_demo_accounts

        people = [
            DemoAccount(email=email, role=role, tenant=tenant, name=name)
            for email, role, tenant, name in PEOPLE
        ]
        make_demo_accounts(people)
        click.echo(f"\n  portals          http://{http.replace('127.0.0.1', 'localhost')}/\n")
        for each in people:
            click.echo(f"    {each.email:30} {demo_password(each.email)}   {each.role or 'end user'}")
        click.echo(
            "\n  These demo accounts sign in without a second factor. Others who are granted something must"
            "\n  have one: lazaretto account add, then lazaretto account invite, lead through it."
        )


def _fill_beside(home: Home) -> subprocess.Popen[bytes]:
    """Fill the demo's tenants in a process of its own, so that everything can be used meanwhile."""
    arguments = [sys.executable, "-m", "lazaretto.cli.main", "demo", "fill", "--home", str(home.folder)]
    with (home.logs / "demo-fill.log").open("ab") as log:
        filling = subprocess.Popen(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL)  # noqa: S603 - our own
    click.echo("\n  A month of mail is being filled in; the portals show more of it by the second.")
    return filling


@command.command(name="fill", epilog="Example: lazaretto demo fill --days 30")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 30), help="How far back.")
@home_option
def fill_demo(days: int, home: Home) -> None:
    """Fill the demo's two tenants with believable mail of the last days, by the real path."""
    if is_running(home) is None:
        raise click.ClickException("nothing runs here; start it with `make run` in another terminal")
    options = RunOptions(dns_file=write_dns(home))
    filled = asyncio.run(fill(home, load_settings(home), options, days, click.echo))
    click.echo(
        f"filled: {filled.messages} messages, of which {filled.quarantined} are or were in quarantine"
        f" and {filled.refused} refused; `lazaretto demo clear` removes them again"
    )


@command.command(name="clear", epilog="Example: lazaretto demo clear --yes")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def clear_demo(yes: bool, home: Home) -> None:
    """Remove all traffic, cases and settings of people of the demo's two tenants."""
    if not yes:
        confirm(f"Remove all mail of the tenants {TENANT} and {SECOND_TENANT} for good?")
    click.echo(f"removed: {clear(home, (TENANT, SECOND_TENANT))} rows")


@command.command(name="mail")
@home_option
def send_demo_mail(home: Home) -> None:
    """Send a handful of different messages and tell what became of each."""
    running = is_running(home)
    if running is None:
        raise click.ClickException("nothing runs here; start it with `make run` in another terminal")
    host, port = host_and_port(running.smtp)
    for mail in demo_mails(demo_time()):
        click.secho(f"\n{mail.title}: from {mail.sender} to {mail.recipient}", bold=True)
        click.echo(f"  expected   {mail.expect}")
        began = demo_time()
        click.echo(f"  answer     {_answer(host, port, mail)}")
        click.echo(_story(home, mail, began))


def _answer(host: str, port: int, mail: DemoMail) -> str:
    try:
        with smtplib.SMTP(host, port, local_hostname="demo.partner.example", timeout=60) as client:
            client.ehlo()
            client.mail(mail.sender)
            code, text = client.rcpt(mail.recipient)
            if code == 250:
                code, text = client.data(mail.octets)
            return f"{code} {text.decode('utf-8', 'replace')}"
    except smtplib.SMTPResponseException as refused:
        told = refused.smtp_error
        return f"{refused.smtp_code} {told.decode('utf-8', 'replace') if isinstance(told, bytes) else told}"
    except (OSError, smtplib.SMTPException) as failure:
        raise click.ClickException(f"the edge at {host}:{port} does not answer: {failure}") from failure


def _story(home: Home, mail: DemoMail, began: datetime) -> str:
    deadline = time.monotonic() + SETTLED_PATIENCE
    while True:
        story = story_of(home, mail.sender, mail.recipient, began)
        if story.is_settled or time.monotonic() > deadline:
            return story.text
        time.sleep(0.2)
