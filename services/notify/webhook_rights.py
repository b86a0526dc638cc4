"""Whose webhooks an account sees and changes (N10).

An office, a town's liaison office or a department has its own; the county's office changes all of its
county's, and the auditor sees them. For everybody else, they are not there (404).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends

from services.notify.domain.recipients import department, liaison, office
from services.notify.domain.webhook import Webhook
from services.notify.inbox import inboxes_of
from shared.contracts.refusal import RefusedError
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require, visible_divisions
from shared.platform.divisions import COUNTY_DIGITS

Manager = Annotated[Principal, Depends(require(Role.LIAISON, Role.DEPARTMENT))]
Viewer = Annotated[Principal, Depends(require(Role.LIAISON, Role.DEPARTMENT, access=Access.READ))]

_SEE_ALL = frozenset({Role.OFFICE, Role.AUDITOR})


def owner_of(caller: Principal) -> str:
    """Return on whose behalf an account registers.

    Raises:
        RefusedError: it is of no county, or acts for a department that its token does not name.
    """
    if len(caller.division) < COUNTY_DIGITS:
        raise RefusedError(
            "division-too-large",
            rule="N10",
            zh="推送端点由县、乡镇或社区的账号登记。",
            en="Webhooks are registered by accounts of a county, a town or a community.",
        )
    if Role.OFFICE in caller.roles:
        return office(caller.division)
    if Role.LIAISON in caller.roles:
        return liaison(caller.division)
    if caller.organisation:
        return department(caller.organisation)
    raise RefusedError(
        "organisation-unknown",
        rule="N10",
        zh="登录信息中没有单位名称，无法登记推送端点。",
        en="The account does not say for which organisation it acts.",
    )


def manages(caller: Principal, webhook: Webhook | Mapping[str, Any]) -> bool:
    """Tell whether a webhook is the caller's to change."""
    if isinstance(webhook, Webhook):
        owner, division = webhook.owner, webhook.division
    else:
        owner, division = webhook["owner"], webhook["division"]
    return caller.covers(division) and (Role.OFFICE in caller.roles or owner in inboxes_of(caller))


def sees(caller: Principal, webhook: Mapping[str, Any]) -> bool:
    """Tell whether a webhook is there for the caller."""
    if webhook["status"] == "removed":
        return False
    all_of_it = not _SEE_ALL.isdisjoint(caller.roles) and caller.covers(webhook["division"])
    return all_of_it or manages(caller, webhook)


def seen_by(caller: Principal) -> dict[str, Any]:
    """Return `sees` as a database condition."""
    query: dict[str, Any] = {"division": visible_divisions(caller), "status": {"$ne": "removed"}}
    if _SEE_ALL.isdisjoint(caller.roles):
        query["owner"] = {"$in": sorted(inboxes_of(caller))}
    return query
