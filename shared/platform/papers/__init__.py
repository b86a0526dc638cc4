"""Papers to print: Word documents from templates, the packaged ones or the county's own (docs/adr/0013).

    CASE = Paper("case.docx", "典型案例", frozenset({"标题", "背景"}), PACKAGED)

    @router.get("/cases/{case_id}/case.docx", response_class=Response, responses=ANSWERS_WORD)
    async def print_case(request: Request, …) -> Response:
        return await printed(request, CASE, {"标题": …, "背景": …}, day)

A county's clerks edit the templates, so fields are called what they call them: `{{ 议题 }}`. The names are as
public as the wire: templates out there use them, so none is renamed or taken away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import Request, Response

from shared.platform.exports import disposition

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ANSWERS_WORD: dict[int | str, dict[str, Any]] = {
    200: {"content": {WORD: {"schema": {"type": "string", "format": "binary"}}}},
    503: {"description": "The county's own template cannot be used: `template-unusable`"},
}

Fields = Mapping[str, Any]
"""What a paper says: text, numbers, and lists and mappings of them, by the names that templates use."""


@dataclass(frozen=True)
class Paper:
    """A kind of paper.

    Attributes:
        file: name of its template's file, here as in the county's own folder.
        title: what it is called.
        fields: those that it knows.
        folder: of the packaged template.
    """

    file: str
    title: str
    fields: frozenset[str]
    folder: Path


def chinese_day(day: date) -> str:
    """Return a day as official papers write it."""
    return f"{day.year}年{day.month}月{day.day}日"


async def printed(request: Request, paper: Paper, said: Fields, day: date) -> Response:
    """Return a paper to be saved under its Chinese title and a day.

    Raises:
        TemplateUnusableError: the county's own template has a fault.
    """
    # Imported when the first paper is wanted: twenty megabytes that a service without printing never needs.
    from shared.platform.papers import word

    own = request.app.state.settings.templates_dir
    content = await asyncio.to_thread(word.render, paper, said, own)
    name = paper.file.removesuffix(".docx")
    headers = {"Content-Disposition": disposition(paper.title, name, day.isoformat(), "docx")}
    return Response(content, media_type=WORD, headers=headers)
