"""The present moment, as a dependency of endpoints: the one place where a request meets the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends


async def current_time() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(current_time)]
