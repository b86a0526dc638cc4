"""HTML pages of a service: its templates, their files, and what the pages of all services have in common.

    PAGES = Pages("services.topics")

    html = PAGES.render("submit.html", language="zh", …)
    PAGES.mount(app, "/static")

Templates are in the package's `pages/`, files in `pages/static/`; `base.css` (the paper, the accent, one
column) and `icon.svg` are here, and each service serves them beside its own: a page needs no other host.
Pages work without a script and carry nothing inline, so that they live under `default-src 'self'`.
"""

from __future__ import annotations

from functools import cache, cached_property
from hashlib import blake2s
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined

COMMON = Path(str(files(__name__).joinpath("static")))


@cache
def _address(file: Path) -> str:
    return f"static/{file.name}?{blake2s(file.read_bytes(), digest_size=6).hexdigest()}"


class Pages:
    """The pages of a service.

    Args:
        package: whose `pages/` has the templates.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self.static = Path(str(files(package).joinpath("pages/static")))

    @cached_property
    def environment(self) -> Environment:
        """Return where the templates are; a name that nobody gives them is an error."""
        environment = Environment(
            loader=PackageLoader(self._package, "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["asset"] = self.asset
        return environment

    def asset(self, name: str) -> str:
        """Return the relative address of a file, which changes with its content; `asset` in templates."""
        own = self.static / name
        return _address(own if own.exists() else COMMON / name)

    def render(self, template: str, **said: Any) -> str:  # noqa: ANN401 - as templates take
        """Return a template with what is to be said filled in."""
        return self.environment.get_template(template).render(**said)

    def mount(self, app: FastAPI, path: str) -> None:
        """Serve the files below a path: the service's own first, then what is common."""
        app.mount(path, StaticFiles(directory=self.static, packages=[(__name__, "static")]), name="static")
