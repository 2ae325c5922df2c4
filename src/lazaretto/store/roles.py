"""Roles that everybody needs, as sets of permissions; a grant may also list permissions of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lazaretto.store.scope import Area, Permission, Right, permissions

_SERVICES: Final = (
    Area.ANTIMALWARE,
    Area.ANTISPAM,
    Area.IMPERSONATION,
    Area.TLS,
    Area.ADDRESSES,
    Area.DISCLAIMERS,
    Area.ROUTES,
    Area.LISTS,
)
_SEE: Final = (Right.VIEW_CONFIGURATION, Right.VIEW_STATISTICS)
LIMITED: Final = permissions(
    Area.QUARANTINE,
    (
        Right.CREATE_ACCOUNTS,
        Right.CREATE_GROUPS,
        Right.CREATE_ALIASES,
        Right.ACCESS_ACCOUNTS,
        Right.DELETE_ACCOUNTS,
    ),
)
"""The five rights that a Full Care tenant may order (service description 5.2.3.1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A set of permissions with a name."""

    name: str
    summary: str
    permissions: frozenset[Permission]
    is_operators: bool = False
    """Given for the whole platform only."""


def _in(areas: tuple[Area, ...], *rights: Right) -> frozenset[Permission]:
    return frozenset().union(*(permissions(area, rights) for area in areas))


_OF_A_TENANT: Final = tuple(area for area in Area if area is not Area.TENANTS)
_SEES_ALL: Final = _in(_OF_A_TENANT, *_SEE)
_ADMINISTERS: Final = (
    _SEES_ALL
    | _in(_OF_A_TENANT, Right.EDIT)
    | permissions(Area.QUARANTINE, (Right.RELEASE, Right.VIEW_CONTENT))
    | permissions(Area.TRACE, (Right.VIEW_CONTENT,))
    | LIMITED
)

ROLES: Final[dict[str, Role]] = {
    role.name: role
    for role in (
        Role(
            name="tenant-administrator",
            summary="Configures a tenant, sees all of it and releases from its quarantine",
            permissions=_ADMINISTERS,
        ),
        Role(
            name="read-only",
            summary="Sees a tenant's configuration, figures and traces, and changes nothing",
            permissions=_SEES_ALL - _in((Area.PEOPLE,), Right.VIEW_STATISTICS),
        ),
        Role(
            name="help-desk",
            summary="Finds out what became of a message, without what it says",
            permissions=_in((Area.TRACE, Area.QUARANTINE, Area.QUEUE), Right.VIEW_STATISTICS),
        ),
        Role(
            name="quarantine-administrator",
            summary="Reads, releases and deletes what is in quarantine",
            permissions=permissions(
                Area.QUARANTINE,
                (*_SEE, Right.EDIT, Right.RELEASE, Right.VIEW_CONTENT),
            )
            | _in((Area.TRACE,), Right.VIEW_STATISTICS)
            | LIMITED,
        ),
        Role(
            name="quarantine-delegate",
            summary="The five limited rights on accounts of the quarantine portal",
            permissions=LIMITED,
        ),
        Role(
            name="auditor",
            summary="Reads configuration and what was changed by whom",
            permissions=_in((*_SERVICES, Area.AUDIT, Area.PEOPLE), *_SEE),
        ),
        Role(
            name="feed-reader",
            summary="Reads events and figures by program",
            permissions=_in((Area.FEEDS, Area.TRACE, Area.REPORTING), Right.VIEW_STATISTICS),
        ),
        Role(
            name="reseller-administrator",
            summary="Configures every tenant that its reseller sold, and releases from their quarantine",
            permissions=_ADMINISTERS,
        ),
        Role(
            name="operator-administrator",
            summary="Runs the platform: makes tenants and acts in each of them",
            permissions=_ADMINISTERS | _in((Area.TENANTS,), *_SEE, Right.EDIT),
            is_operators=True,
        ),
        Role(
            name="operator-support",
            summary="Sees metadata of all tenants; content only where a tenant asked for it",
            permissions=_SEES_ALL | _in((Area.TENANTS,), *_SEE),
            is_operators=True,
        ),
    )
}

FULL_CARE_KEEPS: Final = (Right.VIEW_CONFIGURATION, Right.VIEW_STATISTICS)
"""What people of a Full Care tenant keep of any role: the operator configures for them."""


def in_full_care(given: frozenset[Permission], *, limited_rights: bool) -> frozenset[Permission]:
    """Return what remains of ``given`` to people of a tenant whose formula is Full Care.

    They see, and where the ``limited_rights`` were ordered they keep those of the five that they have.
    """
    kept = LIMITED if limited_rights else frozenset[Permission]()
    return frozenset(each for each in given if each.right in FULL_CARE_KEEPS or each in kept)
