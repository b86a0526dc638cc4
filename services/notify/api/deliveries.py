"""Deliveries over HTTP: what is stuck, why, and trying it again (N09)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.notify.deciders import NOTICE
from services.notify.domain.delivery import RequestDelivery, Status
from services.notify.lists import DELIVERY_LIST
from services.notify.projections.deliveries import DELIVERIES
from services.notify.views.deliveries import DeliveryView
from shared.contracts.notify import NoticeChannel
from shared.contracts.types import Id
from shared.eventsourcing.http import CommandsOf, Written
from shared.eventsourcing.reading import ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require, visible_divisions
from shared.platform.clock import Now
from shared.platform.exports import EXPORTS
from shared.platform.http import Page
from shared.platform.lists import ListRequest

router = APIRouter()

Reader = Annotated[Principal, Depends(require(Role.OFFICE, Role.ADMIN, access=Access.READ, scope="county"))]
Operator = Annotated[
    Principal, Depends(require(Role.OFFICE, Role.ADMIN, access=Access.OPERATE, scope="county"))
]


@router.get("/deliveries", response_model=Page[DeliveryView], responses=EXPORTS)
async def list_deliveries(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(DELIVERY_LIST)],
    status: Annotated[Status | None, Query(description="e.g. `parked`: no longer tried by itself")] = None,
    channel: Annotated[NoticeChannel | None, Query(description="Only one channel")] = None,
) -> Page[DeliveryView] | Response:
    """List what went out, is to go out, or could not; without texts and addresses."""
    query: dict[str, object] = {"division": visible_divisions(caller)}
    if status is not None:
        query["status"] = status
    if channel is not None:
        query["channel"] = channel
    return await reading.listed(DELIVERIES, DELIVERY_LIST, query, asked)


@router.get("/deliveries/{delivery_id}")
async def get_delivery(delivery_id: Id, caller: Reader, reading: ReadingOf) -> DeliveryView:
    """Return a delivery with its attempts."""
    return await reading.one(DELIVERIES, delivery_id, DeliveryView, caller=caller, minimum=None)


@router.post("/deliveries/{delivery_id}/retry")
async def retry_delivery(
    delivery_id: Id, caller: Operator, reading: ReadingOf, commands: CommandsOf, now: Now
) -> Written:
    """Have a delivery tried again at once, under the same id; what was delivered is not sent again."""
    found = await reading.one(DELIVERIES, delivery_id, DeliveryView, caller=caller, minimum=None)
    command = RequestDelivery(delivery_id, now)
    return await commands.execute(NOTICE, found.notice_id, command, location=f"/deliveries/{delivery_id}")
