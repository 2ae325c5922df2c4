"""The reference page is what the models say, and every setting has its words."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from lazaretto.tenants import sections
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.reference import render

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "tenant-document.md"


def test_the_page_in_the_documentation_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), (
        "write it again: .venv/bin/python -c 'from lazaretto.tenants.reference import render;"
        ' print(render(), end="")\' > docs/reference/tenant-document.md'
    )


def test_every_setting_is_described_in_a_sentence() -> None:
    models = [
        each for each in vars(sections).values() if isinstance(each, type) and issubclass(each, BaseModel)
    ]

    for model in [TenantDocument, *models]:
        assert (model.__doc__ or "").strip().endswith("."), model
        for name, field in model.model_fields.items():
            assert (field.description or "").endswith("."), f"{model.__name__}.{name}"


def test_the_page_names_every_setting() -> None:
    page = render()

    for name in ("routes", "tls", "spam", "user_names", "redirect_to", "score_at_least", "expires"):
        assert f"| `{name}` |" in page
