"""How the templates that come with the system are set, so that papers of all services look alike.

They follow the habits of 党政机关公文格式 (GB/T 9704): A4, its margins, 小标宋 for titles, 仿宋 三号 for the
text, lines of 28 points. The fonts are named, not embedded: a computer without them takes its next best.

    document = page()
    title(document, "关于召开“{{ 议题 }}”协商会议的通知")
    text(document, "一、时间：{{ 时间 }}")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

TITLE_FONT, TEXT_FONT, HEADING_FONT, SMALL_FONT = "方正小标宋简体", "仿宋", "黑体", "宋体"
TITLE_SIZE, TEXT_SIZE, TABLE_SIZE, SMALL_SIZE = Pt(22), Pt(16), Pt(14), Pt(9)  # 二号, 三号, 四号, 小五
LINE = Pt(28)
TEXT_WIDTH = Mm(210 - 28 - 26)


def _set_font(run: Run, font: str, size: Length) -> None:
    run.font.name = font
    run.font.size = size
    # Word has a font of its own for Chinese characters in each run.
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def page() -> Word:
    """Return an empty page."""
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


def write(paragraph: Paragraph, text: str, *, font: str = TEXT_FONT, size: Length = TEXT_SIZE) -> Paragraph:
    """Write into a paragraph."""
    _set_font(paragraph.add_run(text), font, size)
    if size >= TEXT_SIZE:
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        paragraph.paragraph_format.line_spacing = LINE if size == TEXT_SIZE else Pt(36)
    return paragraph


def title(document: Word, content: str) -> None:
    """Add the title."""
    paragraph = write(document.add_paragraph(), content, font=TITLE_FONT, size=TITLE_SIZE)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = LINE


def text(document: Word, content: str) -> Paragraph:
    """Add a paragraph of the text."""
    paragraph = write(document.add_paragraph(), content)
    paragraph.paragraph_format.first_line_indent = 2 * TEXT_SIZE
    return paragraph


def tag(document: Word, content: str) -> None:
    """Add a tag, such as {%p for … %}, which takes its whole paragraph away when it is rendered."""
    document.add_paragraph(content)


def signed(document: Word, *lines: str) -> None:
    """Add what a paper ends with, at the right."""
    document.add_paragraph()
    for line in lines:
        paragraph = write(document.add_paragraph(), line)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = 2 * TEXT_SIZE


def _cell(table: Table, row: int, column: int, text: str, font: str) -> None:
    paragraph = table.cell(row, column).paragraphs[0]
    write(paragraph, text, font=font, size=TABLE_SIZE).alignment = WD_ALIGN_PARAGRAPH.CENTER


def table(document: Word, rows: str, columns: Sequence[tuple[str, str, float]]) -> None:
    """Add a table with a row for each of a list field.

    Args:
        document: to add it to.
        rows: name of the list field.
        columns: heading, field of the row, part of the width.
    """
    added = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    added.autofit = False
    added.cell(1, 0).paragraphs[0].text = f"{{%tr for 行 in {rows} %}}"
    added.cell(3, 0).paragraphs[0].text = "{%tr endfor %}"
    for n, (heading, field, part) in enumerate(columns):
        _cell(added, 0, n, heading, HEADING_FONT)
        _cell(added, 2, n, f"{{{{ 行.{field} }}}}" if field else "", TEXT_FONT)
        width = Length(int(TEXT_WIDTH * part))
        added.columns[n].width = width
        for cell in added.columns[n].cells:
            cell.width = width
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    for row in (added.rows[0], added.rows[2]):
        row.height = Mm(11)
    # The heading is repeated on each page.
    added.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def footer(document: Word, content: str) -> None:
    """Put a line below each page."""
    paragraph = document.sections[0].footer.paragraphs[0]
    write(paragraph, content, font=SMALL_FONT, size=SMALL_SIZE).alignment = WD_ALIGN_PARAGRAPH.CENTER


def write_all(builders: Mapping[str, Callable[[], Word]], folder: Path) -> list[Path]:
    """Write templates, by their files' names, into a folder, and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, build in builders.items():
        build().save(str(folder / name))
        paths.append(folder / name)
    return paths
