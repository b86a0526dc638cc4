"""A typical case on paper: what stands in it, who may print it, and the county's own template."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document
from docx.document import Document as Word

from services.cases.documents import packaged
from services.cases.documents.fields import CASE, PACKAGED, PrintedCase, case_fields
from shared.platform import papers
from shared.platform.auth import Role
from shared.platform.papers import word
from tests.http import Log, done, problem
from tests.unit.cases.casework import EVENING, JULY_1, TEXT, Editor, happened

pytestmark = pytest.mark.rule("C13")

PRINTED = PrintedCase(
    version={"number": 2, "published_on": "2024-07-01", "reason": "应为八盏"},
    text=TEXT,
    topic="主路补装路灯",
    division="孙武街道",
    held_on=JULY_1,
    selections=({"year": 2024, "level": "province", "body": "山东省政协"},),
)


def lines(content: bytes) -> list[str]:
    return [paragraph.text for paragraph in Document(BytesIO(content)).paragraphs if paragraph.text]


def footer_of(content: bytes) -> str:
    document: Word = Document(BytesIO(content))
    return str(document.sections[0].footer.paragraphs[0].text)


def test_a_case_has_its_five_dimensions_in_their_order() -> None:
    content = word.render(CASE, case_fields(PRINTED))
    assert lines(content) == [
        TEXT.title,
        "孙武街道 · 协商日期：2024年7月1日",
        "议题：主路补装路灯",
        "2024年省级优秀案例（山东省政协）",
        "更正原因：应为八盏",
        *("一、背景", TEXT.background),
        *("二、主体", TEXT.participants),
        *("三、过程", TEXT.process),
        *("四、意见", TEXT.opinions),
        *("五、成效", TEXT.results),
    ]
    assert footer_of(content) == "第2稿 · 2024年7月1日发布"


def test_a_case_has_exactly_the_fields_that_it_promises() -> None:
    assert set(case_fields(PRINTED)) == CASE.fields


def test_the_packaged_template_is_the_one_that_the_program_writes(tmp_path: Path) -> None:
    packaged.write_templates(tmp_path)
    parts = ("word/document.xml", "word/styles.xml")
    written, kept = (
        [ZipFile(folder / CASE.file).read(part) for part in parts] for folder in (tmp_path, PACKAGED)
    )
    assert written == kept, "run python -m services.cases.documents.packaged"


@pytest.fixture
async def town() -> Editor:
    """The town's liaison office, when there is something to write about."""
    log = Log()
    editor = Editor(log)
    await happened(log, editor)
    return editor


async def drafted(town: Editor) -> str:
    response = await town.post(f"/entries/{EVENING}/cases", vars(TEXT))
    return str(response.headers["location"])


async def test_a_published_case_is_saved_under_its_chinese_title_by_anybody(town: Editor) -> None:
    path = await drafted(town)
    done(await town.post(f"{path}/publication", {"number": 1}))
    response = await town.beside(None).ask(f"{path}/case.docx")
    assert response.headers["content-type"] == papers.WORD
    assert 'filename="case-2024-07-01.docx"' in response.headers["content-disposition"]
    assert "%E5%85%B8%E5%9E%8B%E6%A1%88%E4%BE%8B" in response.headers["content-disposition"]
    assert lines(response.content)[:2] == [TEXT.title, "孙武街道 · 协商日期：2024年5月10日"]


async def test_a_draft_is_printed_for_those_who_write_it_and_says_that_it_is_one(town: Editor) -> None:
    path = await drafted(town)
    response = await town.ask(f"{path}/text.docx")
    assert footer_of(response.content) == "第1稿 · 未发布稿"
    assert lines(response.content)[-1] == TEXT.results
    assert (await town.beside(Role.MEMBER).ask(f"{path}/text.docx")).status_code == 403


async def test_a_county_replaces_the_template(town: Editor, tmp_path: Path) -> None:
    path = await drafted(town)
    town.app.state.settings = town.app.state.settings.model_copy(update={"templates_dir": tmp_path})
    template = Document()
    template.add_paragraph("惠民县政协：{{ 标题 }}")
    template.save(str(tmp_path / CASE.file))
    assert lines((await town.ask(f"{path}/text.docx")).content) == [f"惠民县政协：{TEXT.title}"]
    (tmp_path / CASE.file).write_bytes(b"no document")
    assert problem(await town.ask(f"{path}/text.docx")) == (503, "template-unusable", None)
