"""What the demo decides before it starts anything."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.cli.demo import command, county_year, running
from shared.cli.demo.command import EXAMPLE_DAY, _interruptible
from shared.cli.demo.county_year import Sizes
from shared.cli.demo.mail_catcher import MailCatcher
from shared.cli.demo.running import Demo, DemoError, EndedError, Told
from shared.cli.demo.webhook_receiver import WebhookReceiver
from shared.ledger import Divisions, LedgerReading
from shared.platform.divisions import TABLE
from shared.platform.local.process import Child
from shared.platform.settings import PORTS, load_settings
from tests.unit.cli.running import Hxs


@pytest.fixture
def told() -> Iterator[Told]:
    """Who would be told, were anything sent."""
    with MailCatcher() as mails, WebhookReceiver() as receiver:
        yield Told(mails, receiver)


def test_a_demo_writes_to_nobody_whatever_mail_server_is_named(
    monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    monkeypatch.setenv("HXS_SMTP_HOST", "mail.example.gov.cn")
    monkeypatch.setenv("HXS_SMTP_FROM", "office@example.gov.cn")
    with running._variables(told.environment):
        settings = load_settings()

    assert (settings.smtp_host, settings.webhook_allow) == ("127.0.0.1", ("127.0.0.1",))


def test_links_lead_to_the_demos_services_unless_the_environment_says_where(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HXS_PUBLIC_BOARD_URL", "https://xs.example.gov.cn")

    assert running._links(load_settings(), {name: f"http://{name}" for name in PORTS}) == {
        "HXS_PUBLIC_URL": "http://topics",
        "HXS_PUBLIC_MEETINGS_URL": "http://meetings",
        "HXS_PUBLIC_NOTIFY_URL": "http://notify",
    }


def test_a_port_that_is_taken_is_left_to_whoever_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setitem(PORTS, "board", taken.getsockname()[1])
        urls = running._urls(load_settings())

        assert urls["board"] != f"http://127.0.0.1:{PORTS['board']}"


def test_the_secret_of_a_folder_stays_the_same_and_is_nobody_elses(tmp_path: Path) -> None:
    secret = running._secret(tmp_path, "secret")

    assert running._secret(tmp_path, "secret") == secret
    assert len(secret) >= 32
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_a_folder_serves_one_demo_at_a_time(tmp_path: Path) -> None:
    with (
        running._owned(tmp_path),
        pytest.raises(DemoError, match="--data") as error,
        running._owned(tmp_path),
    ):
        pass
    assert "已有演示在运行" in error.value.text.zh


def test_variables_are_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_LOG_LEVEL", "error")

    with running._variables({"HXS_LOG_LEVEL": "debug", "HXS_HTTP_PORT": "8001"}):
        assert (os.environ["HXS_LOG_LEVEL"], os.environ["HXS_HTTP_PORT"]) == ("debug", "8001")

    assert os.environ["HXS_LOG_LEVEL"] == "error"
    assert "HXS_HTTP_PORT" not in os.environ


def test_the_environment_for_other_commands_survives_a_shell(tmp_path: Path) -> None:
    running._write_environment(tmp_path, {"HXS_SERVICE_URLS": '{"board": "http://127.0.0.1:8000"}'})

    assert (tmp_path / "env").read_text() == ('HXS_SERVICE_URLS=\'{"board": "http://127.0.0.1:8000"}\'\n')


def test_what_ended_is_named_with_its_last_words(tmp_path: Path, told: Told) -> None:
    log = tmp_path / "board.log"
    child = Child("board", ["sh", "-c", "echo out of paper; exit 3"], log)
    demo = Demo(load_settings(), {}, tmp_path, {child.pid: ("board", log)}, told=told)

    with pytest.raises(EndedError, match=r"(?s)board ended by itself.*out of paper"):
        demo.wait()
    child.stop()


def test_what_ended_without_a_log_is_named_and_that_a_new_start_goes_on() -> None:
    error = EndedError("mock-kafka", None)

    assert error.text.zh == "mock-kafka 意外退出，已全部停止；再次启动会从原处继续"
    assert "None" not in str(error)


def test_a_request_to_end_that_a_finalizer_swallows_is_heard_all_the_same(tmp_path: Path, told: Told) -> None:
    class Finalized:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    demo = Demo(load_settings(), {}, tmp_path, {}, told=told)
    child = Child("board", ["sleep", "60"], tmp_path / "board.log")
    try:
        with _interruptible():
            demo.check()
            Finalized()

            with pytest.raises(KeyboardInterrupt):
                demo.check()
    finally:
        child.stop()
        running.ASKED_TO_END.clear()


def test_a_demo_without_its_ledger_says_where_it_runs(hxs: Hxs, tmp_path: Path) -> None:
    done = hxs("demo", "--ledger", tmp_path / "none.xlsx")

    assert done.code == 1
    assert "请在代码仓库的检出目录中运行演示" in done.err


def test_a_made_up_year_is_entered_once_into_a_folders_own_database(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entered: list[LedgerReading] = []
    monkeypatch.setattr(command, "_enter", lambda _, reading: entered.append(reading))
    divisions = Divisions.load(TABLE, "371621")
    small = Sizes(members=1, venues=1, meetings=1, opinions=1)
    year = county_year.reading(divisions, EXAMPLE_DAY, small, seed=1)
    own = Demo(load_settings(), {"HXS_MONGO_URL": "mongodb://of.this.demo"}, tmp_path, told=told)
    another = Demo(load_settings(), {}, tmp_path, told=told)

    command._fill(own, year)
    command._fill(own, year)
    assert len(entered) == 1
    assert "约 10 分钟" in capsys.readouterr().err

    command._fill(own, county_year.reading(divisions, EXAMPLE_DAY, small, seed=2))
    command._fill(another, year)
    assert len(entered) == 3


def test_what_to_type_is_said_as_the_command_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [".venv/bin/hxs", "demo"])

    assert command._program() == ".venv/bin/hxs"


def test_in_production_there_is_no_demo(hxs: Hxs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_ENV", "prod")
    monkeypatch.setenv("HXS_SIGNING_SECRETS", "g" * 40)
    monkeypatch.setenv("HXS_OIDC_ISSUER", "https://id.example.org")

    done = hxs("demo", "--data", tmp_path / "data")

    assert done.code == 2
    assert "HXS_ENV=prod" in done.err
    assert not (tmp_path / "data").exists()
