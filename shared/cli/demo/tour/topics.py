"""A topic from somebody without an account: received, followed, sorted, adopted, split (T08–T13)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.playing import Answer, Tour
from shared.cli.demo.tour.words import joined, word
from shared.platform.language import Text

VISITOR = "演示群众"
"""Name of the person without an account, who is made up."""
PHONE = "13800000000"

_TITLE = "老城街路灯不亮、人行道破损"
_SIMILAR = "老城街路灯不亮、人行道不平"
_PARTS = ("老城街人行道修补", "老城街路灯日常管护")


@dataclass(frozen=True, slots=True)
class Submitted:
    """A topic that came in by the public form.

    Attributes:
        receipt, query_code: by which its proposer follows it.
    """

    topic_id: str
    receipt: str
    query_code: str


def follow(cast: Cast, topic: Submitted, situation: str) -> Answer:
    """Return what the proposer is shown, once it is in a situation."""
    return cast.visitor.reads(
        "topics",
        f"/submissions/{topic.receipt}",
        until=lambda shown: bool(shown["situation"] == situation),
        headers={"HXS-Query-Code": topic.query_code},
    )


def take_up_a_submission(tour: Tour, cast: Cast, plan: str, item: int) -> Submitted:
    """Play a submission up to its adoption for an item of the plan."""
    tour.chapter(
        Text("群众提议：回执、查询、分办、立项", "From the public: receipt, following, sorting, adoption")
    )
    similar = _similar_topic(tour, cast)
    topic = _submit(tour, cast)
    _sort(tour, cast, topic, similar)
    _adopt(tour, cast, topic, plan, item)
    _prepare(tour, cast, topic)
    return topic


def _similar_topic(tour: Tour, cast: Cast) -> str:
    proposal = {"division": cast.town, "title": _SIMILAR, "origin": "residents"}
    proposed = cast.second.does("topics", "/topics", **proposal)
    done = cast.third.does("topics", f"/topics/{proposed['id']}/support")
    shown = cast.second.reads("topics", f"/topics/{proposed['id']}", version=done["version"])
    tour.step(
        "topic-proposed",
        cast.second.title,
        Text("登录后提出议题，群众丙附议", "signs in and proposes a topic, which resident C supports"),
        Text(
            f"“{shown['title']}”，附议 {shown['supporters']} 人",
            f"“{shown['title']}”, supporters {shown['supporters']}",
        ),
        topic_id=shown["topic_id"],
        title=shown["title"],
        supporters=shown["supporters"],
    )
    topic_id: str = shown["topic_id"]
    return topic_id


def _submit(tour: Tour, cast: Cast) -> Submitted:
    description = f"我是{VISITOR}，电话{PHONE}。晚上看不清路，老人摔过两次。"
    sent = {"title": _TITLE, "description": description, "division": cast.town}
    kept = cast.visitor.does("topics", "/submissions", **sent, name=VISITOR, phone=PHONE)
    topic = Submitted(kept["topic_id"], kept["receipt"], kept["query_code"])
    tour.step(
        "submission-received",
        cast.visitor.title,
        Text("不登录提交议题，留下姓名和电话", "submits a topic with name and phone, without an account"),
        Text(
            f"回执 {topic.receipt}，查询码 {topic.query_code}",
            f"receipt {topic.receipt}, query code {topic.query_code}",
        ),
        topic_id=topic.topic_id,
        receipt=topic.receipt,
    )
    shown = follow(cast, topic, "proposed")
    tour.step(
        "submission-followed",
        cast.visitor.title,
        Text("凭回执和查询码查看", "looks it up by receipt and code"),
        Text(
            f"{word(shown['situation']).zh}；记录中的正文：{shown['description']}",
            f"{word(shown['situation']).en}; in the record it says: {shown['description']}",
        ),
        situation=shown["situation"],
        description=shown["description"],
    )
    return topic


def _sort(tour: Tour, cast: Cast, topic: Submitted, similar: str) -> None:
    liaison, path = cast.liaison, f"/topics/{topic.topic_id}"
    likely = liaison.reads("topics", f"{path}/likely-duplicates", version=1)["items"]
    found = joined(f"“{each['title']}” {each['likeness']:.0%}" for each in likely)
    tour.step(
        "duplicates-suggested",
        liaison.title,
        Text("分办前查看疑似重复", "looks at likely duplicates"),
        found if likely else Text("无", "none"),
        likely=[{"topic_id": each["topic_id"], "likeness": each["likeness"]} for each in likely],
    )
    liaison.does("topics", f"{path}/triage", topic_class="transport")
    merger = {"into": topic.topic_id, "reason": "反映同一件事"}
    merged = liaison.does("topics", f"/topics/{similar}/merger", **merger)
    shown = liaison.reads("topics", path, until=lambda shown: similar in shown["absorbed"])
    other = liaison.reads("topics", f"/topics/{similar}", version=merged["version"])
    topic_class = word(shown["triage"]["topic_class"])
    tour.step(
        "triaged-and-merged",
        liaison.title,
        Text("分类，并将重复的并入", "classes the topic, and merges the duplicate into it"),
        Text(
            f"类别：{topic_class.zh}；“{other['title']}”{word(other['situation']).zh}，"
            f"附议人随之转来：附议 {shown['supporters']} 人",
            f"{topic_class.en}; “{other['title']}” is {word(other['situation']).en}, "
            f"and its supporters come with it: {shown['supporters']}",
        ),
        topic_class=shown["triage"]["topic_class"],
        absorbed=shown["absorbed"],
        merged_into=other["merged_into"],
        supporters=shown["supporters"],
    )


def _adopt(tour: Tour, cast: Cast, topic: Submitted, plan: str, item: int) -> None:
    liaison, path = cast.liaison, f"/topics/{topic.topic_id}"
    adoption = {"adopted_on": tour.today.isoformat(), "plan_id": plan, "plan_item": item}
    done = liaison.does("topics", f"{path}/adoption", **adoption)
    shown = liaison.reads("topics", path, version=done["version"])
    in_plan = liaison.reads("topics", f"/plans/{plan}")["items"][item - 1]
    pinned, state, steps = shown["procedure"], word(in_plan["state"]), len(shown["steps"])
    published = liaison.reads("topics", f"/procedures/{pinned['code']}/versions/{pinned['version']}")
    procedure = f"{published['title']} v{published['version']}"
    tour.step(
        "topic-adopted",
        liaison.title,
        Text("立项，列入计划新增的一项", "adopts it for the item that was added to the plan"),
        Text(
            f"程序“{procedure}”，共 {steps} 步；计划第 {in_plan['number']} 项：{state.zh}",
            f"procedure {procedure} of {steps} steps; item {in_plan['number']} of the plan: {state.en}",
        ),
        situation=shown["situation"],
        procedure=pinned,
        plan_item_state=in_plan["state"],
    )
    seen = follow(cast, topic, "adopted")
    tour.step(
        "adoption-seen",
        cast.visitor.title,
        Text("再次凭查询码查看", "looks it up again"),
        Text(
            f"{word(seen['situation']).zh}，{seen['adopted_on']}",
            f"{word(seen['situation']).en}, {seen['adopted_on']}",
        ),
        situation=seen["situation"],
    )


def _prepare(tour: Tour, cast: Cast, topic: Submitted) -> None:
    path, today = f"/topics/{topic.topic_id}", tour.today.isoformat()
    found = {"surveyed_on": today, "place": "老城街", "findings": "路灯 12 盏不亮，人行道破损 3 处"}
    cast.member.does("topics", f"{path}/surveys", **found)
    steps = cast.liaison.reads("topics", path)["steps"]
    before = takewhile(lambda step: step["code"] != "consult", steps)
    for step in (step for step in before if step["status"] == "open"):
        papers = [{"kind": kind, "title": f"老城街{kind}"} for kind in step["papers"]]
        completion = {"completed_on": today, "papers": papers}
        done = cast.liaison.does("topics", f"{path}/steps/{step['code']}/completion", **completion)
    shown = cast.liaison.reads("topics", path, version=done["version"])
    following = title_of_step(shown, shown["next_step"])
    tour.step(
        "consultation-prepared",
        cast.member.title,
        Text(
            "调研；委员联络室完成调研和准备步骤",
            "surveys; the liaison office completes survey and preparation",
        ),
        Text(
            f"“{shown['surveys'][0]['findings']}”；下一步：{following}",
            f"“{shown['surveys'][0]['findings']}”; next step: {following}",
        ),
        surveys=len(shown["surveys"]),
        next_step=shown["next_step"],
    )


def title_of_step(topic: Answer, code: str) -> str:
    """Return what a topic's procedure calls one of its steps."""
    title: str = next(step["title"] for step in topic["steps"] if step["code"] == code)
    return title


