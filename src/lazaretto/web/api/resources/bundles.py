"""Signed bundles of rules, lists, models and hashes: what is in force, and what was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from lazaretto.intelligence.bundle_store import Installation
from lazaretto.store import bundles
from lazaretto.store.scope import Area, Right
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.problems import PROBLEMS

router = Router()


class InstallationShown(Schema):
    """One time that a bundle came into force."""

    number: int
    version: int | None
    """Null = what the program ships."""
    name: str
    how: str
    by: str
    at: datetime
    signed_by: str


@router.get(
    "/bundles",
    auth=Needs(Area.TENANTS, Right.VIEW_CONFIGURATION),
    response={200: list[InstallationShown], **PROBLEMS},
    summary="List bundles",
)
def list_installations(request: HttpRequest) -> Any:
    """Return when which bundle came into force, latest first; for the operator."""
    return [_shown(each) for each in bundles.installations(request.auth)]  # type: ignore[attr-defined]


@router.post(
    "/bundles/rollback",
    auth=Needs(Area.TENANTS, Right.EDIT),
    response={200: InstallationShown, **PROBLEMS},
    summary="Go back to the bundle before",
)
def roll_back(request: HttpRequest) -> Any:
    """Bring the bundle before the present one into force again, in every process."""
    return _shown(bundles.roll_back(request.auth))  # type: ignore[attr-defined]


def _shown(installation: Installation) -> InstallationShown:
    return InstallationShown(
        number=installation.number,
        version=installation.version,
        name=installation.name,
        how=installation.how,
        by=installation.by,
        at=installation.at,
        signed_by=installation.signed_by,
    )
