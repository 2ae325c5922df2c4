"""The API does what its own description says, whatever it is asked."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Program

pytestmark = pytest.mark.integration

EXAMPLES = int(os.environ.get("LAZARETTO_API_EXAMPLES", "12"))
"""For each operation; a longer run by hand takes more."""


@pytest.fixture(scope="module")
def application(store: StoreSettings) -> Callable[..., Any]:
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


@pytest.fixture(scope="module")
def api_schema(application: Callable[..., Any]) -> Any:
    loaded = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", application, headers={"Host": "testserver"}
    )
    # What asks with no valid token is another test's.
    return loaded.exclude(path_regex=r"^/api/v1/tokens/\{id\}$")


def test_answers_are_as_described(api_schema: Any, operator: Program) -> None:
    headers = {
        "Host": "testserver",
        "Authorization": f"Bearer {operator.token}",
        # Without a socket between, nobody unpacks what is sent packed.
        "Accept-Encoding": "identity",
    }
    asked = 0
    for result in api_schema.get_all_operations():
        operation = result.ok()
        ask_at_random(operation, headers)
        asked += 1

    assert asked > 20


def ask_at_random(operation: Any, headers: dict[str, str]) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if "tenant" in (case.path_parameters or {}):
            case.path_parameters["tenant"] = "zeta"
        # A cursor of somebody else, or a document that says nonsense, has the right shape and is wrong.
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    ask()


def test_no_two_resources_describe_different_things_by_one_name(store: StoreSettings) -> None:
    import importlib
    import pkgutil

    from ninja import Schema

    from lazaretto.web.api import resources

    known: dict[str, str] = {}
    twice = []
    for module in pkgutil.iter_modules(resources.__path__, f"{resources.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            is_schema = isinstance(value, type) and issubclass(value, Schema)
            if (
                is_schema
                and value.__module__ == module.name
                and known.setdefault(name, module.name) != module.name
            ):
                twice.append((name, known[name], module.name))

    assert twice == []
