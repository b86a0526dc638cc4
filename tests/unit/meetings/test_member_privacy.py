"""Names, phones and Party membership: planted, and looked for wherever something leaves the service (M18).

Names and phones are looked for as they are. Party membership is a yes or no, which cannot be looked for: so
two counties live the same life and differ in it alone, and nothing that leaves them may differ.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.eventsourcing.http import person_id
from shared.platform import logs
from shared.platform.auth import Role
from shared.platform.settings import load_settings
from tests import http
from tests.unit.meetings.examples import TOWN
from tests.unit.meetings.roster_http import ACTIVITY, BRANCH, MEMBER, County

NAMES = ("林素问", "赵青禾", "孙望舒", "周既白", "吴知秋", "郑远山")
PHONES = tuple(f"1380000000{n}" for n in range(len(NAMES)))
SUBJECTS = tuple(f"subject-{n}@example.org" for n in range(len(NAMES)))
MEMBERS = tuple(f"member-{n}" for n in range(len(NAMES)))

ALL_OF_THEM, NONE_OF_THEM, SOME_OF_THEM = set(MEMBERS), set[str](), {"member-1", "member-4"}

LISTS = ("members", "activities", "branches", "venues", "members/member-0/activities")
THINGS = ("members/member-0", "activities/visit-to-sunwu", "branches/branch-of-health", "my/member")


@dataclass
class Trace:
    """All that left a county's service.

    Attributes:
        answers: what was answered, by method and path, with its headers.
        events: the commits, as they are stored and published.
        lines: of the log, without times and correlations.
        coverages: the percentages.
        accesses: who was looked at or written of.
    """

    answers: dict[str, str] = field(default_factory=dict)
    events: str = ""
    lines: str = ""
    coverages: Any = None
    accesses: list[tuple[str, str, str]] = field(default_factory=list)

    def everything(self) -> str:
        """Return all of it as one text."""
        return "\n".join([*self.answers.values(), self.events, self.lines, str(self.coverages)])


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Catch every line of the log, the chattiest too."""
    stream = io.StringIO()
    logs.configure("meetings", load_settings(log_level="debug", log_format="json"), stream)
    try:
        yield stream
    finally:
        logs.configure("meetings", load_settings())


def _text_of(response: Any) -> str:
    if response.content[:2] == b"PK":  # a workbook
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            parts = [name for name in archive.namelist() if not name.startswith("docProps")]
            return "\n".join(archive.read(name).decode() for name in parts)
    return str(response.text)


def _same_every_time(text: str) -> str:
    """Return a text without what differs from one run to the next: times, correlations, digests of both."""
    ids = (
        r'"?(correlation_id|causation_id|timestamp|hash|previous_hash|seconds|command_id|x-correlation-id)"?'
    )
    without_digests = re.sub(r'"c-[0-9a-f]+"', "", text)  # ETags, of answers that are compared themselves
    return re.sub(rf"{ids}[:=] ?[\"']?[^,}}\"'\n]*", r"\1", without_digests)


