"""Why a file cannot be read at all.

LedgerFileError    one class, one stable `code` a reason: the caller shows the text and stops
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from shared.platform.language import Language, Text

_TEXTS = MappingProxyType(
    {
        "not-found": Text("找不到文件“{file}”", "{file}: no such file"),
        "unreadable": Text("打不开文件“{file}”：{why}", "{file} cannot be opened: {why}"),
        "empty-file": Text("文件“{file}”是空的（0 字节）", "{file} is empty (0 bytes)"),
        "not-a-workbook": Text(
            "文件“{file}”不是 Excel 工作簿，请提供 .xlsx 文件",
            "{file} is not an Excel workbook; give an .xlsx file",
        ),
        "old-format": Text(
            "文件“{file}”是旧格式（{format}），请用 Excel 或 WPS 另存为 .xlsx",
            "{file} is in another format ({format}); save it as .xlsx",
        ),
        "encrypted": Text(
            "文件“{file}”设有打开密码，请先取消密码再导入",
            "{file} is protected by a password; remove it and try again",
        ),
        "corrupt": Text(
            "文件“{file}”已损坏，请用 Excel 打开修复后另存",
            "{file} is damaged; open it in Excel, let it repair the file and save it",
        ),
        "no-ledger-sheet": Text(
            "文件“{file}”中没有协商活动台账（现有工作表：{sheets}）",
            "{file} has no ledger sheet (协商活动台账); it has: {sheets}",
        ),
        "empty-sheet": Text("文件“{file}”的工作表“{sheet}”没有内容", "{file}: the sheet {sheet} is empty"),
        "column-missing": Text(
            "文件“{file}”的工作表“{sheet}”缺少必需的列：{columns}",
            "{file}: the sheet {sheet} lacks needed columns: {columns}",
        ),
        "no-rows": Text(
            "文件“{file}”的工作表“{sheet}”只有表头，没有活动",
            "{file}: the sheet {sheet} has a header and no activity",
        ),
    }
)


class LedgerFileError(Exception):
    """The file holds no ledger that can be read; nothing of it was used.

    Attributes:
        code: stable, e.g. `encrypted`.
        path: the file.
        text: what is wrong and what to do, in both languages.
        facts: what the text names, e.g. `columns`.
    """

    def __init__(self, code: str, path: Path, **facts: str) -> None:
        self.code = code
        self.path = path
        self.facts = {"file": path.name, **facts}
        template = _TEXTS[code]
        self.text = Text(template.zh.format(**self.facts), template.en.format(**self.facts))
        super().__init__(f"{self.text.zh} / {self.text.en}")

    def message(self, language: Language) -> str:
        """Return the text in one language."""
        return self.text.in_(language)