def split_a_topic(tour: Tour, cast: Cast, topic: Submitted) -> str:
    """Play a split; return the id of the first part, which is adopted, too."""
    tour.chapter(Text("拆分议题：双向可查", "A split, with its trace both ways"))
    liaison, path = cast.liaison, f"/topics/{topic.topic_id}"
    parts = [{"title": title} for title in _PARTS]
    done = liaison.does("topics", f"{path}/split", parts=parts, reason="分属两个部门")
    whole = liaison.reads("topics", path, version=done["version"])
    shown = [
        liaison.reads("topics", f"/topics/{part}", until=lambda _: True, version=1) for part in whole["parts"]
    ]
    titles = joined(f"“{part['title']}”" for part in shown)
    tour.step(
        "topic-split",
        liaison.title,
        Text("拆分议题", "splits the topic"),
        Text(f"“{whole['title']}”拆分出：{titles.zh}", f"“{whole['title']}” has the parts {titles.en}"),
        parts=whole["parts"],
    )
    sources = {part["split_from"] for part in shown}
    back = joined(f"“{liaison.reads('topics', f'/topics/{source}')['title']}”" for source in sorted(sources))
    tour.step(
        "split-traced-back",
        liaison.title,
        Text("从拆出的议题回查", "follows the parts back"),
        Text(f"均拆分自{back.zh}", f"all split from {back.en}"),
        split_from=sorted(sources),
    )
    first: str = whole["parts"][0]
    liaison.does("topics", f"/topics/{first}/adoption", adopted_on=tour.today.isoformat())
    return first
