"""Every endpoint declares who may use it, has an example, and stands on the page."""

from __future__ import annotations

import pytest

from shared.platform.authorisation import EndpointRight
from tests.authorisation import page


@pytest.fixture(scope="module")
def rights() -> dict[str, list[EndpointRight]]:
    """Every service's endpoints."""
    return page.rights()


def test_every_endpoint_of_every_service_declares_who_may(rights: dict[str, list[EndpointRight]]) -> None:
    undeclared = [f"{r.method} {r.path}" for found in rights.values() for r in found if r.permission is None]
    assert undeclared == []


def test_every_service_is_tried(rights: dict[str, list[EndpointRight]]) -> None:
    assert page.EXAMPLES.keys() == rights.keys()


@pytest.mark.parametrize("service", page.EXAMPLES)
def test_every_endpoint_has_an_example(service: str, rights: dict[str, list[EndpointRight]]) -> None:
    assert {each.endpoint for each in page.EXAMPLES[service]} == {
        f"{right.method} {right.path}" for right in rights[service]
    }


def test_the_page_is_current(rights: dict[str, list[EndpointRight]]) -> None:
    assert page.PAGE.read_text("utf-8") == page.page(rights), "python -m tests.authorisation"
