"""Once a minute: webhooks that have failed for days are disabled, and the vault is put in order (N10).

A webhook is failing while attempts fail and none succeeds. From the first to the last such attempt since it
was enabled, or since something last went through, `FAILING_DAYS` have to pass: one event that nobody took,
and then silence, says little. It is disabled once each time that it is enabled, whoever finds it first.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from services.notify.channels.webhook.vault import vault_in
from services.notify.deciders import WEBHOOK
from services.notify.domain.webhook import DisableWebhook, Webhook
from services.notify.domain.webhook_news import FAILING_DAYS
from services.notify.projections.webhooks import WEBHOOK_DELIVERIES
from services.notify.webhooks import Directory, WebhookHandler, disabling_id, meta_of
from shared.contracts.envelope import rfc3339
from shared.contracts.notify import DisablingReason
from shared.eventsourcing.mongo_store import MongoEventStore
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.workers import Workbench, Worker
from shared.platform.logs import logger

NAME = "webhook-watch"
EVERY_SECONDS = 60.0

_log = logger(__name__)


async def failing_for(model: ReadModel, webhook: Webhook) -> timedelta:
    """Return from the first to the last attempt that failed since anything went through; 0 if none did.

    Args:
        model: `webhook_deliveries`.
        webhook: an enabled one.
    """
    of_it = {"webhook_id": webhook.webhook_id}
    delivered = {**of_it, "status": "delivered"}
    newest = await model.find(delivered, sort=(("settled_at", -1),), limit=1)
    since = rfc3339(webhook.since) if webhook.since else ""
    last_good = max([since, *(d["settled_at"] for d in newest)])
    first = await model.find(
        {**of_it, "failing_from": {"$gt": last_good}}, sort=(("failing_from", 1),), limit=1
    )
    last = await model.find({**of_it, "failing_to": {"$gt": last_good}}, sort=(("failing_to", -1),), limit=1)
    if not first or not last:
        return timedelta()
    return _moment(last[0]["failing_to"]) - _moment(first[0]["failing_from"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def disable_failing(handler: WebhookHandler, model: ReadModel, webhook: Webhook, now: datetime) -> None:
    """Disable a webhook that has failed for too long; its owner is told by a reaction."""
    if not webhook.enabled or await failing_for(model, webhook) < timedelta(days=FAILING_DAYS):
        return
    await handler.execute(
        DisableWebhook(DisablingReason.FAILING, now, since=webhook.since),
        stream=WEBHOOK.stream(webhook.webhook_id),
        meta=meta_of(webhook, f"worker:{NAME}", WEBHOOK.stream(webhook.webhook_id)),
        command_id=disabling_id(webhook, DisablingReason.FAILING),
    )


async def step(bench: Workbench) -> None:
    """See `Worker.step`."""
    now = bench.clock()
    webhooks = await Directory(MongoEventStore(bench.database)).webhooks()
    model = bench.read_models[WEBHOOK_DELIVERIES.name]
    for webhook in webhooks:
        await disable_failing(bench.handlers[WEBHOOK.category], model, webhook, now)
    vault = vault_in(bench.database, bench.settings.signing_secrets)
    named = {id_ for webhook in webhooks for id_ in (webhook.url_id, *webhook.signing(now))}
    removed, sealed = await vault.sweep(named), await vault.reseal()
    if removed or sealed:
        _log.info("webhook vault in order", removed=removed, sealed_anew=sealed)


WORKER = Worker(NAME, step, EVERY_SECONDS)
