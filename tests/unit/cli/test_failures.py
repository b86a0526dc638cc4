"""What is to be expected to fail says so in one line; a mistake of ours shows where it is."""

from __future__ import annotations

import pytest

from shared.cli import composition, failures
from shared.cli.failures import CliError, explain
from shared.platform.local.process import free_port
from tests.unit.cli.running import Hxs


def test_a_setting_that_cannot_be_used_is_named(hxs: Hxs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_KAFKA_PARTITIONS", "many")

    done = hxs("kafka", "check")

    assert done.code == failures.USAGE
    assert "HXS_KAFKA_PARTITIONS" in done.err
    assert "Traceback" not in done.err


def test_a_kafka_that_is_away_is_one_line(hxs: Hxs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_KAFKA_BOOTSTRAP", f"127.0.0.1:{free_port()}")

    done = hxs("kafka", "check", "--json")

    assert done.code == failures.UNREACHABLE
    assert done.out == ""
    assert done.err.startswith("hxs: Kafka does not answer")
    assert "HXS_KAFKA_BOOTSTRAP" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_database_that_is_away_is_one_line_without_its_password(
    hxs: Hxs, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"127.0.0.1:{free_port()}"
    url = f"mongodb://clerk:hunter22@{address}/?serverSelectionTimeoutMS=200"
    monkeypatch.setenv("HXS_MONGO_URL", url)

    done = hxs("audit")

    assert done.code == failures.UNREACHABLE
    assert done.err.startswith("hxs: MongoDB does not answer")
    assert "HXS_MONGO_URL" in done.err
    assert "hunter22" not in done.err
    assert len(done.err.splitlines()) == 1


def test_the_reason_inside_a_group_is_what_is_told() -> None:
    inside = ExceptionGroup("tasks", [ExceptionGroup("more", [CliError("the reason", 3)])])

    failure = explain(inside)

    assert failure is not None
    assert (failure.message, failure.code) == ("the reason", 3)


def test_a_mistake_of_ours_is_not_explained_away(hxs: Hxs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(composition, "begin", broken)

    with pytest.raises(ZeroDivisionError):
        hxs("audit")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("audit", "board"), "board publishes no events"),
        (("audit", "--stream", "sandwich-1"), "no streams are called sandwich-"),
        (("events", "tail", "board"), "board publishes no events"),
        (("projections", "rebuild", "sandwiches"), "no projection sandwiches"),
        (("projections", "rebuild", "venues"), "or --service board"),
        (("republish",), "name the services, or --all"),
        (("republish", "topics", "--all"), "name the services, or --all"),
        (("serve", "topics", "--only", "api,kitchen"), "--only kitchen"),
        (("serve", "kitchen"), "kitchen"),
        (("import-ledger", "x.xlsx", "--as-of", "5 Sept"), "2024-09-05"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(
    hxs: Hxs, arguments: tuple[str, ...], says: str
) -> None:
    done = hxs(*arguments)

    assert done.code == failures.USAGE
    assert says in done.err
