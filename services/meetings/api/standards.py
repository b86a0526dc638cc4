"""Venue standards over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from services.meetings.presets import load_standards
from services.meetings.views.standards import StandardView
from shared.platform.auth import Principal
from shared.platform.authorisation import anyone

router = APIRouter()
STANDARDS = load_standards()


@router.get("/standards")
async def list_standards(caller: Annotated[Principal | None, Depends(anyone())]) -> list[StandardView]:
    """List every published version of every venue standard (T06)."""
    versions = [v for published in STANDARDS.by_code.values() for v in published]
    return [StandardView.model_validate(v, from_attributes=True) for v in versions]
