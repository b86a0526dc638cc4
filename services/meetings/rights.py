"""Who may do what in meetings: the callers that its endpoints ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require

Convener = Annotated[Principal, Depends(require(Role.CONVENER))]
Liaison = Annotated[Principal, Depends(require(Role.LIAISON))]
Reader = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT, access=Access.READ))]