class Life:
    """Everything that a roster goes through, told to a county by its callers."""

    def __init__(self, party: set[str]) -> None:
        self._county = County()
        self._party = party
        self._trace = Trace()

    async def live(self) -> Trace:
        """Live it, and return what left the service."""
        with logged() as stream:
            await self._enrol()
            await self._act()
            await self._read()
        commits = [commit for stream_id in self._streams() for commit in await self._stream(stream_id)]
        self._trace.events = _same_every_time("\n".join(repr(commit) for commit in commits))
        self._trace.lines = _same_every_time(stream.getvalue())
        self._trace.accesses = self._county.accesses()
        return self._trace

    def _streams(self) -> list[str]:
        return sorted({recorded.stream for recorded in self._county.log.events})

    async def _stream(self, stream_id: str) -> list[Any]:
        return list(await self._county.log.read_stream(stream_id))

    async def _tell(self, caller: http.Caller, path: str, body: dict[str, Any]) -> None:
        response = await caller.post(path, body, key=path + str(body.get("member_id", "")))
        self._keep(f"POST {path} {body.get('member_id', '')}", response)

    def _keep(self, what: str, response: Any) -> None:
        assert response.status_code < 300, response.text
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        answer = f"{response.status_code}\n{headers}\n{_text_of(response)}"
        self._trace.answers[what] = _same_every_time(answer)

    async def _enrol(self) -> None:
        office = self._county.office
        await self._tell(office, "/branches", BRANCH)
        for n, (member_id, name, phone) in enumerate(zip(MEMBERS, NAMES, PHONES, strict=True)):
            entry = {"member_id": member_id, "name": name, "phone": phone, "account": None}
            await self._tell(office, "/members", {**MEMBER, **entry})
            await self._tell(office, f"/members/{member_id}/account", {"account": SUBJECTS[n]})
            is_one = member_id in self._party
            branch = {"branch_id": "branch-of-health", "secretary": n == 1} if is_one else {}
            said = {"party_member": is_one, **branch}
            answered = await office.put(f"/members/{member_id}/party-membership", said)
            self._keep(f"PUT /members/{member_id}/party-membership", answered)
        posting = {"posted_to": TOWN, "specialty": "中医义诊", "from_on": "2024-03-01"}
        await self._tell(office, "/members/member-0/postings", posting)
        change = {"sector": "教育界", "liaison_office": "县政协办公室", "changed_on": "2024-04-01"}
        await self._tell(office, "/members/member-3/changes", change)

    async def _act(self) -> None:
        shown = {"members": list(MEMBERS), "showed_party_identity": sorted(self._party)}
        await self._tell(self._county.town, "/activities", {**ACTIVITY, **shown})
        correction = {k: v for k, v in ACTIVITY.items() if k not in ("activity_id", "division")}
        more = {"people_met": 40, "reason": "人数写错", **shown}
        await self._tell(self._county.town, "/activities/visit-to-sunwu/corrections", {**correction, **more})
        held = {"kind": "quarterly", "done_on": "2024-04-20", "title": "送医下乡"}
        await self._tell(self._county.office, "/branches/branch-of-health/activities", held)
        retirement = {"reason": "调离本县", "retired_on": "2024-05-01"}
        await self._tell(self._county.office, "/members/member-5/retirement", retirement)

    async def _read(self) -> None:
        own = self._county.caller(Role.MEMBER, subject=SUBJECTS[0])
        paths = [f"/{name}?format={fmt}" for name in LISTS for fmt in ("json", "csv", "xlsx")]
        paths += [f"/{name}" for name in THINGS if name != "branches/branch-of-health"]
        paths += [f"/{name}/history" for name in THINGS if name != "my/member"]
        for path in paths:
            reader = own if path == "/my/member" else self._county.office
            self._keep(f"GET {path}", await reader.ask(path))
        branch = await self._county.office.get("/branches/branch-of-health")
        del branch["secretary_entered"]  # of the branch, not of a person
        self._trace.answers["GET /branches/branch-of-health"] = str(branch)
        self._trace.coverages = await self._county.office.get("/coverages")


@pytest.mark.rule("M18")
async def test_no_name_or_phone_leaves_but_to_who_looks_it_up() -> None:
    trace = await Life(SOME_OF_THEM).live()

    said = trace.everything()
    assert "医药卫生界" in said
    assert "visit-to-sunwu" in trace.events
    assert trace.lines, "the log was caught"
    for personal in (*NAMES, *PHONES, *SUBJECTS):
        assert personal not in said


@pytest.mark.rule("M18")
async def test_party_membership_changes_nothing_that_leaves_but_the_percentages() -> None:
    some, everybody, nobody = [await Life(p).live() for p in (SOME_OF_THEM, ALL_OF_THEM, NONE_OF_THEM)]

    for other in (everybody, nobody):
        assert other.answers == some.answers
        assert other.events == some.events
        assert other.lines == some.lines
        assert other.accesses == some.accesses, "who wrote of whom, not what"
    assert everybody.coverages["party_organisation"]["percent"] == 100, "it was entered"
    assert some.coverages["party_organisation"] == nobody.coverages["party_organisation"], "under five"


@pytest.mark.rule("M18")
@pytest.mark.parametrize("party", [ALL_OF_THEM, SOME_OF_THEM], ids=["all", "some"])
async def test_no_event_answer_or_line_has_so_much_as_a_place_for_party_membership(party: set[str]) -> None:
    trace = await Life(party).live()

    said = "\n".join([*trace.answers.values(), trace.events, trace.lines]).replace("party-membership", "")
    for word in ("party_member", "party_branch", "secretary", "showed_party", "restricted", "党员", "书记"):
        assert word not in said, word


async def test_what_is_planted_would_be_found_where_it_is_meant_to_be() -> None:
    """Else the tests above would say little."""
    county = await County().with_member()
    await county.office.put("/members/member-lin/party-membership", {"party_member": True})

    assert "林素问" in (await county.office.ask("/members/names?why=核对")).text
    kept = county.people.people[person_id("lin@example.org")]
    assert kept["restricted"] == {"party_member": True, "party_branch": None, "branch_secretary": False}
