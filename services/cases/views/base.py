"""What every view of cases has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """A part of an answer; fields of the stored document that it does not name stay inside."""

    model_config = ConfigDict(extra="ignore")
