"""Another system that is told: signatures, a new key, the same once more (N09, N10)."""

from __future__ import annotations

from standardwebhooks import Webhook, WebhookVerificationError

from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.handling import Problem
from shared.cli.demo.tour.playing import MissingError, Tour
from shared.cli.demo.tour.subscribing import Endpoint
from shared.cli.demo.webhook_receiver import Received, WebhookReceiver
from shared.platform.language import Text

_SOLVED = "hxs.cases.ProblemSolved.v1"


def tell_another_system(
    tour: Tour, cast: Cast, endpoint: Endpoint, receiver: WebhookReceiver, problem: Problem
) -> None:
    """Play what the receiver on this machine gets, and verifies."""
    tour.chapter(Text("推送：验签、换密钥、重新投递", "Webhooks: signatures, a new key, redelivery"))
    _solved(tour, cast, receiver, problem)
    _ping(tour, cast, endpoint, receiver)
    _rotate(tour, cast, endpoint, receiver)
    _redeliver(tour, cast, endpoint, receiver)
    if receiver.refused:
        raise MissingError(f"the receiver could not verify {len(receiver.refused)} requests")


def _verifies(received: Received, secret: str) -> bool:
    try:
        Webhook(secret).verify(received.body, dict(received.headers))
    except WebhookVerificationError:
        return False
    return True


def _came(tour: Tour, receiver: WebhookReceiver, id_: str, times: int = 1) -> Received:
    def found() -> Received | None:
        those = [each for each in receiver.received if each.id == id_]
        return those[times - 1] if len(those) >= times else None

    return tour.waits_for(f"the webhook {id_}", found)


def _solved(tour: Tour, cast: Cast, receiver: WebhookReceiver, problem: Problem) -> None:
    def found() -> Received | None:
        for each in receiver.received:
            if each.type == _SOLVED and each.data["event"]["problem_id"] == problem.problem_id:
                return each
        return None

    received = tour.waits_for(f"{_SOLVED} at the receiver", found)
    tour.step(
        "event-received",
        cast.liaison.title,
        Text("对方系统收到问题销号事件", "has the other system told that the problem is solved"),
        Text(f"{received.type}，签名无误", f"{received.type}, and its signature is right"),
        type=received.type,
        id=received.id,
        data_id=received.data["id"],
    )


def _ping(tour: Tour, cast: Cast, endpoint: Endpoint, receiver: WebhookReceiver) -> None:
    delivery: str = cast.liaison.does("notify", f"{endpoint.path}/test")["delivery_id"]
    received = _came(tour, receiver, delivery)
    tour.step(
        "webhook-tested",
        cast.liaison.title,
        Text("发一次测试", "sends a test"),
        Text(f"收到 {received.type}，签名无误", f"{received.type} came, and its signature is right"),
        type=received.type,
        verified=_verifies(received, endpoint.secret),
    )


def _rotate(tour: Tour, cast: Cast, endpoint: Endpoint, receiver: WebhookReceiver) -> None:
    secret: str = cast.liaison.does("notify", f"{endpoint.path}/rotation")["secret"]
    delivery: str = cast.liaison.does("notify", f"{endpoint.path}/test")["delivery_id"]
    received = _came(tour, receiver, delivery)
    verified = {"before": _verifies(received, endpoint.secret), "after": _verifies(received, secret)}
    if not all(verified.values()):
        raise MissingError(f"after the rotation the keys verify {verified}")
    receiver.trust(secret)
    tour.step(
        "webhook-key-rotated",
        cast.liaison.title,
        Text("更换密钥，再测试", "has a new key made, and tests again"),
        Text("新旧密钥都能验签", "both keys verify it"),
        verified=verified,
    )


def _redeliver(tour: Tour, cast: Cast, endpoint: Endpoint, receiver: WebhookReceiver) -> None:
    receiver.unavailable = True
    delivery: str = cast.liaison.does("notify", f"{endpoint.path}/test")["delivery_id"]
    path = f"{endpoint.path}/deliveries/{delivery}"
    failed = cast.liaison.reads("notify", path, until=lambda shown: bool(shown["attempts"]))
    receiver.unavailable = False
    cast.liaison.does("notify", f"{path}/redelivery")
    shown = cast.liaison.reads("notify", path, until=lambda shown: bool(shown["status"] == "delivered"))
    received = _came(tour, receiver, delivery, times=2)
    tour.step(
        "webhook-redelivered",
        cast.liaison.title,
        Text(
            "对方系统停机，恢复后手工重新投递",
            "has what failed sent again by hand, once the receiver is back",
        ),
        Text(
            f"{failed['reason']}；重投成功，同一 webhook-id，共 {shown['attempts']} 次",
            f"{failed['reason']}; delivered with the same webhook-id, {shown['attempts']} attempts in all",
        ),
        id=[delivery, received.id],
        again=received.again,
        attempts=shown["attempts"],
    )


def stop_telling(tour: Tour, cast: Cast, endpoint: Endpoint) -> None:
    """Remove the webhook: nobody listens there after the demo."""
    cast.liaison.removes("notify", endpoint.path)
    status = cast.liaison.finds_nothing("notify", endpoint.path)
    tour.step(
        "webhook-removed",
        cast.liaison.title,
        Text("注销推送端点", "removes the webhook"),
        Text(f"再查：{status}", f"looked up again: {status}"),
        status=status,
    )
