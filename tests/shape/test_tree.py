"""The tree itself: what documents name exists, what is code is described, what is banned is absent."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "lazaretto"
MODULES = sorted(path for path in SOURCE.rglob("*.py"))
DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
BANNED_CALLS = {
    "splitlines": "it splits at characters that SMTP does not know",
    "extractall": "members' names are the sender's",
}
BANNED_MODULES = {
    "pickle": "what is unpickled runs",
    "xml.etree.ElementTree": "entities explode",
    "urllib.request": "only a fetcher with an allow-list may fetch",
}
# Where the banned call works on text of our own.
TEXT_OF_OUR_OWN = (
    "spool/master_key",
    "cli/",
    "run/",
    "db/",
    "testing/",
    "tenants/",
    "detect/content/",
    "detect/malware/hash",
)


# What gets its place there is no file of known octets: folders, a socket, a stream, a log.
OTHER_RENAMES = (
    "db/binaries",
    "db/server",
    "intelligence/bundle_folder",
    "pipeline/station",
    "spool/content_file",
)


def test_every_package_that_architecture_names_exists() -> None:
    named = re.findall(r"^\| `([a-z]+)/` \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)

    assert named
    assert [name for name in named if not (SOURCE / name / "__init__.py").is_file()] == []


def test_every_package_of_the_tree_is_in_architecture() -> None:
    named = set(re.findall(r"^\| `([a-z]+)/` \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE))
    existing = {path.parent.name for path in SOURCE.glob("*/__init__.py")}

    assert existing == named


def test_every_module_that_architecture_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = re.findall(r"`([a-z]+(?:\.[a-z_]+)+)`", text)
    missing = [
        name
        for name in named
        if not (SOURCE / (name.replace(".", "/") + ".py")).is_file()
        and not (SOURCE / name.replace(".", "/") / "__init__.py").is_file()
    ]

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_text())), "a module opens with what it is for"


def test_every_sql_file_opens_with_a_sentence() -> None:
    files = list(SOURCE.rglob("*.sql"))

    assert files
    assert [str(path) for path in files if not re.match(r"-- .+", path.read_text())] == []


def test_no_module_uses_what_is_banned_on_mail() -> None:
    found = [problem for module in MODULES for problem in _banned_in(module)]

    assert found == []


def _banned_in(module: Path) -> list[str]:
    relative = str(module.relative_to(SOURCE))
    problems = []
    for node in ast.walk(ast.parse(module.read_text())):
        is_ours = relative.startswith(TEXT_OF_OUR_OWN)
        if isinstance(node, ast.Attribute) and node.attr in BANNED_CALLS and not is_ours:
            problems.append(f"{relative}:{node.lineno} {node.attr}: {BANNED_CALLS[node.attr]}")
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names if alias.name in BANNED_MODULES]
            problems += [f"{relative}:{node.lineno} {name}: {BANNED_MODULES[name]}" for name in named]
    return problems


def test_the_zip_reader_of_the_language_reads_nothing() -> None:
    """It opens members that lie over one another (CVE-2024-0450), in the oldest Python that we run on."""
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in MODULES
        if path.name != "diagnosis.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ZipFile")
        if not (len(node.args) > 1 and ast.unparse(node.args[1]) == "'w'")
    ]

    assert found == []


def test_files_get_their_place_in_one_way() -> None:
    """``files.placing`` knows what a kill, a power cut and another writer do to a file written beside."""
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in MODULES
        if not str(path.relative_to(SOURCE)).startswith(("files/", *OTHER_RENAMES))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _renames(node)
    ]

    assert found == []


def _renames(call: ast.Call) -> bool:
    """Tell a file's ``replace`` or ``rename`` from those of strings, moments and records."""
    if not isinstance(call.func, ast.Attribute) or call.keywords:
        return False
    of_a_path = len(call.args) == 1 and not isinstance(call.args[0], ast.Starred)
    return call.func.attr == "rename" or (call.func.attr == "replace" and of_a_path)


def test_the_lock_file_pins_hashes_and_records_no_addresses() -> None:
    lock = (ROOT / "requirements" / "lock.txt").read_text()

    assert "--hash=sha256:" in lock
    assert re.findall(r"https?://|@ file:|--index|--find-links", lock) == []


def test_no_log_line_has_a_field_that_the_log_record_has_already() -> None:
    """``extra={"message": …}`` raises KeyError in place of logging, there and then."""
    reserved = {*vars(logging.makeLogRecord({})), "message", "asctime"}
    found = [
        f"{path.relative_to(SOURCE)}:{field.lineno}"
        for path in MODULES
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for field in _log_fields(function)
        if field.value in reserved
    ]

    assert found == []


def _log_fields(function: ast.AST) -> Iterator[ast.Constant]:
    """Yield the names of all ``extra`` fields of standard log calls, given in place or by a local name."""
    nodes = list(ast.walk(function))
    given = {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in nodes:
        for keyword in call.keywords if isinstance(call, ast.Call) else ():
            if keyword.arg == "extra":
                value = keyword.value
                value = given.get(value.id, value) if isinstance(value, ast.Name) else value
                if isinstance(value, ast.Dict):
                    yield from (key for key in value.keys if isinstance(key, ast.Constant))


def test_migrations_of_a_package_are_one_line_without_gaps() -> None:
    """Two that follow the same one, from two people at once, would stop every start."""
    folders = sorted(SOURCE.rglob("migrations/__init__.py"))
    numbers = {
        str(folder.parent): sorted(path.name[:4] for path in folder.parent.glob("[0-9]*.py"))
        for folder in folders
    }

    assert folders
    for found in numbers.values():
        assert found == [f"{number:04}" for number in range(1, len(found) + 1)]
