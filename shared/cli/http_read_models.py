"""The read models as they are answered over HTTP: a JSON Schema for each, out of the services' OpenAPI."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from shared.cli import composition
from shared.cli.composition import ServiceName
from shared.contracts.schemas import DIALECT
from shared.eventsourcing.service import build
from shared.platform.settings import load_settings

_COMPONENTS = "#/components/schemas/"

HEAD = """## Over HTTP

All read models, also those that name people's ids or follow from rights (待办) and therefore are in no
view, are answered by the services: only what the caller may see ([authorisation.md](authorisation.md)), most
of them with sorting, pages, CSV and Excel, ETags and, of the board's lists, a stream of changes. Each has a
JSON Schema.
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """A read model at an address.

    Attributes:
        title: in Chinese, as the domain calls it.
        what: in English.
        path: of the service's API.
    """

    title: str
    what: str
    service: ServiceName
    path: str

    @property
    def file(self) -> PurePosixPath:
        """Path of its schema, in the folder of schemas."""
        name = "-".join(part for part in self.path.split("/") if part and not part.startswith("{"))
        return PurePosixPath("http", self.service, f"{name}.json")


ANSWERED = (
    Answered("五个一看板", "five-one board", ServiceName.BOARD, "/activities"),
    Answered("台账", "ledger of a town or county by year", ServiceName.BOARD, "/ledger"),
    Answered("年度计划进展", "plan progress", ServiceName.BOARD, "/plans"),
    Answered("议题进程", "timeline of a topic", ServiceName.BOARD, "/topics/{topic_id}/timeline"),
    Answered("协商阵地", "venues", ServiceName.BOARD, "/venues"),
    Answered("承办单位办理情况", "department record", ServiceName.BOARD, "/departments"),
    Answered("委员活动", "members' activity", ServiceName.BOARD, "/members/activity"),
    Answered("两个全覆盖", "two coverages", ServiceName.MEETINGS, "/coverages"),
    Answered("公开议题", "public topics, masked", ServiceName.BOARD, "/public/topics"),
    Answered("公开案例", "public cases, masked", ServiceName.BOARD, "/public/cases"),
    Answered("统计", "by month, town and class", ServiceName.BOARD, "/statistics"),
    Answered("我的待办", "one's own work queue", ServiceName.BOARD, "/todo"),
    Answered("待办", "work queue of all", ServiceName.BOARD, "/todo/all"),
    Answered("议题分办", "triage queue", ServiceName.TOPICS, "/triage"),
    Answered("疑似重复", "likely duplicates", ServiceName.TOPICS, "/topics/{topic_id}/likely-duplicates"),
    Answered("议题检索", "search of topics", ServiceName.TOPICS, "/topics"),
    Answered("凭回执查询", "one's own topic by receipt", ServiceName.BOARD, "/public/receipts/{receipt}"),
    Answered("会议现场", "meeting console", ServiceName.MEETINGS, "/meetings/{meeting_id}/console"),
    Answered("公开概况", "public summary", ServiceName.BOARD, "/public/summary"),
    *(
        Answered("查看个人信息记录", "who looked at personal data", service, "/people/accesses")
        for service in (ServiceName.TOPICS, ServiceName.MEETINGS, ServiceName.NOTIFY)
    ),
)
"""What people look at (domain, read models), in its order."""


def _names(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(where := node.get("$ref"), str):
            yield where.removeprefix(_COMPONENTS)
        for value in node.values():
            yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value)


def standing_alone(schema: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema of an OpenAPI document with all that it refers to, as a JSON Schema of its own."""
    used: dict[str, Any] = {}
    waiting = list(_names(schema))
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = components[name]
            waiting += _names(components[name])
    whole = json.dumps({**schema, "$schema": DIALECT, "$defs": used})
    made: dict[str, Any] = json.loads(whole.replace(f'"{_COMPONENTS}', '"#/$defs/'))
    return made


@cache
def schemas() -> Mapping[PurePosixPath, str]:
    """Return the JSON Schema of each answer, by its path in the folder of schemas."""
    settings = load_settings(env="dev", dev_token_secret=secrets.token_urlsafe(48))
    apis = {service: build(composition.load(service), settings).openapi() for service in ServiceName}
    made = {}
    for answered in ANSWERED:
        api = apis[answered.service]
        answer = api["paths"][answered.path]["get"]["responses"]["200"]["content"]["application/json"]
        schema = standing_alone(answer["schema"], api["components"]["schemas"])
        made[answered.file] = json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return made


def section(folder: PurePosixPath) -> str:
    """Return the page's section.

    Args:
        folder: of the schemas, as the page links to it.
    """
    rows = [
        f"| {each.title} | {each.what} | {each.service} | [`{each.path}`]({folder / each.file}) |"
        for each in ANSWERED
    ]
    return "\n".join([HEAD, "| | | service | `GET` |", "| --- | --- | --- | --- |", *rows]) + "\n"
