"""What listens to strangers loads no parser: it starts soon, stays small, and has less to be attacked."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "PIL", "oletools", "lxml", "msoffcrypto", "yara", "django", "lazaretto.detect.malware")


@pytest.mark.parametrize("module", ["lazaretto.run.edge", "lazaretto.run.deliver"])
def test_no_parser_is_imported(module: str) -> None:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split("\n"))
    assert module in loaded
    assert loaded & set(HEAVY) == set()
