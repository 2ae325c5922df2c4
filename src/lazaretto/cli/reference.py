"""The generated pages of ``docs/reference``: what the program says about itself, written down.

``python -m lazaretto.cli.reference docs/reference`` writes them; tests hold them to the program.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from lazaretto.cli.main import root
from lazaretto.core import malware_event
from lazaretto.detect.reference import symbols_page
from lazaretto.run.settings import defaults_document
from lazaretto.tenants.reference import render as tenant_page

SETTINGS_HEAD = """\
# Process settings

`HOME/lazaretto.toml`; everything has a default, and an unknown key is an error. This is what
`lazaretto config show --defaults` prints.

```toml
"""


def pages() -> Mapping[str, str]:
    """Return the text of every generated page, by file name."""
    return {
        "symbols.md": symbols_page(),
        "tenant-document.md": tenant_page(),
        "settings.md": f"{SETTINGS_HEAD}{defaults_document()}```\n",
        "commands.md": commands_page(),
        "malware-event.schema.json": json.dumps(malware_event.schema("MalwareEvent"), indent=2) + "\n",
        "mail-event.schema.json": json.dumps(malware_event.schema("MailEvent"), indent=2) + "\n",
    }


def commands_page() -> str:
    """Return the help of every command."""
    parts = ["# Commands\n\nWhat `lazaretto COMMAND --help` prints.\n"]
    context = click.Context(root, info_name="lazaretto", max_content_width=100, terminal_width=100)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        if command is not None:
            parts += _helps(command, click.Context(command, parent=context, info_name=name))
    return "\n".join(parts)


def _helps(command: click.Command, context: click.Context) -> list[str]:
    context.max_content_width = context.terminal_width = 100
    parts = [f"## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            sub = command.get_command(context, name)
            if sub is not None:
                parts += _helps(sub, click.Context(sub, parent=context, info_name=name))
    return parts


def main() -> None:
    """Write every page into the folder that is named."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m lazaretto.cli.reference FOLDER")
    folder = Path(sys.argv[1])
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(f"{folder / name}")


if __name__ == "__main__":
    main()
