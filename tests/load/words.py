"""The words of a measurement's command line, and ``--help`` for it."""

from __future__ import annotations

import argparse


def parser_of(module: str, told: str | None) -> argparse.ArgumentParser:
    """Return a parser for ``python -m MODULE`` whose help is ``told``, the module's docstring."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}", description=told, formatter_class=argparse.RawDescriptionHelpFormatter
    )
