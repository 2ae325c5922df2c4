"""The API put together: every module in ``resources`` adds its router."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from ninja import NinjaAPI, Router
from ninja.openapi.schema import OpenAPISchema

from lazaretto.web.api import resources
from lazaretto.web.api.needs import Needs, NeedsAccount, refuse_all
from lazaretto.web.api.problems import MEDIA_TYPE, tell_problems

_DESCRIPTION = """
Everything that the portals do goes through these commands and queries, with the same rights.

* **Tokens**: `Authorization: Bearer lzt_…`; `lazaretto account token` makes one, `POST /tokens` makes more.
* **Errors** are `application/problem+json` (RFC 9457).
* **Lists** are paged by `cursor`; `next` in the answer is the next one, null at the end.
* **Repeating a POST safely**: send an `Idempotency-Key`; the same again is answered as before.
* **Documents** have an `ETag`; `PUT` needs it in `If-Match`.
"""


class Api(NinjaAPI):
    """Ninja's API, whose description says how we tell problems and who may ask."""

    def get_openapi_schema(self, *arguments: Any, **keywords: Any) -> OpenAPISchema:
        """Return the OpenAPI description."""
        schema = super().get_openapi_schema(*arguments, **keywords)
        for path in schema["paths"].values():
            for operation in path.values():
                _amend(operation)
        schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        return schema


def _amend(operation: dict[str, Any]) -> None:
    for status, response in operation.get("responses", {}).items():
        if int(status) >= 400 and "application/json" in response.get("content", {}):
            response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
        if int(status) == 429:
            response["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    operation["security"] = [{"token": []}]


def make_api() -> Api:
    """Return the API with every resource."""
    made = Api(
        title="Lazaretto",
        version="1",
        description=_DESCRIPTION.strip(),
        auth=refuse_all,
        urls_namespace="api-v1",
        docs_url=None,
        openapi_url="/openapi.json",
    )
    tell_problems(made)
    for module in sorted(pkgutil.iter_modules(resources.__path__), key=lambda each: each.name):
        router: Router = importlib.import_module(f"{resources.__name__}.{module.name}").router
        made.add_router("", router, tags=[module.name.replace("_", " ")])
    return made


def permission_of(operation: Any) -> str | None:
    """Return what an operation demands, as text; empty = any account; None = nothing was declared."""
    for callback in operation.auth_callbacks:
        if isinstance(callback, Needs):
            return callback.permission.text
        if isinstance(callback, NeedsAccount):
            return ""
    return None


api = make_api()
