"""Procedures over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from services.topics.presets import load_procedures
from services.topics.views.procedures import ProcedureView
from shared.platform.auth import Principal
from shared.platform.authorisation import anyone

router = APIRouter()
PROCEDURES = load_procedures()


@router.get("/procedures")
async def list_procedures(caller: Annotated[Principal | None, Depends(anyone())]) -> list[ProcedureView]:
    """List every published version of every procedure (T06)."""
    versions = [v for published in PROCEDURES.by_code.values() for v in published]
    return [ProcedureView.model_validate(v, from_attributes=True) for v in versions]
