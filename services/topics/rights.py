"""Who may do what in topics: the callers that its endpoints ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require

Proposer = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT))]
Resident = Annotated[Principal, Depends(require(Role.RESIDENT))]
Member = Annotated[Principal, Depends(require(Role.MEMBER))]
Liaison = Annotated[Principal, Depends(require(Role.LIAISON))]
Sorter = Annotated[Principal, Depends(require(Role.LIAISON, access=Access.READ))]
Convener = Annotated[Principal, Depends(require(Role.CONVENER))]
Office = Annotated[Principal, Depends(require(Role.OFFICE, scope="county"))]
Reader = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT, access=Access.READ))]
FileReader = Annotated[Principal, Depends(require(Role.MEMBER, access=Access.READ))]
