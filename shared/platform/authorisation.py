"""Who may do what, as dependencies of endpoints that can also be read off as a table.

    @router.post("/topics/{topic_id}/adopt")
    async def adopt(principal: Annotated[Principal, Depends(require(Role.LIAISON))], …): …

`require` declares the roles; the division of what is read or changed is known only inside the endpoint,
which calls `check_division`. Two rules hold without being declared: the office may do everything in its
county, the auditor may read everything in its division. Neither auditor nor admin ever writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.security import HTTPBearer

from shared.platform.auth import Principal, ProviderUnavailableError, Role, TokenRefusedError, TokenVerifier
from shared.platform.language import Text
from shared.platform.logs import logger
from shared.platform.problems import (
    NotFoundError,
    NotSignedInError,
    RoleNotAllowedError,
    UnavailableError,
)

_log = logger(__name__)
BEARER = HTTPBearer(auto_error=False, description="OIDC access token, or one of `POST /login`")

Scope = Literal["division", "county"]

# Each role may also do what the roles it builds on may.
_BUILDS_ON: dict[Role, Role] = {
    Role.MEMBER: Role.RESIDENT,
    Role.CONVENER: Role.MEMBER,
    Role.LIAISON: Role.CONVENER,
}


class Access(StrEnum):
    """What kind of thing an endpoint does."""

    READ = "read"
    WRITE = "write"  # changes the record
    OPERATE = "operate"  # runs the system (retry, rebuild); never changes the record


@dataclass(frozen=True, slots=True)
class Permission:
    """Who may use an endpoint.

    Attributes:
        roles: all that may, the implied ones included.
        access: what the endpoint does.
        scope: `division`: inside the caller's own; `county`: only callers whose division is the whole
            county or more.
        anonymous: also without a token; then `roles` does not matter.
    """

    roles: frozenset[Role]
    access: Access
    scope: Scope = "division"
    anonymous: bool = False

    def allows(self, principal: Principal) -> bool:
        """Tell whether one of the caller's roles is among those that may."""
        return self.anonymous or not self.roles.isdisjoint(principal.roles)


def _with_implied(roles: Iterable[Role], access: Access) -> frozenset[Role]:
    allowed = set(roles)
    if access is Access.OPERATE:
        return frozenset(allowed)
    if access is Access.WRITE and allowed & {Role.AUDITOR, Role.ADMIN}:
        raise ValueError("auditor and admin never change the record; declare another access")
    for role, base in _BUILDS_ON.items():  # in the order of building on each other
        if base in allowed:
            allowed.add(role)
    allowed.add(Role.OFFICE)
    if access is Access.READ:
        allowed.add(Role.AUDITOR)
    return frozenset(allowed)


async def optional_principal(request: Request) -> Principal | None:
    """Return who is asking, None without a token.

    Raises:
        NotSignedInError: there is a token, and it is not accepted.
        UnavailableError: the identity provider cannot be reached.
    """
    credentials = await BEARER(request)  # called, not depended on, as below: each level costs
    if credentials is None:
        if "authorization" in request.headers:  # another scheme, or a malformed header
            raise NotSignedInError(token_sent=True)
        return None
    verifier: TokenVerifier = request.app.state.verifier
    try:
        return await verifier.verify(credentials.credentials)
    except TokenRefusedError as error:
        _log.info("token refused", reason=str(error))
        raise NotSignedInError(token_sent=True) from None
    except ProviderUnavailableError:
        raise UnavailableError(
            Text("身份认证服务暂不可用。", "The identity provider cannot be reached."), retry_after_seconds=30
        ) from None


async def principal(request: Request) -> Principal:
    """Return who is asking.

    Raises:
        NotSignedInError: nobody, or somebody whose token is not accepted.
        UnavailableError: the identity provider cannot be reached.
    """
    found = await optional_principal(request)
    if found is None:
        raise NotSignedInError(token_sent=False)
    return found


class Require:
    """Dependency: the caller, who has one of the declared roles."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        """Return the caller.

        Raises:
            NotSignedInError: nobody, or somebody whose token is not accepted.
            RoleNotAllowedError: none of the roles, or not for the whole county where that is asked.
            UnavailableError: the identity provider cannot be reached.
        """
        caller = await principal(request)
        if not self.permission.allows(caller):
            raise RoleNotAllowedError(self.permission.roles)
        if self.permission.scope == "county" and not caller.covers(request.app.state.settings.county):
            raise RoleNotAllowedError(self.permission.roles)
        return caller


class Anyone:
    """Dependency: the caller, or None; anybody may."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal | None:
        """Return the caller, None without a token.

        Raises:
            NotSignedInError: there is a token, and it is not accepted.
            UnavailableError: the identity provider cannot be reached.
        """
        return await optional_principal(request)


def require(*roles: Role, access: Access = Access.WRITE, scope: Scope = "division") -> Require:
    """Declare which roles may use an endpoint, and get the caller.

    Raises:
        ValueError: auditor or admin is declared to write.
    """
    return Require(Permission(_with_implied(roles, access), access, scope))


def anyone(access: Access = Access.READ) -> Anyone:
    """Declare that an endpoint is open to everybody, and get the caller if there is one."""
    return Anyone(Permission(frozenset(Role), access, anonymous=True))


class Open:
    """Dependency that looks at no token: a stale one must not keep anybody from signing in."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self) -> None:
        """Let everybody pass."""


def unidentified(access: Access) -> Open:
    """Declare that an endpoint is open to everybody and does not look at who asks."""
    return Open(Permission(frozenset(Role), access, anonymous=True))


def check_division(caller: Principal, division: str) -> None:
    """Let pass what lies inside the caller's division.

    Raises:
        NotFoundError: it lies elsewhere: what is there must not show.
    """
    if not caller.covers(division):
        raise NotFoundError


def visible_divisions(caller: Principal, asked: str | None = None) -> dict[str, str]:
    """Return a database condition on a division field: inside the caller's, and inside `asked` if given.

    Raises:
        NotFoundError: `asked` lies outside the caller's division.
    """
    if asked is not None and not caller.division.startswith(asked):
        check_division(caller, asked)
        prefix = asked
    else:
        prefix = caller.division
    return {"$gte": prefix, "$lt": prefix + ":"}  # ":" follows "9": a range uses an index, and no pattern


@dataclass(frozen=True, slots=True)
class EndpointRight:
    """One line of the table of rights; `permission` is None where none was declared."""

    method: str
    path: str
    permission: Permission | None


def _declared(dependant: Dependant) -> Permission | None:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Require | Anyone | Open):
            return dependency.call.permission
        if (found := _declared(dependency)) is not None:
            return found
    return None


def _rights(app: FastAPI) -> Iterator[EndpointRight]:
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if not isinstance(dependant, Dependant) or not getattr(route, "include_in_schema", False):
            continue
        for method in sorted(route.methods or ()):
            yield EndpointRight(method, str(route.path_format), _declared(dependant))


def rights_of(app: FastAPI) -> list[EndpointRight]:
    """Return who may use each endpoint of the API, by path and method."""
    return sorted(_rights(app), key=lambda right: (right.path, right.method))
