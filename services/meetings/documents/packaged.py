"""Writes the templates that come with the system: `python -m services.meetings.documents.packaged`.

They follow the habits of 党政机关公文格式 (GB/T 9704): A4, its margins, 小标宋 for titles, 仿宋 三号 for the
text, lines of 28 points. The fonts are named, not embedded: a computer without them takes its next best.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from docx import Document
from docx.document import Document as Word
from docx.enum.table import WD_ALIGN_VERTICAL
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from services.meetings.documents.fields import MINUTES, NOTICE, SIGN_IN_SHEET
from services.meetings.documents.word import PACKAGED

TITLE_FONT, TEXT_FONT, HEADING_FONT, SMALL_FONT = "方正小标宋简体", "仿宋", "黑体", "宋体"
TITLE_SIZE, TEXT_SIZE, TABLE_SIZE, SMALL_SIZE = Pt(22), Pt(16), Pt(14), Pt(9)  # 二号, 三号, 四号, 小五
LINE = Pt(28)
TEXT_WIDTH = Mm(210 - 28 - 26)


def _set_font(run: Run, font: str, size: Length) -> None:
    run.font.name = font
    run.font.size = size
    # Word has a font of its own for Chinese characters in each run.
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _page() -> Word:
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    normal = document.styles["Normal"]
    normal.paragraph_format.space_after = Pt(0)
    document.core_properties.author = "惠协商"
    document.core_properties.title = ""
    document.core_properties.comments = ""
    return document


def _write(paragraph: Paragraph, text: str, *, font: str = TEXT_FONT, size: Length = TEXT_SIZE) -> Paragraph:
    _set_font(paragraph.add_run(text), font, size)
    if size >= TEXT_SIZE:
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        paragraph.paragraph_format.line_spacing = LINE if size == TEXT_SIZE else Pt(36)
    return paragraph


def _title(document: Word, text: str) -> None:
    paragraph = _write(document.add_paragraph(), text, font=TITLE_FONT, size=TITLE_SIZE)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = LINE


def _text(document: Word, text: str) -> Paragraph:
    paragraph = _write(document.add_paragraph(), text)
    paragraph.paragraph_format.first_line_indent = 2 * TEXT_SIZE
    return paragraph


def _tag(document: Word, tag: str) -> None:
    # A tag such as {%p for … %} takes its whole paragraph away when it is rendered.
    document.add_paragraph(tag)


def _signed(document: Word, *lines: str) -> None:
    document.add_paragraph()
    for line in lines:
        paragraph = _write(document.add_paragraph(), line)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = 2 * TEXT_SIZE


def _cell(table: Table, row: int, column: int, text: str, font: str) -> None:
    paragraph = table.cell(row, column).paragraphs[0]
    _write(paragraph, text, font=font, size=TABLE_SIZE).alignment = WD_ALIGN_PARAGRAPH.CENTER


def _table(document: Word, rows: str, columns: Sequence[tuple[str, str, float]]) -> None:
    """Add a table with a row for each of a list field.

    Args:
        document: to add it to.
        rows: name of the list field.
        columns: heading, field of the row, part of the width.
    """
    table = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    table.autofit = False
    table.cell(1, 0).paragraphs[0].text = f"{{%tr for 行 in {rows} %}}"
    table.cell(3, 0).paragraphs[0].text = "{%tr endfor %}"
    for n, (heading, field, part) in enumerate(columns):
        _cell(table, 0, n, heading, HEADING_FONT)
        _cell(table, 2, n, f"{{{{ 行.{field} }}}}" if field else "", TEXT_FONT)
        width = Length(int(TEXT_WIDTH * part))
        table.columns[n].width = width
        for cell in table.columns[n].cells:
            cell.width = width
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    for row in (table.rows[0], table.rows[2]):
        row.height = Mm(11)
    # The heading is repeated on each page.
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _footer(document: Word, text: str) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    _write(paragraph, text, font=SMALL_FONT, size=SMALL_SIZE).alignment = WD_ALIGN_PARAGRAPH.CENTER


def notice() -> Word:
    """Return the template of a notice."""
    document = _page()
    _title(document, "关于召开“{{ 议题 }}”协商会议的通知")
    _write(document.add_paragraph(), "各有关单位、各位委员和群众代表：")
    _text(document, "兹就“{{ 议题 }}”开展协商，现将有关事项通知如下：")
    _text(document, "一、时间：{{ 时间 }}")
    _text(document, "二、地点：{{ 地点 }}")
    _text(document, "三、形式：{{ 形式 }}")
    _text(document, "四、召集人：{{ 召集人 }}；主持人：{{ 主持人 }}；记录人：{{ 记录人 }}")
    _tag(document, "{%p if 议程 %}")
    _text(document, "五、议程")
    _tag(document, "{%p for 行 in 议程 %}")
    _text(
        document,
        "{{ 行.序号 }} {{ 行.内容 }}（{% if 行.环节 %}{{ 行.环节 }}，{% endif %}"
        "{{ 行.时长 }}{% if 行.发言 %}，{{ 行.发言 }}{% endif %}）",
    )
    _tag(document, "{%p endfor %}")
    _tag(document, "{%p endif %}")
    _text(document, "请准时参加并签到；因故不能参加的，请提前告知召集人。")
    _signed(document, "{{ 召集人 }}", "{{ 落款日期 }}")
    return document


def sign_in_sheet() -> Word:
    """Return the template of a sign-in sheet."""
    document = _page()
    _title(document, "协商活动签到表")
    for line in ("议题：{{ 议题 }}", "时间：{{ 时间 }}", "地点：{{ 地点 }}"):
        _write(document.add_paragraph(), line)
    document.add_paragraph()
    _table(
        document,
        "名单",
        [("序号", "序号", 0.12), ("姓名", "姓名", 0.26), ("类别", "类别", 0.27), ("签名", "", 0.35)],
    )
    return document


def minutes() -> Word:
    """Return the template of the minutes."""
    document = _page()
    _title(document, "“{{ 议题 }}”协商会议纪要")
    for line in ("时间：{{ 时间 }}", "地点：{{ 地点 }}", "主持人：{{ 主持人 }}", "记录人：{{ 记录人 }}"):
        _write(document.add_paragraph(), line)
    _tag(document, "{%p if 更正原因 %}")
    _write(document.add_paragraph(), "更正原因：{{ 更正原因 }}")
    _tag(document, "{%p endif %}")
    document.add_paragraph()
    _tag(document, "{%p for 段 in 正文 %}")
    _text(document, "{{ 段 }}")
    _tag(document, "{%p endfor %}")
    document.add_paragraph()
    _tag(document, "{%p if 提示 %}")
    _text(document, "{{ 提示 }}")
    _tag(document, "{%p endif %}")
    _tag(document, "{%p if 签署 %}")
    _write(document.add_paragraph(), "签署", font=HEADING_FONT)
    _table(document, "签署", [("身份", "身份", 0.25), ("姓名", "姓名", 0.35), ("签署时间", "时间", 0.4)])
    _tag(document, "{%p endif %}")
    _footer(document, "第{{ 稿次 }}稿 · {{ 状态 }}\n文本 SHA-256：{{ 摘要 }}")
    return document


BUILDERS: dict[str, Callable[[], Word]] = {
    NOTICE.file: notice,
    SIGN_IN_SHEET.file: sign_in_sheet,
    MINUTES.file: minutes,
}


def write(folder: Path = PACKAGED) -> list[Path]:
    """Write all templates into a folder, and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, build in BUILDERS.items():
        build().save(str(folder / name))
        paths.append(folder / name)
    return paths


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in write())
