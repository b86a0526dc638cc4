"""The floor on HTTP: one endpoint that validates a body and inserts it, nobody asked who sends it.

python -m shared.cli.bench.bare_app
"""

from __future__ import annotations

from datetime import date

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from shared.cli.bench.running import FLOOR
from shared.platform.mongo import connect
from shared.platform.settings import load_settings


class Topic(BaseModel):
    """The fields that a proposal has, too."""

    division: str
    title: str
    description: str | None = None
    origin: str
    channel: str
    proposed_on: date


class Inserted(BaseModel):
    """The answer."""

    id: str


settings = load_settings()
topics = connect(settings, "bench").database(FLOOR)["topics"]
app = FastAPI()


@app.post("/topics", status_code=201)
async def insert(topic: Topic) -> Inserted:
    """Insert a topic."""
    inserted = await topics.insert_one(topic.model_dump(mode="json"))
    return Inserted(id=str(inserted.inserted_id))


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=settings.port("bench"),
        log_config=None,
        access_log=False,
        server_header=False,
    )
