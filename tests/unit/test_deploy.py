"""What operators start from: the compose file, the image's recipe, and the words of the Makefile."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from shared.platform.settings import PORTS, PREFIX, Settings, load_settings

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "tests/data/compose/compose-spec.json").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = (ROOT / "deploy/hxs.env.example").read_text()
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()


def faults(compose: dict[str, Any]) -> list[str]:
    """Return what the Compose Specification's schema has against a file."""
    return [error.message for error in Draft201909Validator(SCHEMA).iter_errors(compose)]


def variables(text: str) -> dict[str, str]:
    """Return the assignments of an env file."""
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


def seconds(duration: str) -> int:
    """Return a duration such as `30s`."""
    assert duration.endswith("s"), duration
    return int(duration[:-1])


def test_the_compose_file_follows_the_specification() -> None:
    assert faults(COMPOSE) == []


@pytest.mark.parametrize("key", ["command", "depends_on", "healthcheck"])
def test_a_misspelt_key_would_be_noticed(key: str) -> None:
    spoilt = copy.deepcopy(COMPOSE)
    spoilt["services"]["topics"][f"{key}s"] = spoilt["services"]["topics"].pop(key)

    assert f"{key}s" in " ".join(faults(spoilt))


@pytest.mark.parametrize("service", PORTS)
def test_a_service_starts_when_its_topics_and_database_are_there(service: str) -> None:
    described = SERVICES[service]

    assert described["command"] == ["serve", service]
    assert described["depends_on"] == {
        "mongo": {"condition": "service_healthy"},
        "topics-init": {"condition": "service_completed_successfully"},
    }
    assert SERVICES["topics-init"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}


@pytest.mark.parametrize(("service", "port"), PORTS.items())
def test_a_service_is_healthy_when_it_says_it_is_ready(service: str, port: int) -> None:
    assert f"http://127.0.0.1:{port}/readyz" in SERVICES[service]["healthcheck"]["test"][-1]
    assert SERVICES[service]["ports"] == [f"${{PUBLISH_ON:-127.0.0.1}}:{port}:{port}"]
    urls = json.loads(SERVICES[service]["environment"]["HXS_SERVICE_URLS"])
    assert urls[service] == f"http://{service}:{port}"


@pytest.mark.parametrize("service", PORTS)
def test_a_stopping_service_is_given_the_time_it_takes(service: str) -> None:
    assert seconds(SERVICES[service]["stop_grace_period"]) > Settings().shutdown_seconds
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_what_is_to_last_lies_in_volumes() -> None:
    kept = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}

    assert kept == set(COMPOSE["volumes"])


def test_every_variable_is_a_setting() -> None:
    settings = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", EXAMPLE + DOCKERFILE + json.dumps(COMPOSE)))

    assert named <= settings


def test_the_example_needs_two_secrets_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (variables(EXAMPLE) | SERVICES["topics"]["environment"]).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Exception, match="HXS_DEV_TOKEN_SECRET"):
        load_settings()

    monkeypatch.setenv("HXS_DEV_TOKEN_SECRET", "x" * 48)
    with pytest.raises(Exception, match="HXS_SIGNING_SECRETS"):
        load_settings()

    monkeypatch.setenv("HXS_SIGNING_SECRETS", "y" * 48)
    assert load_settings().env == "prod"


def test_the_secrets_reach_neither_the_repository_nor_the_image() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert "!.env" not in ignored


def test_the_image_does_not_run_as_root() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]

    assert re.search(r"^USER [1-9][0-9]+$", last_stage, re.M)
    assert 'ENTRYPOINT ["hxs"]' in last_stage


def test_the_image_is_built_from_what_docker_may_see() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M)

    assert {path for paths in copied for path in paths.split()} == allowed


def test_tests_and_operators_run_the_same_kafka() -> None:
    pom = (ROOT / "deploy/kafka/pom.xml").read_text()
    version = re.search(r"<kafka.version>(.+)</kafka.version>", pom)

    assert version
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version[1]}"


def test_make_lists_every_word_it_knows() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.M)
    make = shutil.which("make")
    assert phony
    assert make
    listed = subprocess.run(
        [make, "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert [line.split()[0] for line in listed.splitlines()] == phony[1].split()


def test_ci_is_a_script_that_can_be_run() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
