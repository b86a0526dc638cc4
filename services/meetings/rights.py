"""Who may do what in meetings: the callers that its endpoints ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Depends

from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require
from shared.platform.divisions import COUNTY_DIGITS

Convener = Annotated[Principal, Depends(require(Role.CONVENER))]
Liaison = Annotated[Principal, Depends(require(Role.LIAISON))]
Reader = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT, access=Access.READ))]
Member = Annotated[Principal, Depends(require(Role.MEMBER))]
Office = Annotated[Principal, Depends(require(Role.OFFICE, scope="county"))]
MemberReader = Annotated[Principal, Depends(require(Role.MEMBER, access=Access.READ))]
LogReader = Annotated[Principal, Depends(require(Role.LIAISON, access=Access.READ))]
CountyReader = Annotated[Principal, Depends(require(Role.OFFICE, access=Access.READ, scope="county"))]


def countywide(caller: Principal) -> Principal:
    """Return the caller as somebody who sees all of their county: for what is the county's, as its roster."""
    return replace(caller, division=caller.division[:COUNTY_DIGITS])
