"""Answers from a file, for trying things out: nobody is asked.

The file is JSON: ``{"name": {"TXT": ["…"], "A": ["192.0.2.1"], "MX": ["10 mx.a.example"]}}``.
Names are lower case without trailing dot; the text ``"SERVFAIL"`` or ``"TIMEOUT"`` in place of a
list gives that error, also in place of all the records of a name; a name that is absent does not exist.
Who writes the file vouches for it: its answers count as authentic (DNSSEC), unless the records of a
name say ``"INSECURE": []``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.protocol.dns_names import question_name

LONGEST_ALIAS_CHAIN = 10
TTL = 300
"""Seconds; the file says none."""

_ERRORS = {"SERVFAIL": DnsStatus.SERVER_FAILURE, "TIMEOUT": DnsStatus.TIMEOUT}
_INSECURE = "INSECURE"
_HOST_KINDS = frozenset({"CNAME", "PTR", "NS"})

_Records = dict[str, DnsAnswer]


class FileResolver:
    """Implements ``core.facts.Resolver`` from a file that is read once."""

    def __init__(self, path: Path | str) -> None:
        self._names = _read(Path(path))

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        """Return the records of the file, following aliases; NO_DOMAIN for absent names."""
        asked = question_name(name)
        for _ in range(LONGEST_ALIAS_CHAIN + 1):
            records = None if asked is None else self._names.get(asked)
            if records is None:
                return DnsAnswer(DnsStatus.NO_DOMAIN)
            if "*" in records:
                return records["*"]
            if kind in records:
                return records[kind]
            alias = records.get("CNAME")
            if alias is None:
                return DnsAnswer(DnsStatus.NO_DATA)
            if not alias.records:
                return alias
            asked = alias.records[0]
        return DnsAnswer(DnsStatus.SERVER_FAILURE)


def _read(path: Path) -> dict[str, _Records]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigurationError(f"cannot read the DNS file {path}: {problem.strerror}") from problem
    except ValueError as problem:
        raise ConfigurationError(f"the DNS file {path} is not JSON: {problem}") from problem
    if not isinstance(content, dict):
        raise ConfigurationError(f"the DNS file {path} must be an object of names")
    return {_name_of(name): _records_of(path, name, records) for name, records in content.items()}


def _name_of(name: str) -> str:
    return question_name(name) or name.lower().removesuffix(".")


def _records_of(path: Path, name: str, records: object) -> _Records:
    if isinstance(records, str):
        return {"*": _answer(path, name, "*", records)}
    if not isinstance(records, dict):
        raise ConfigurationError(f'the DNS file {path} must give an object of records for "{name}"')
    answers = {kind.upper(): _answer(path, name, kind.upper(), values) for kind, values in records.items()}
    if _INSECURE in answers:
        return {kind: replace(answer, authentic=False) for kind, answer in answers.items()}
    return answers


def _answer(path: Path, name: str, kind: str, values: object) -> DnsAnswer:
    if isinstance(values, str):
        if values.upper() in _ERRORS:
            return DnsAnswer(_ERRORS[values.upper()])
        values = [values]
    if not isinstance(values, list) or kind == "*":
        raise ConfigurationError(
            f'the DNS file {path} must give a list, "SERVFAIL" or "TIMEOUT" for {kind} of "{name}"'
        )
    if not values:
        return DnsAnswer(DnsStatus.NO_DATA)
    return DnsAnswer(DnsStatus.ANSWER, tuple(_record(kind, value) for value in values), TTL, authentic=True)


def _record(kind: str, value: object) -> str:
    if kind == "TXT":
        joined = "".join(str(part) for part in value) if isinstance(value, list) else str(value)
        # Answers carry octets as Latin-1 characters; the file is UTF-8 text.
        return joined.encode("utf-8").decode("latin-1")
    text = str(value).strip()
    if kind in _HOST_KINDS:
        return _name_of(text)
    if kind == "MX":
        preference, _, host = text.partition(" ")
        return f"{preference} {_name_of(host.strip()) if host.strip() != '.' else ''}".rstrip()
    return text
