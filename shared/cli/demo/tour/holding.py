"""The meeting itself and its minutes: codes, opinions, signatures, the paper (M10–M16)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.playing import Answer, MissingError, Person, Tour
from shared.cli.demo.tour.seats import Planned
from shared.cli.demo.tour.topics import title_of_step
from shared.cli.demo.tour.words import clock, flags, joined, word
from shared.platform.language import Text

_HELPER = "联络室工作人员"


def hold_a_meeting(tour: Tour, cast: Cast, meeting: Planned, topic_id: str) -> None:
    """Play the meeting from its opening to its end."""
    tour.chapter(Text("开会：签到、意见、结束", "The meeting: check-in, opinion, end"))
    done = cast.host.does("meetings", f"{meeting.path}/opening")
    shown = cast.host.reads("meetings", meeting.path, version=done["version"])
    tour.step(
        "meeting-opened",
        cast.host.title,
        Text("宣布开会", "opens the meeting"),
        Text(f"{clock(shown['opened_at'])} 开会", f"opened at {clock(shown['opened_at'])}"),
        situation=shown["situation"],
    )
    _check_in_by_code(tour, cast, meeting)
    _check_in_otherwise(tour, cast, meeting)
    _agree(tour, cast, meeting)
    _see_the_topic_go_on(tour, cast, topic_id)


def _check_in_by_code(tour: Tour, cast: Cast, meeting: Planned) -> None:
    path = f"{meeting.path}/check-ins"
    code = cast.member.reads("meetings", f"{meeting.path}/my-code")
    done = cast.liaison.does("meetings", path, code=code["code"])
    tour.step(
        "checked-in-by-code",
        cast.member.title,
        Text("出示签到码，工作人员扫码", "shows a code, which is scanned"),
        Text(f"{clock(done['checked_in_at'])} 签到", f"checked in at {clock(done['checked_in_at'])}"),
        kind=done["kind"],
        already_there=done["already_there"],
    )
    problem = cast.liaison.is_refused("code-used", "meetings", path, code=code["code"])
    tour.step(
        "code-replay-refused",
        cast.liaison.title,
        Text("再扫同一个码", "scans the same code again"),
        Text(f"未准：{problem['detail']}", f"refused: {problem['detail']}"),
        status=problem["status"],
        code=problem["code"],
    )
    again = cast.liaison.does("meetings", path, person=cast.member.id, helper=_HELPER)
    tour.step(
        "second-check-in-changes-nothing",
        cast.liaison.title,
        Text("再手工签到一次", "checks the same person in by hand"),
        Text(
            f"仍是 {clock(again['checked_in_at'])} 签到，版本 {done['version']} → {again['version']}",
            f"still of {clock(again['checked_in_at'])}, version {done['version']} → {again['version']}",
        ),
        already_there=again["already_there"],
        versions=[done["version"], again["version"]],
    )


def _check_in_otherwise(tour: Tour, cast: Cast, meeting: Planned) -> None:
    path = f"{meeting.path}/check-ins"
    short = cast.third.reads("meetings", f"{meeting.path}/my-code")["short_code"]
    done = cast.liaison.does("meetings", path, code=short)
    tour.step(
        "checked-in-by-short-code",
        cast.third.title,
        Text(f"报出短码 {short}", f"reads out the short code {short}"),
        Text(f"{clock(done['checked_in_at'])} 签到", f"checked in at {clock(done['checked_in_at'])}"),
        kind=done["kind"],
    )
    by_hand = {"person": cast.department.id, "helper": _HELPER}
    done = cast.liaison.does("meetings", path, **by_hand)
    shown = cast.liaison.reads("meetings", meeting.path, version=done["version"])["attendance"]
    tour.step(
        "checked-in-by-hand",
        cast.liaison.title,
        Text("为部门人员手工签到", "checks the department's person in by hand"),
        Text(f"实到 {shown['present']} 人", f"{shown['present']} are there"),
        present=shown["present"],
    )


def _agree(tour: Tour, cast: Cast, meeting: Planned) -> None:
    host = cast.host
    host.does(
        "meetings",
        f"{meeting.path}/opinions",
        text="两个月内补齐老城街路灯，由街道负责日常管护",
        agreed_by=["政协委员", "职能部门", "群众代表"],
        dissents=[{"by": "沿街商户代表", "explanation": "施工期间影响营业，希望夜间施工"}],
    )
    done = host.does("meetings", f"{meeting.path}/holding")
    shown = host.reads("meetings", meeting.path, version=done["version"])
    (opinion,) = shown["opinions"]
    (dissent,) = opinion["dissents"]
    agreed = joined(opinion["agreed_by"])
    tour.step(
        "opinion-agreed",
        host.title,
        Text("形成协商意见，记下不同意见", "records what was agreed, and who did not"),
        Text(
            f"“{opinion['text']}”（{agreed.zh}同意）；不同意见（{dissent['by']}）：{dissent['explanation']}",
            f"“{opinion['text']}” (by {agreed.en}); dissent of {dissent['by']}: {dissent['explanation']}",
        ),
        opinions=len(shown["opinions"]),
        dissents=len(opinion["dissents"]),
    )
    attendance = shown["attendance"]
    tour.step(
        "meeting-held",
        host.title,
        Text("宣布结束", "ends the meeting"),
        Text(
            f"应到 {attendance['expected']}，实到 {attendance['present']}；提示 {flags(shown['flags']).zh}",
            f"expected {attendance['expected']}, present {attendance['present']}; {flags(shown['flags']).en}",
        ),
        situation=shown["situation"],
        attendance=attendance,
        flags=shown["flags"],
    )


def _see_the_topic_go_on(tour: Tour, cast: Cast, topic_id: str) -> None:
    def consulted(topic: Answer) -> bool:
        return any(step["code"] == "consult" and step["status"] == "done" for step in topic["steps"])

    shown = cast.liaison.reads("topics", f"/topics/{topic_id}", until=consulted)
    done, following = title_of_step(shown, "consult"), title_of_step(shown, shown["next_step"])
    tour.step(
        "topic-goes-on",
        cast.liaison.title,
        Text("查看议题进展", "looks at the topic"),
        Text(f"“{done}”已完成；下一步：{following}", f"“{done}” is done; next step: {following}"),
        next_step=shown["next_step"],
    )


def sign_the_minutes(tour: Tour, cast: Cast, meeting: Planned, folder: Path) -> None:
    """Play the minutes up to the paper, which is written into a folder."""
    tour.chapter(Text("纪要：起草、签署、发布、成文", "Minutes: drafted, signed, published, printed"))
    path = f"{meeting.path}/minutes"
    text = cast.recorder.reads("meetings", f"{path}/suggestion")["text"]
    drafted = cast.recorder.does("meetings", path, text=text)
    shown = cast.recorder.reads("meetings", path, version=drafted["version"])
    version = shown["shown"]
    lines, sha256 = len(shown["text"].splitlines()), version["sha256"]
    tour.step(
        "minutes-drafted",
        cast.recorder.title,
        Text("按系统已知的内容起草纪要", "drafts the minutes from what is known"),
        Text(
            f"第 {version['number']} 稿，{lines} 行，SHA-256 {sha256[:16]}…",
            f"version {version['number']}, {lines} lines, SHA-256 {sha256[:16]}…",
        ),
        number=version["number"],
        sha256=sha256,
    )
    signers = ((cast.host, "host"), (cast.recorder, "recorder"), (cast.member, "participant"))
    for person, role in signers:
        _sign(tour, person, path, role)
    published = _publish(tour, cast, path)
    _print(tour, cast, path, published, folder)


def _sign(tour: Tour, person: Person, path: str, role: str) -> None:
    read = person.reads("meetings", path)
    version = read["shown"]
    sha256 = hashlib.sha256(read["text"].encode()).hexdigest()  # of the text that they have read
    done = person.does("meetings", f"{path}/signatures", number=version["number"], sha256=sha256, role=role)
    signed = person.reads("meetings", path, version=done["version"])["shown"]
    mine = next((s for s in signed["signatures"] if s["person"] == person.id), None)
    if mine is None:
        raise MissingError(f"{path} does not show the signature of the {role}")
    as_what = word(mine["role"])
    tour.step(
        "minutes-signed",
        person.title,
        Text("读完文本，对其 SHA-256 签署", "reads the text and signs its SHA-256"),
        Text(
            f"以{as_what.zh}身份签署，{clock(mine['signed_at'])}，SHA-256 {signed['sha256'][:16]}…",
            f"signed as {as_what.en} at {clock(mine['signed_at'])}, SHA-256 {signed['sha256'][:16]}…",
        ),
        role=mine["role"],
        sha256=signed["sha256"],
        of_text_read=sha256,
    )


def _publish(tour: Tour, cast: Cast, path: str) -> int:
    number = cast.host.reads("meetings", path)["shown"]["number"]
    done = cast.host.does("meetings", f"{path}/publication", number=number)
    read: Answer = cast.third.reads("meetings", path, version=done["version"])
    roles = joined(word(signature["role"]) for signature in read["shown"]["signatures"])
    tour.step(
        "minutes-published",
        cast.third.title,
        Text("发布后阅读纪要", "reads the minutes after publication"),
        Text(
            f"第 {read['published']} 稿，{read['shown']['published_on']} 发布；签署：{roles.zh}；"
            f"文本与签署{'一致' if read['intact'] else '不一致'}",
            f"version {read['published']} of {read['shown']['published_on']}, signed by {roles.en}; "
            f"the text is {'' if read['intact'] else 'not '}what was signed",
        ),
        published=read["published"],
        intact=read["intact"],
        signatures=[signature["role"] for signature in read["shown"]["signatures"]],
    )
    version: int = done["version"]
    return version


def _print(tour: Tour, cast: Cast, path: str, version: int, folder: Path) -> None:
    paper = folder / "minutes.docx"
    paper.write_bytes(cast.liaison.fetches("meetings", f"{path}.docx", version))
    size = paper.stat().st_size
    tour.step(
        "minutes-printed",
        cast.liaison.title,
        Text("下载纪要文档", "downloads the minutes as a Word document"),
        Text(f"{paper}，{size:,} 字节", f"{paper}, {size:,} bytes"),
        bytes=size,
    )
