"""Word documents from templates: the packaged ones, or the county's own.

A template comes from outside, so it is rendered in a sandbox: it can use the fields, and nothing of the
program. What people wrote is escaped, and no field's content is ever read as a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

from shared.platform.language import Text
from shared.platform.logs import logger
from shared.platform.papers import Fields, Paper
from shared.platform.problems import Problem, ProblemType, add_types

_NOT_XML = re.compile(r"[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MISSING = re.compile(r"'([^']*)' is undefined|has no attribute '([^']*)'")
_FAULTS = (
    *(PackageNotFoundError, BadZipFile, SyntaxError),  # no Word document; lxml's is a SyntaxError
    *(TemplateError, SecurityError),  # a tag that cannot be read, or wants what it must not have
    *(AttributeError, KeyError, ValueError, TypeError, ArithmeticError),  # what wrong parts and tags lead to
)
_log = logger(__name__)

add_types(
    [
        ProblemType(
            "template-unusable", 503, Text("文书模板无法使用", "The document's template cannot be used")
        )
    ]
)


class TemplateUnusableError(Problem):
    """The county's template has a fault; the operator replaces it, the caller cannot help it.

    Attributes:
        template: its file's name.
        unknown: the field that it asks for and the paper does not have; None for any other fault.
    """

    def __init__(self, paper: Paper, unknown: str | None) -> None:
        self.template = paper.file
        self.unknown = unknown
        known = "、".join(sorted(paper.fields))
        detail = (
            Text(
                f"模板 {paper.file} 中的字段“{unknown}”不存在；可用字段：{known}。",
                f"The template {paper.file} asks for an unknown field {unknown!r}; known are: {known}.",
            )
            if unknown is not None
            else Text(
                f"模板 {paper.file} 不是有效的 Word 模板（.docx），或其中的标记有误。",
                f"The template {paper.file} is no Word document (.docx), or a tag in it is wrong.",
            )
        )
        facts = {"template": paper.file} | ({"unknown_field": unknown} if unknown is not None else {})
        super().__init__("template-unusable", detail, facts=facts)


def template_of(paper: Paper, own: Path | None) -> Path:
    """Return the county's template of a paper, or the packaged one where it has none.

    Args:
        paper: which one.
        own: folder of the county's templates.
    """
    if own is not None and (found := own / paper.file).is_file():
        return found
    return paper.folder / paper.file


def _clean(value: Any) -> Any:  # noqa: ANN401 - text, numbers, and lists and mappings of them
    if isinstance(value, str):
        return _NOT_XML.sub("", value)
    if isinstance(value, Mapping):
        return {name: _clean(inner) for name, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list) else value


def _unknown_field(error: UndefinedError) -> str | None:
    found = _MISSING.search(error.message or "")
    return (found[1] or found[2]) if found else None


def render(paper: Paper, fields: Fields, own: Path | None = None) -> bytes:
    """Return a paper as a .docx file.

    Args:
        paper: which one.
        fields: what it says.
        own: folder of the county's templates.

    Raises:
        TemplateUnusableError: the template asks for a field that is not there, or is no template.
    """
    template = template_of(paper, own)
    written = BytesIO()
    try:
        document = DocxTemplate(template)
        document.render(_clean(fields), SandboxedEnvironment(undefined=StrictUndefined), autoescape=True)
        document.save(written)
    except UndefinedError as error:
        raise _refused(paper, error, _unknown_field(error)) from error
    except _FAULTS as error:
        raise _refused(paper, error) from error
    return written.getvalue()


def _refused(paper: Paper, error: Exception, unknown: str | None = None) -> TemplateUnusableError:
    _log.error("template unusable", template=paper.file, fault=type(error).__name__, unknown_field=unknown)
    return TemplateUnusableError(paper, unknown)
