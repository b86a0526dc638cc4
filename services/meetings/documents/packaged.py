"""Writes the templates that come with the system: `python -m services.meetings.documents.packaged`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docx.document import Document as Word

from services.meetings.documents.fields import MINUTES, NOTICE, PACKAGED, SIGN_IN_SHEET
from shared.platform.papers.layout import (
    HEADING_FONT,
    footer,
    page,
    signed,
    table,
    tag,
    text,
    title,
    write,
    write_all,
)


def notice() -> Word:
    """Return the template of a notice."""
    document = page()
    title(document, "关于召开“{{ 议题 }}”协商会议的通知")
    write(document.add_paragraph(), "各有关单位、各位委员和群众代表：")
    text(document, "兹就“{{ 议题 }}”开展协商，现将有关事项通知如下：")
    text(document, "一、时间：{{ 时间 }}")
    text(document, "二、地点：{{ 地点 }}")
    text(document, "三、形式：{{ 形式 }}")
    text(document, "四、召集人：{{ 召集人 }}；主持人：{{ 主持人 }}；记录人：{{ 记录人 }}")
    tag(document, "{%p if 议程 %}")
    text(document, "五、议程")
    tag(document, "{%p for 行 in 议程 %}")
    text(
        document,
        "{{ 行.序号 }} {{ 行.内容 }}（{% if 行.环节 %}{{ 行.环节 }}，{% endif %}"
        "{{ 行.时长 }}{% if 行.发言 %}，{{ 行.发言 }}{% endif %}）",
    )
    tag(document, "{%p endfor %}")
    tag(document, "{%p endif %}")
    text(document, "请准时参加并签到；因故不能参加的，请提前告知召集人。")
    signed(document, "{{ 召集人 }}", "{{ 落款日期 }}")
    return document


def sign_in_sheet() -> Word:
    """Return the template of a sign-in sheet."""
    document = page()
    title(document, "协商活动签到表")
    for line in ("议题：{{ 议题 }}", "时间：{{ 时间 }}", "地点：{{ 地点 }}"):
        write(document.add_paragraph(), line)
    document.add_paragraph()
    table(
        document,
        "名单",
        [("序号", "序号", 0.12), ("姓名", "姓名", 0.26), ("类别", "类别", 0.27), ("签名", "", 0.35)],
    )
    return document


def minutes() -> Word:
    """Return the template of the minutes."""
    document = page()
    title(document, "“{{ 议题 }}”协商会议纪要")
    for line in ("时间：{{ 时间 }}", "地点：{{ 地点 }}", "主持人：{{ 主持人 }}", "记录人：{{ 记录人 }}"):
        write(document.add_paragraph(), line)
    tag(document, "{%p if 更正原因 %}")
    write(document.add_paragraph(), "更正原因：{{ 更正原因 }}")
    tag(document, "{%p endif %}")
    document.add_paragraph()
    tag(document, "{%p for 段 in 正文 %}")
    text(document, "{{ 段 }}")
    tag(document, "{%p endfor %}")
    document.add_paragraph()
    tag(document, "{%p if 提示 %}")
    text(document, "{{ 提示 }}")
    tag(document, "{%p endif %}")
    tag(document, "{%p if 签署 %}")
    write(document.add_paragraph(), "签署", font=HEADING_FONT)
    table(document, "签署", [("身份", "身份", 0.25), ("姓名", "姓名", 0.35), ("签署时间", "时间", 0.4)])
    tag(document, "{%p endif %}")
    footer(document, "第{{ 稿次 }}稿 · {{ 状态 }}\n文本 SHA-256：{{ 摘要 }}")
    return document


BUILDERS: dict[str, Callable[[], Word]] = {
    NOTICE.file: notice,
    SIGN_IN_SHEET.file: sign_in_sheet,
    MINUTES.file: minutes,
}


def write_templates(folder: Path = PACKAGED) -> list[Path]:
    """Write all templates into a folder, and return where they are."""
    return write_all(BUILDERS, folder)


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in write_templates())
