"""The command's root: finds its groups by the modules beside it, and turns errors into one sentence.

Exit codes: 0 done, 1 it did not work (the sentence says what to do next), 2 the command was called
wrongly.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import click

from lazaretto.cli import commands
from lazaretto.core.errors import LazarettoError

EPILOG = """\b
Examples:
  lazaretto run --home /var/lib/lazaretto
  lazaretto tenant apply acme.yaml
  lazaretto trace --recipient bob@customer.example
"""


class Groups(click.Group):
    """Loads the module ``cli.commands.NAME`` when command NAME is wanted; no list to edit.

    Words of a name are joined by ``_`` in modules and by ``-`` in commands.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all command modules."""
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the object ``command`` of the module ``cmd_name``; None when there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}").command
        return command if isinstance(command, click.Command) else None


@click.command(
    cls=Groups,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.version_option(package_name="lazaretto", message="lazaretto %(version)s")
def root() -> None:
    """Lazaretto, a cloud e-mail security platform."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit."""
    try:
        code = root.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except click.exceptions.Abort:
        code = _fail("interrupted", 1)
    except click.ClickException as failure:
        if isinstance(failure, click.UsageError):
            failure.show()
            sys.exit(2)
        code = _fail(failure.format_message(), 1)
    except LazarettoError as failure:
        code = _fail(str(failure), 1)
    except BrokenPipeError:
        # `lazaretto trace | head`: the reader has seen enough.
        sys.stderr.close()
        code = 0
    except OSError as failure:
        code = _fail(_told(failure), 1)
    sys.exit(code if isinstance(code, int) else 0)


def _told(failure: OSError) -> str:
    reason = failure.strerror or str(failure) or type(failure).__name__
    return f"{failure.filename}: {reason}" if failure.filename else reason


def _fail(problem: str, code: int) -> int:
    click.echo(f"lazaretto: {problem}", err=True)
    return code


if __name__ == "__main__":
    main()
