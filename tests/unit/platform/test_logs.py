"""What a log line has, and what it must never have."""

import io
import json
import logging
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from shared.platform import logs
from shared.platform.settings import load_settings


def logged(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_is_one_json_object_with_time_level_service_and_logger(stream: io.StringIO) -> None:
    logs.logger("a.module").info("topic adopted", topic="topic-1")
    line = logged(stream)
    assert (line["event"], line["level"], line["service"], line["logger"], line["topic"]) == (
        "topic adopted",
        "info",
        "topics",
        "a.module",
        "topic-1",
    )
    assert line["timestamp"].endswith("Z")


def test_both_ids_are_on_every_line_inside_and_on_none_outside(stream: io.StringIO) -> None:
    with logs.correlated("c-1", "t-1"):
        assert logs.current_correlation_id() == "c-1"
        logs.logger("x").info("inside")
    logs.logger("x").info("outside")
    inside, outside = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (inside["correlation_id"], inside["trace_id"]) == ("c-1", "t-1")
    assert not {"correlation_id", "trace_id"} & set(outside)


def test_lines_of_libraries_take_the_same_way(stream: io.StringIO) -> None:
    with logs.correlated("c-2"):
        logging.getLogger("aiokafka.consumer").warning("lost %s", "partition 3")
    line = logged(stream)
    assert (line["event"], line["correlation_id"], line["level"]) == ("lost partition 3", "c-2", "warning")


def test_uvicorn_does_not_log_request_lines_nor_twice(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("once")
    logging.getLogger("uvicorn.access").warning("GET /topics?query_code=1234")
    assert logged(stream)["event"] == "once"


def test_a_library_with_a_handler_of_its_own_is_not_logged_twice() -> None:
    own, lines = io.StringIO(), io.StringIO()
    library = logging.getLogger("some_library")
    library.addHandler(logging.StreamHandler(own))
    library.propagate = False
    logs.configure("topics", load_settings(log_format="json"), lines)
    library.warning("call 13800138000")
    assert own.getvalue() == ""
    assert logs.REDACTED in lines.getvalue()


def test_below_the_level_nothing_is_logged() -> None:
    lines = io.StringIO()
    logs.configure("topics", load_settings(log_level="warning", log_format="json"), lines)
    logs.logger("x").info("quiet")
    assert lines.getvalue() == ""


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "access_token",
        "Authorization",
        "password",
        "password_hash",
        "dev_token_secret",
        "Set-Cookie",
        "phone",
        "contact_phone",
        "mobile",
        "email",
        "person_name",
        "full_name",
        "username",
        "id_number",
        "party_membership",
        "query_code",
        "姓名",
        "电话",
        "身份证号",
    ],
)
def test_what_a_key_names_as_secret_or_personal_is_redacted(stream: io.StringIO, key: str) -> None:
    logs.logger("x").info("e", **{key: "leak-1"}, inner={"list": [{key: "leak-2"}]})
    assert "leak" not in stream.getvalue()
    assert logged(stream)[key] == logs.REDACTED


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("sent Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln here", "eyJ"),
        ("cannot reach mongodb://root:hunter2@db:27017", "hunter2"),
        ("电话13800138000未接", "13800138000"),
        ("身份证 37232119900307123X", "37232119900307123X"),
    ],
)
def test_what_looks_secret_or_personal_is_taken_out(stream: io.StringIO, text: str, leak: str) -> None:
    logs.logger("x").info(text, detail=[text])
    logging.getLogger("lib").info("%s", text)
    assert leak not in stream.getvalue()


def test_a_traceback_is_scrubbed_and_shows_no_local_variables(stream: io.StringIO) -> None:
    secret_local = "local-leak"
    try:
        raise ValueError(f"no person with phone 13800138000 ({len(secret_local)})")
    except ValueError:
        logs.logger("x").exception("failed")
    line = logged(stream)
    assert "ValueError" in line["exception"]
    assert "13800138000" not in stream.getvalue()
    assert line["exception"].count("local-leak") == 0


def test_a_validation_error_does_not_repeat_what_was_entered(stream: io.StringIO) -> None:
    class Form(BaseModel):
        age: int

    entered = "张" + "三"  # in two parts, for a traceback shows the line of source
    try:
        Form.model_validate({"age": entered})
    except ValidationError:
        logs.logger("x").exception("failed")
    assert "张三" not in stream.getvalue()
    assert "age" in logged(stream)["exception"]


@pytest.mark.parametrize(
    "harmless",
    [
        "371621001201",
        "2024-09-05T08:00:00Z",
        "b7a1c1de-0000-4000-8000-a13800138000",
        "topic-1:12",
        "hxs.topics.events",
    ],
)
def test_codes_ids_and_times_stay_readable(stream: io.StringIO, harmless: str) -> None:
    logs.logger("x").info("e", value=harmless, name="fold")
    assert (logged(stream)["value"], logged(stream)["name"]) == (harmless, "fold")


def test_what_json_cannot_hold_is_logged_all_the_same(stream: io.StringIO) -> None:
    logs.logger("x").info("e", broken="\ud800", huge=2**80, odd=object())
    assert logged(stream)["event"] == "e"


def test_endless_nesting_ends(stream: io.StringIO) -> None:
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    logs.logger("x").info("e", loop=loop)
    assert logs.REDACTED in stream.getvalue()


def test_people_at_a_terminal_get_text() -> None:
    lines = io.StringIO()
    logs.configure("topics", load_settings(log_format="console"), lines)
    logs.logger("x").info("topic adopted", topic="topic-1")
    assert "topic adopted" in lines.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(lines.getvalue())


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("env", "is_json"), [("dev", False), ("prod", True)])
def test_on_a_terminal_text_is_for_developers_only(env: str, is_json: bool) -> None:
    lines = _Terminal()
    settings = load_settings(env=env, oidc_issuer="https://id.example", signing_secrets="s" * 40)
    logs.configure("topics", settings, lines)
    logs.logger("x").info("e")
    assert lines.getvalue().startswith("{") == is_json


def test_a_library_that_repeats_itself_is_heard_once_in_a_while() -> None:
    now = 0.0
    seldom = logs.Seldom(30.0, clock=lambda: now)

    def record(message: str = "Unable connect to node with id %s") -> logging.LogRecord:
        return logging.LogRecord("aiokafka", logging.ERROR, "", 0, message, ("1",), None)

    assert seldom.filter(record())
    assert not seldom.filter(record())
    assert not seldom.filter(record())
    assert seldom.filter(record("Failed fetch messages from %s")), "another message is heard at once"

    now = 31.0
    later = record()

    assert seldom.filter(later)
    assert later.getMessage() == "Unable connect to node with id 1 (and 2 times before)"
