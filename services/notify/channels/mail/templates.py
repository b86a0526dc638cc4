"""Templates of mails: the packaged ones, or the county's own.

A template from outside is rendered in a sandbox, as text or with everything escaped, and no field's content
is ever read as a template. One that has a fault costs nobody their notice: the packaged one is taken instead,
and the log says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, FileSystemLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from shared.platform.logs import logger

FOLDER = "mail"
"""Of the county's templates, inside `HXS_TEMPLATES_DIR`."""

HTML, PLAIN = "notice.html", "notice.txt"

_FAULTS = (
    *(TemplateError, UnicodeDecodeError, OSError),  # not there any more, no template, no text
    *(AttributeError, KeyError, ValueError, TypeError, ArithmeticError, RecursionError),  # wrong tags
)
_log = logger(__name__)


def _environment(loader: BaseLoader) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=loader,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Templates:
    """What mails look like.

    Args:
        own: folder of the county's templates, `HXS_TEMPLATES_DIR`.
    """

    def __init__(self, own: Path | None) -> None:
        self._own_folder = None if own is None else own / FOLDER
        self._own = None if own is None else _environment(FileSystemLoader(own / FOLDER))
        self._packaged = _environment(PackageLoader("services.notify", "templates/mail"))

    def render(self, name: str, fields: Mapping[str, Any]) -> str:
        """Return a mail's text.

        Args:
            name: `HTML` or `PLAIN`.
            fields: see `words.fields_of`.
        """
        if self._own is not None and self._own_folder is not None and (self._own_folder / name).is_file():
            try:
                return self._own.get_template(name).render(fields)
            except _FAULTS as error:
                fault = getattr(error, "message", None) or type(error).__name__
                _log.error("mail template unusable", template=name, fault=fault)
        return self._packaged.get_template(name).render(fields)
