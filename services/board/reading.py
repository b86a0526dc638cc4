"""One request's way to the board's read models, as they are or as they stood (`past.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Depends, Request, Response

from services.board.past import BoardPast
from shared.eventsourcing.past_lists import PastModel
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.reading import AsOf, Reading
from shared.platform.problems import NotFoundError


class BoardReading(Reading):
    """One request's way to the board's read models."""

    def __init__(self, models: Mapping[str, ReadModel], response: Response, past: BoardPast) -> None:
        super().__init__(models, response, past=past)
        self._board_past = past

    async def model(self, projection: Projection, past: date | None) -> ReadModel | PastModel:
        """Return what a question of one's own is asked of, and say of when the answer is."""
        if past is not None:
            self.say_day(past)
        else:
            await self._say_how_fresh(self._models[projection.name])
        return await self._model(projection, past)

    async def _model(self, projection: Projection, past: date | None) -> ReadModel | PastModel:
        return await self._board_past.as_of(projection, past) if past else self._models[projection.name]

    def say_day(self, day: date) -> None:
        """Say in the answer that it is of a day of the past."""
        self._response.headers["HXS-As-Of"] = day.isoformat()

    async def _as_it_stood(self, projection: Projection, key: str, as_of: AsOf) -> Document:
        if as_of.day is None:
            raise TypeError("the board has days of the past, and no versions")
        document = await self._board_past.one(projection, key, as_of.day)
        if document is None:
            raise NotFoundError
        self.say_day(as_of.day)
        return document


async def _board_reading(request: Request, response: Response) -> BoardReading:
    return BoardReading(request.app.state.read_models, response, request.app.state.past)


BoardReadingOf = Annotated[BoardReading, Depends(_board_reading)]
