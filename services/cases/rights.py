"""Who may do what in cases: the callers that its endpoints ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, anyone, require

Liaison = Annotated[Principal, Depends(require(Role.LIAISON))]
Convener = Annotated[Principal, Depends(require(Role.CONVENER))]
Handler = Annotated[Principal, Depends(require(Role.DEPARTMENT, Role.LIAISON))]
CountyOffice = Annotated[Principal, Depends(require(Role.OFFICE, scope="county"))]
Resident = Annotated[Principal, Depends(require(Role.RESIDENT))]
EvidenceReader = Annotated[Principal, Depends(require(Role.CONVENER, Role.DEPARTMENT, access=Access.READ))]
Reader = Annotated[Principal, Depends(require(Role.MEMBER, Role.DEPARTMENT, access=Access.READ))]
Anybody = Annotated[Principal | None, Depends(anyone())]
