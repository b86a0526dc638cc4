"""Writes the template that comes with the system: `python -m services.cases.documents.packaged`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docx.document import Document as Word

from services.cases.documents.fields import CASE, PACKAGED
from services.cases.domain.typical_case import DIMENSIONS
from shared.platform.papers.layout import HEADING_FONT, footer, page, tag, text, title, write, write_all


def case() -> Word:
    """Return the template of a typical case."""
    document = page()
    title(document, "{{ 标题 }}")
    write(document.add_paragraph(), "{{ 区划 }} · 协商日期：{{ 协商日期 }}")
    tag(document, "{%p if 议题 %}")
    write(document.add_paragraph(), "议题：{{ 议题 }}")
    tag(document, "{%p endif %}")
    tag(document, "{%p for 行 in 评选 %}")
    write(document.add_paragraph(), "{{ 行 }}")
    tag(document, "{%p endfor %}")
    tag(document, "{%p if 更正原因 %}")
    write(document.add_paragraph(), "更正原因：{{ 更正原因 }}")
    tag(document, "{%p endif %}")
    for numeral, word in zip("一二三四五", DIMENSIONS.values(), strict=True):
        write(document.add_paragraph(), f"{numeral}、{word}", font=HEADING_FONT)
        tag(document, f"{{%p for 段 in {word} %}}")
        text(document, "{{ 段 }}")
        tag(document, "{%p endfor %}")
    footer(document, "第{{ 稿次 }}稿 · {{ 状态 }}")
    return document


BUILDERS: dict[str, Callable[[], Word]] = {CASE.file: case}


def write_templates(folder: Path = PACKAGED) -> list[Path]:
    """Write the template into a folder, and return where it is."""
    return write_all(BUILDERS, folder)


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in write_templates())
