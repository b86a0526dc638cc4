"""Moments in requests, and the present one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends
from pydantic import AwareDatetime, Field


async def current_time() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(current_time)]
Moment = Annotated[
    AwareDatetime, Field(ge=datetime(1949, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))
]
