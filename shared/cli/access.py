"""`hxs token` and `hxs accounts`: who may sign in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from shared.cli import composition
from shared.cli.failures import USAGE, CliError
from shared.cli.output import AsJson, print_json

if TYPE_CHECKING:
    from shared.platform.local_accounts import Account, LocalAccounts
    from shared.platform.settings import Settings

T = TypeVar("T")


class RoleName(StrEnum):
    """The roles, as one types them."""

    RESIDENT = "resident"
    MEMBER = "member"
    CONVENER = "convener"
    LIAISON = "liaison"
    DEPARTMENT = "department"
    OFFICE = "office"
    AUDITOR = "auditor"
    ADMIN = "admin"


Roles = Annotated[list[RoleName], typer.Option("--role", help="May be given several times.")]
Division = Annotated[str, typer.Option(help="Code of the division that the roles hold in.")]
Organisation = Annotated[
    str | None, typer.Option(help="The body somebody acts for, spelt as in assignments, e.g. 县住建局.")
]


def token(
    roles: Roles,
    division: Division,
    subject: Annotated[str, typer.Option(help="Whom it speaks for: an opaque id.")] = "developer",
    organisation: Organisation = None,
    as_json: AsJson = False,
) -> None:
    """Print a token for trying things out; in HXS_ENV=dev only.

    Services accept it where their HXS_DEV_TOKEN_SECRET is the same.
    """
    from shared.platform.auth import Role, issue_dev_token

    settings = composition.begin()
    if settings.env == "dev" and not settings.token_secret_given:
        raise CliError("no service would accept it: set HXS_DEV_TOKEN_SECRET to that of the services", USAGE)
    made = issue_dev_token(
        settings, [Role(role) for role in roles], _checked(division), subject, organisation=organisation
    )
    if as_json:
        whom = {"roles": roles, "division": division, "subject": subject, "organisation": organisation}
        print_json({"token": made, **whom})
    else:
        typer.echo(made)


def _checked(division: str) -> str:
    from shared.platform.auth import is_division

    if not is_division(division):
        raise CliError(f"{division!r} is no division code: 2, 4, 6, 9 or 12 digits", USAGE)
    return division


accounts = typer.Typer(
    help="Accounts of this installation, for counties without an identity provider.", no_args_is_help=True
)

Username = Annotated[str, typer.Argument(help="As the person types it to sign in.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def entered_password(from_stdin: bool) -> str:
    """Return a password, typed or from standard input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    entered: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return entered


def _with_accounts(settings: Settings, work: Callable[[LocalAccounts], Awaitable[T]]) -> T:
    async def run() -> T:
        from shared.platform.local_accounts import LocalAccounts, MongoAccountStore

        async with composition.opened(settings) as mongo:
            return await work(LocalAccounts(MongoAccountStore(mongo)))

    return asyncio.run(run())


@accounts.command("add")
def add(
    username: Username,
    roles: Roles,
    division: Division,
    organisation: Organisation = None,
    stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Add an account."""
    from shared.platform.auth import Role

    settings = composition.begin()
    _checked(division)
    password = entered_password(stdin)

    def create(local: LocalAccounts) -> Awaitable[Account]:
        given = [Role(role) for role in roles]
        return local.create(username, password, given, division, organisation=organisation)

    made = _with_accounts(settings, create)
    if as_json:
        whom = {"roles": roles, "division": division, "organisation": organisation}
        print_json({"username": made.username, "subject": made.subject, **whom})
    else:
        typer.echo(f"{made.username} may sign in (its subject is {made.subject})")


@accounts.command("password")
def set_password(username: Username, stdin: FromStdin = False) -> None:
    """Set a new password."""
    settings, password = composition.begin(), entered_password(stdin)
    _with_accounts(settings, lambda local: local.set_password(username, password))
    typer.echo(f"{username} has a new password")


@accounts.command("disable")
def disable(username: Username) -> None:
    """Let an account sign in no more; tokens already given stay good until they expire (12 hours)."""
    _with_accounts(composition.begin(), lambda local: local.disable(username))
    typer.echo(f"{username} can sign in no more")
