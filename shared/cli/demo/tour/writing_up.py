"""Five of five: the case, checked and published, the report, the closed loop, its file (C13–C20)."""

from __future__ import annotations

from pathlib import Path

from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.playing import Answer, MissingError, Tour
from shared.cli.demo.tour.topics import PHONE, VISITOR
from shared.cli.demo.tour.words import joined, word
from shared.platform.language import Text

_PARTS = ("title", "background", "participants", "process", "opinions", "results")
_RESULTS = "12 盏路灯全部修复，人行道修补完成，群众满意。"


def write_it_up(tour: Tour, cast: Cast, entry_id: str, folder: Path) -> None:
    """Play how the activity is written up, reported and filed."""
    tour.chapter(Text("典型案例、媒体宣传、闭环、归档", "The case, the report, the closed loop, the file"))
    case_id = _draft(tour, cast, entry_id)
    _check_and_publish(tour, cast, case_id)
    _select(tour, cast, case_id)
    _print(tour, cast, case_id, folder)
    _close(tour, cast, entry_id)
    _archive(tour, cast, entry_id)


def _draft(tour: Tour, cast: Cast, entry_id: str) -> str:
    done = cast.liaison.does("cases", f"/entries/{entry_id}/cases", title="老城街亮起来了", names=[VISITOR])
    case_id: str = done["id"]
    draft = cast.liaison.reads("cases", f"/cases/{case_id}/text", version=done["version"])["text"]
    if not draft["participants"] or not draft["process"]:
        raise MissingError(f"participants and process of case {case_id} are not filled in")
    tour.step(
        "case-drafted",
        cast.liaison.title,
        Text("起草案例，主体和过程由系统填好", "drafts the case; participants and process come filled in"),
        Text(*[f"{_short(draft['participants'])} {_short(draft['process'])}"] * 2),
        case_id=case_id,
        participants=draft["participants"],
        process=draft["process"],
    )
    return case_id


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _check_and_publish(tour: Tour, cast: Cast, case_id: str) -> None:
    liaison, path = cast.liaison, f"/cases/{case_id}"
    text = {part: liaison.reads("cases", f"{path}/text")["text"][part] for part in _PARTS}
    text |= {"background": text["background"] or "老城街路灯多年失修。"}
    liaison.puts("cases", f"{path}/text", **{**text, "results": f"{_RESULTS}有事请打电话{PHONE}。"})
    problem = liaison.is_refused("case-names-people", "cases", f"{path}/publication", number=2)
    (finding,) = liaison.reads("cases", f"{path}/findings")["items"]
    tour.step(
        "case-not-published",
        liaison.title,
        Text("发布写有电话号码的一稿", "publishes a version with a telephone number"),
        Text(
            f"未准：{problem['detail']}（{problem['rule']}）位置：“{finding['excerpt']}”",
            f"refused: {problem['detail']} ({problem['rule']}) It stands in “{finding['excerpt']}”",
        ),
        code=problem["code"],
        part=finding["part"],
        kind=finding["kind"],
        found=finding["end"] - finding["start"],
        repeated=PHONE in problem["detail"],
    )
    liaison.puts("cases", f"{path}/text", **{**text, "results": _RESULTS})
    done = liaison.does("cases", f"{path}/publication", number=3)
    read = cast.visitor.reads("cases", path, version=done["version"], until=lambda _: True)
    tour.step(
        "case-published",
        cast.visitor.title,
        Text(
            "更正后发布，不登录即可阅读", "reads it after its correction and publication, without an account"
        ),
        Text(f"“{read['title']}”：{read['results']}", f"“{read['title']}”: {read['results']}"),
        number=read["number"],
        results=read["results"],
    )


def _select(tour: Tour, cast: Cast, case_id: str) -> None:
    selection = {"year": tour.today.year, "level": "county", "body": "县政协"}
    done = cast.office.does("cases", f"/cases/{case_id}/selections", **selection)
    selected = cast.visitor.reads("cases", f"/cases/{case_id}", version=done["version"])["selections"]
    tour.step(
        "case-selected",
        cast.office.title,
        Text("评为优秀案例", "selects it as excellent"),
        joined(f"{each['year']} {each['body']}" for each in selected),
        levels=[each["level"] for each in selected],
    )


def _print(tour: Tour, cast: Cast, case_id: str, folder: Path) -> None:
    paper = folder / "case.docx"
    paper.write_bytes(cast.liaison.fetches("cases", f"/cases/{case_id}/case.docx"))
    size = paper.stat().st_size
    tour.step(
        "case-printed",
        cast.liaison.title,
        Text("下载案例文档", "downloads the case as a Word document"),
        Text(f"{paper}，{size:,} 字节", f"{paper}, {size:,} bytes"),
        bytes=size,
    )


def _close(tour: Tour, cast: Cast, entry_id: str) -> None:
    today = tour.today
    cast.liaison.does(
        "cases",
        f"/entries/{entry_id}/reports",
        outlet="县融媒体中心",
        level="county",
        title="老城街亮起来了",
        page="3 版",
        reported_on=today.isoformat(),
    )
    entry = cast.liaison.reads("cases", f"/entries/{entry_id}", until=lambda entry: bool(entry["closed"]))
    done = {item: len(shown["evidence"]) for item, shown in entry["items"].items()}
    items = joined(f"{word(item).zh}（{count}）" for item, count in done.items())
    english = ", ".join(f"{word(item).en} ({count})" for item, count in done.items())
    tour.step(
        "loop-closed",
        cast.liaison.title,
        Text("媒体报道登记后，五个一齐备，自动闭环", "records the report; with all five the loop closes"),
        Text(
            f"{entry['closed_on']} 闭环，每项均有依据：{items.zh}",
            f"{entry['closed_on']}, shown by {english}",
        ),
        statuses={item: shown["status"] for item, shown in entry["items"].items()},
        evidence=done,
    )


def _archive(tour: Tour, cast: Cast, entry_id: str) -> None:
    done = cast.liaison.does("cases", f"/entries/{entry_id}/archiving")
    again: Answer = cast.liaison.does("cases", f"/entries/{entry_id}/archiving")
    filed = cast.liaison.reads("cases", f"/archive/{done['id']}", until=lambda _: True)
    tour.step(
        "entry-archived",
        cast.liaison.title,
        Text("归档；再点一次，编号不变", "files it; asked again, the number is the same"),
        Text(
            f"{filed['file_number']}，{filed['town']} {filed['year']} 年第 {filed['number']} 号",
            f"{filed['file_number']}: number {filed['number']} of {filed['town']} in {filed['year']}",
        ),
        file_number=filed["file_number"],
        again=again["id"],
        entry_id=filed["entry_id"],
    )
