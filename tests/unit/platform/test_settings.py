"""What a process is told from outside, and how it says that it cannot be so."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.platform.settings import (
    PORTS,
    PREFIX,
    SETTINGS_PAGE,
    Settings,
    SettingsError,
    load_settings,
    settings_table,
)

SECRET = "s" * 40
OTHER = "t" * 40
PRODUCTION: dict[str, Any] = {"env": "prod", "signing_secrets": SECRET}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_without_any_variable_a_developer_can_start() -> None:
    settings = load_settings()
    assert (settings.env, settings.county, settings.mongo_prefix) == ("dev", "371621", "hxs")
    assert settings.port("topics") == 8001


def test_a_variable_is_read_and_an_argument_wins_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_KAFKA_PARTITIONS", "3")
    assert load_settings().kafka_partitions == 3
    assert load_settings(kafka_partitions=5).kafka_partitions == 5


def test_a_port_that_is_set_is_that_of_every_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_HTTP_PORT", "0")
    assert {load_settings().port(service) for service in PORTS} == {0}


def test_each_bad_variable_is_named_in_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_KAFKA_PARTITIONS", "many")
    monkeypatch.setenv("HXS_MONGO_URL", "postgres://root:hunter2@db")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert set(caught.value.faults) == {"HXS_KAFKA_PARTITIONS", "HXS_MONGO_URL"}
    assert "HXS_KAFKA_PARTITIONS" in str(caught.value)


def test_an_error_does_not_repeat_a_value_which_may_be_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_MONGO_URL", "postgres://root:hunter2@db")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_settings_print_neither_secret_nor_database_url() -> None:
    settings = load_settings(mongo_url="mongodb://root:hunter2@db", dev_token_secret=SECRET)
    assert "hunter2" not in repr(settings)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("value", ["nonsense", '{"shops": "http://x"}', '{"topics": "not a url"}', "[1]"])
def test_service_urls_that_cannot_be_used_are_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HXS_SERVICE_URLS", value)
    with pytest.raises(SettingsError, match="HXS_SERVICE_URLS"):
        load_settings()


def test_services_not_named_keep_their_default_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_SERVICE_URLS", '{"topics": "http://topics.county:80/"}')
    urls = load_settings().service_urls
    assert urls["topics"] == "http://topics.county:80"
    assert urls["cases"] == "http://127.0.0.1:8003"


def test_production_needs_a_way_to_sign_in() -> None:
    with pytest.raises(SettingsError, match="HXS_OIDC_ISSUER"):
        load_settings(env="prod")


def test_production_refuses_a_secret_made_up_by_the_process() -> None:
    with pytest.raises(SettingsError, match="HXS_DEV_TOKEN_SECRET"):
        load_settings(env="prod", local_accounts=True)
    assert load_settings(**PRODUCTION, local_accounts=True, dev_token_secret=SECRET).token_secret_given


def test_production_refuses_signing_secrets_made_up_by_the_process() -> None:
    with pytest.raises(SettingsError, match="HXS_SIGNING_SECRETS"):
        load_settings(env="prod", local_accounts=True, dev_token_secret=SECRET)


@pytest.mark.parametrize("listed", [f"{SECRET}, {OTHER} ,", f'["{SECRET}", "{OTHER}"]'])
def test_signing_secrets_are_listed_newest_first(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    monkeypatch.setenv("HXS_SIGNING_SECRETS", listed)
    settings = load_settings()
    assert [secret.get_secret_value() for secret in settings.signing_secrets] == [SECRET, OTHER]
    assert settings.signing_secrets_given


@pytest.mark.parametrize("listed", [f"{SECRET},short", "[", ",", "{}", "[1]"])
def test_signing_secrets_that_cannot_be_used_are_not_repeated(
    monkeypatch: pytest.MonkeyPatch, listed: str
) -> None:
    monkeypatch.setenv("HXS_SIGNING_SECRETS", listed)
    with pytest.raises(SettingsError, match="HXS_SIGNING_SECRETS") as caught:
        load_settings()
    assert "short" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(SettingsError, match="HXS_DEV_TOKEN_SECRET"):
        load_settings(dev_token_secret="short")


def test_without_a_secret_two_processes_do_not_share_one() -> None:
    first, second = load_settings(), load_settings()
    assert first.dev_token_secret != second.dev_token_secret
    assert not first.token_secret_given


def test_settings_do_not_change_after_the_start() -> None:
    with pytest.raises(ValidationError):
        load_settings().county = "371622"  # type: ignore[misc]  # the mistake under test


def test_every_variable_is_explained() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_the_page_of_settings_is_fresh() -> None:
    """If this fails: python -m shared.platform.settings."""
    assert SETTINGS_PAGE.read_text(encoding="utf-8") == settings_table()


MAIL: dict[str, Any] = {"smtp_host": "mail.example.gov.cn", "smtp_from": "惠协商 <no-reply@example.gov.cn>"}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"smtp_host": "mail.example.gov.cn"}, "HXS_SMTP_FROM"),
        (MAIL | {"smtp_from": "nobody"}, "HXS_SMTP_FROM"),
        (MAIL | {"smtp_from": "a@example.gov.cn\r\nBcc: b@example.com"}, "HXS_SMTP_FROM"),
        (MAIL | {"smtp_from": "张三@example.gov.cn"}, "HXS_SMTP_FROM"),
        (MAIL | {"smtp_reply_to": "a@b@c"}, "HXS_SMTP_REPLY_TO"),
        (MAIL | {"smtp_user": "hxs"}, "HXS_SMTP_PASSWORD"),
        (PRODUCTION | MAIL | {"oidc_issuer": "https://id.example", "smtp_tls": "none"}, "HXS_SMTP_TLS"),
    ],
    ids=[
        "no sender",
        "no address",
        "two lines",
        "no ASCII",
        "two addresses",
        "no password",
        "readable in production",
    ],
)
def test_mail_that_could_not_or_must_not_be_sent_is_refused(given: dict[str, Any], fault: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(**given)
    assert set(caught.value.faults) == {fault}


def test_readable_mail_in_production_has_to_be_allowed() -> None:
    plain = {"oidc_issuer": "https://id.example", "smtp_tls": "none", "smtp_plain_allowed": True}
    assert load_settings(**PRODUCTION, **MAIL, **plain).smtp_tls == "none"


def test_the_mail_servers_password_is_not_printed() -> None:
    assert "hunter2" not in repr(load_settings(**MAIL, smtp_user="hxs", smtp_password="hunter2"))
