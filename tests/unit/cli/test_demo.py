"""What the demo decides before it starts anything."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.cli.demo import running
from shared.cli.demo.command import _interruptible
from shared.cli.demo.mail_catcher import MailCatcher
from shared.cli.demo.running import Demo, DemoError, EndedError, Told
from shared.cli.demo.webhook_receiver import WebhookReceiver
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
    with running._owned(tmp_path), pytest.raises(DemoError, match="--data"), running._owned(tmp_path):
        pass


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
    assert "checkout of the repository" in done.err


def test_in_production_there_is_no_demo(hxs: Hxs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_ENV", "prod")
    monkeypatch.setenv("HXS_SIGNING_SECRETS", "g" * 40)
    monkeypatch.setenv("HXS_OIDC_ISSUER", "https://id.example.org")

    done = hxs("demo", "--data", tmp_path / "data")

    assert done.code == 2
    assert "HXS_ENV=prod" in done.err
    assert not (tmp_path / "data").exists()
