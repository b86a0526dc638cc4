"""`hxs serve`: one process of a service."""

from __future__ import annotations

from typing import Annotated

import typer

from shared.cli import composition
from shared.cli.composition import ServiceName
from shared.cli.failures import USAGE, CliError
from shared.cli.ports import is_free

_PARTS = ("api", "relay", "projections", "reactions", "workers")


def serve(
    service: Annotated[ServiceName, typer.Argument(help="Which service.")],
    only: Annotated[
        str | None,
        typer.Option(metavar="PART,…", help=f"Run these parts only: {', '.join(_PARTS)}."),
    ] = None,
) -> None:
    """Run a service until it is asked to stop (Ctrl-C, SIGTERM)."""
    wanted = _PARTS if only is None else tuple(part.strip() for part in only.split(","))
    if unknown := set(wanted) - set(_PARTS):
        raise CliError(f"--only {','.join(sorted(unknown))}: the parts are {', '.join(_PARTS)}", USAGE)
    from shared.eventsourcing.service import Part
    from shared.eventsourcing.service import serve as run
    from shared.platform.settings import load_settings

    settings = load_settings()
    if not is_free(settings.http_host, port := settings.port(service)):
        raise CliError(
            f"{settings.http_host}:{port} cannot be listened on: stop what has it, "
            "or say another with HXS_HTTP_PORT (and HXS_HTTP_HOST)",
            USAGE,
        )
    run(composition.load(service), settings, frozenset(Part(part) for part in wanted))
