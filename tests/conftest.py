"""Where tests find the shared corpora, and how they say that they did not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine must not decide a property; what CI finds, it finds each time.
settings.register_profile(
    "here",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("here")

ROOT = Path(__file__).resolve().parents[1]


def corpora_folder() -> Path | None:
    """Return the folder of real mail and suites; None when there is none on this machine."""
    named = os.environ.get("LAZARETTO_CORPORA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if (folder / "README.md").is_file() else None


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of the shared corpora; a test that needs it is left out, and counted, without it."""
    folder = corpora_folder()
    if folder is None:
        pytest.skip("corpora not found")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with one line that says what was left out, so that nothing is hidden in a count."""
    left_out = [
        r for r in terminalreporter.stats.get("skipped", []) if "corpora not found" in str(r.longrepr)
    ]
    if left_out:
        terminalreporter.write_line(
            f"left out: {len(left_out)} tests on real mail (no corpora; set LAZARETTO_CORPORA)"
        )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where everything is installed on purpose (CI), a test that was left out is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or exitstatus != pytest.ExitCode.OK or reporter is None:
        return
    if any("corpora not found" not in str(report.longrepr) for report in reporter.stats.get("skipped", [])):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
