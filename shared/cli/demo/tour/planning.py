"""A year's plan, issued and then amended (T01–T05)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.playing import Answer, Tour
from shared.cli.demo.tour.words import joined, word
from shared.platform.language import Text

_ISSUED = ("农村公路养护", "镇村公交线路优化", "社区养老服务")
_ADDED = "老旧街巷路灯和人行道整治"


def amend_a_plan(tour: Tour, cast: Cast) -> tuple[str, int]:
    """Play a plan up to its amendment; return the plan's id and the number of the item that was added."""
    tour.chapter(Text("年度计划：印发后只能以文件调整", "The year's plan: once issued, a document amends it"))
    plan = _issue(tour, cast)
    return plan, _amend(tour, cast, plan)


def _issue(tour: Tour, cast: Cast) -> str:
    office, year = cast.office, tour.today.year
    draft = {"division": cast.county, "year": year, "title": f"{year}年度协商工作计划（演示）"}
    plan: str = office.does("topics", "/plans", **draft)["id"]
    path = f"/plans/{plan}"
    for number, title in enumerate(_ISSUED, start=1):
        item = {"number": number, "title": title, "quarter": 4, "form": "专题协商"}
        office.does("topics", f"{path}/items", **item)
    day = (tour.today - timedelta(days=1)).isoformat()
    office.does("topics", f"{path}/review", reviewed_on=day)
    office.does("topics", f"{path}/approval", body="县委常委会", meeting="县委常委会会议", approved_on=day)
    bodies = ("县委办公室", "县政府办公室", "县政协办公室")
    done = office.does(
        "topics",
        f"{path}/issue",
        document_number=f"演示〔{year}〕1号",
        issuing_bodies=bodies,
        issued_on=day,
    )
    shown = office.reads("topics", path, version=done["version"])
    titles = _titles(shown["items"])
    tour.step(
        "plan-issued",
        office.title,
        Text("起草、审议、审定并联合印发年度计划", "drafts the plan, has it reviewed, approved and issued"),
        Text(
            f"{shown['document_number']}，{len(shown['issuing_bodies'])} 家联合印发：{titles.zh}",
            f"{shown['document_number']} by {len(shown['issuing_bodies'])} bodies: {titles.en}",
        ),
        plan_id=plan,
        stage=shown["stage"],
        document_number=shown["document_number"],
        items=[item["title"] for item in shown["items"]],
    )
    return plan


def _amend(tour: Tour, cast: Cast, plan: str) -> int:
    office, path, added = cast.office, f"/plans/{plan}", len(_ISSUED) + 1
    done = office.does(
        "topics",
        f"{path}/amendments",
        reason="群众集中反映出行难，养老事项并入下一年度安排",
        body="县委常委会",
        document_number=f"演示〔{tour.today.year}〕2号",
        amended_on=tour.today.isoformat(),
        changes=[
            {"kind": "add", "number": added, "item": {"title": _ADDED, "quarter": 4}},
            {"kind": "defer", "number": len(_ISSUED), "year": tour.today.year + 1, "quarter": 1},
        ],
    )
    now = office.reads("topics", path, version=done["version"])
    issued = office.reads("topics", f"{path}/as-issued", version=done["version"])
    amendment = now["amendments"][-1]
    number, reason = amendment["document_number"], amendment["reason"]
    tour.step(
        "plan-amended",
        office.title,
        Text("调整计划：增加一项，延期一项", "amends the plan: an item added, one deferred"),
        Text(f"{number}，理由：{reason}", f"{number}, because {reason}"),
        document_number=number,
        changes=[(change["kind"], change["number"]) for change in amendment["changes"]],
    )
    unchanged = _titles(issued["items"])
    tour.step(
        "plan-as-issued",
        office.title,
        Text("查看印发时的计划", "reads the plan as it was issued"),
        Text(f"仍是 {unchanged.zh}", f"still {unchanged.en}"),
        items=[item["title"] for item in issued["items"]],
    )
    states = {item["title"]: item["state"] for item in now["items"]}
    tour.step(
        "plan-as-amended",
        office.title,
        Text("查看现行计划", "reads the plan as it stands"),
        Text(
            "；".join(f"{title}（{word(state).zh}）" for title, state in states.items()),
            "; ".join(f"{title} ({word(state).en})" for title, state in states.items()),
        ),
        states=states,
    )
    return added


def _titles(items: Iterable[Answer]) -> Text:
    return joined(f"{item['number']} {item['title']}" for item in items)
