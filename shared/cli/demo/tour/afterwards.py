"""What stays: a person is erased and the record goes on; who did what, when."""

from __future__ import annotations

import json

from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.playing import Answer, MissingError, Tour
from shared.cli.demo.tour.seats import Planned
from shared.cli.demo.tour.topics import PHONE, VISITOR, Submitted, follow
from shared.cli.demo.tour.words import clock, joined, word
from shared.platform.language import Text

_KNOWN_TO = ("topics", "notify")
"""The services that know the proposer: one has their name and phone, the other their mail address."""

_NOW = "concluded"
"""The situation of the topic at the end of the tour."""


def erase_a_person(tour: Tour, cast: Cast, topic: Submitted) -> None:
    """Play that the office erases the proposer, whose topic stays."""
    tour.chapter(Text("个人信息：删除后记录仍可读", "Personal data: erased, and the record stays readable"))
    office, path = cast.office, f"/topics/{topic.topic_id}/history"
    # Its loop is closed; what cases tells topics has to be in the history first.
    office.reads("topics", f"/topics/{topic.topic_id}", until=lambda shown: bool(shown["situation"] == _NOW))
    before = office.reads("topics", path)["items"]
    proposer = before[0]["data"]["proposer"]
    known = office.reads("topics", f"/people/{proposer}?why=联系提出人")
    tour.step(
        "person-looked-up",
        office.title,
        Text("查提出人的联系方式（记入查阅日志）", "looks up the proposer, which is logged"),
        Text(f"{known['name']}，{known['phone']}", f"{known['name']}, {known['phone']}"),
        person=proposer,
        name=known["name"],
    )
    why = {"why": "本人申请删除"}
    erased = {name: office.does(name, f"/people/{proposer}/erasure", **why)["places"] for name in _KNOWN_TO}
    status = office.finds_nothing("topics", f"/people/{proposer}?why=核对")
    places = joined(dict.fromkeys(word(place) for found in erased.values() for place in found))
    tour.step(
        "person-erased",
        office.title,
        Text("应本人申请删除", "erases the person, as they asked"),
        Text(f"已从{places.zh}中删除；再查：{status}", f"gone from {places.en}; looked up again: {status}"),
        places=erased,
        status=status,
    )
    address = f"/receipts/{topic.receipt}/address"
    problem = cast.proposer(topic.query_code).is_refused(
        "erased", "notify", address, method="PUT", email=cast.address("proposer")
    )
    tour.step(
        "address-refused",
        cast.visitor.title,
        Text("想再留下邮箱", "would leave an address again"),
        Text(
            f"未准：{problem['detail']}（{problem['rule']}）",
            f"refused: {problem['detail']} ({problem['rule']})",
        ),
        code=problem["code"],
        rule=problem["rule"],
    )
    _read_on(tour, cast, topic, before)


def _read_on(tour: Tour, cast: Cast, topic: Submitted, before: list[Answer]) -> None:
    after = cast.office.reads("topics", f"/topics/{topic.topic_id}/history")["items"]
    said = json.dumps(after, ensure_ascii=False)
    if VISITOR in said or PHONE in said or after[: len(before)] != before:
        raise MissingError(f"the events of topic {topic.topic_id} are not the same, without names")
    titles = joined(event["title"] for event in after)
    tour.step(
        "events-readable",
        cast.office.title,
        Text("查看议题经过", "reads the topic's events"),
        Text(
            f"{len(after)} 个事件与删除前一致，没有姓名和电话：{titles.zh}",
            f"{len(after)} events as before, without name or phone: {titles.en}",
        ),
        events=[event["event"] for event in after],
    )
    shown = follow(cast, topic, _NOW)
    situation = word(shown["situation"])
    tour.step(
        "submission-still-followed",
        cast.visitor.title,
        Text("仍可凭查询码查看", "still follows it by code"),
        Text(f"“{shown['title']}”，{situation.zh}", f"“{shown['title']}”, {situation.en}"),
        situation=shown["situation"],
    )


def read_the_history(tour: Tour, cast: Cast, meeting: Planned) -> None:
    """Play what the office reads of the meeting: who did what, when."""
    tour.chapter(Text("协商活动经过：谁、何时、做了什么", "The meeting's history: who did what, when"))
    for entry in cast.office.reads("meetings", f"{meeting.path}/history?limit=200")["items"]:
        when = clock(entry["recorded_at"])
        tour.step(
            "history",
            cast.title_of(entry["actor"]),
            Text(entry["title"], entry["title"]),
            Text(f"第 {entry['version']} 版，{when}", f"version {entry['version']}, {when}"),
            version=entry["version"],
            event=entry["event"],
            actor=entry["actor"],
            recorded_at=entry["recorded_at"],
        )
