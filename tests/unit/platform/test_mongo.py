"""How the database is reached; what needs a server is in the integration tests."""

import ast
from pathlib import Path
from typing import Any

import shared.platform.mongo as mongo_module
from shared.platform.mongo import Mongo, connect
from shared.platform.settings import load_settings

ROOT = Path(__file__).parents[3]


def options_of(mongo: Mongo) -> Any:
    return mongo._client.delegate.options


async def test_writes_are_journaled_by_a_majority_and_retried_once() -> None:
    options = options_of(connect(load_settings(mongo_url="mongodb://db"), "topics"))
    assert options.write_concern.document == {"w": "majority", "j": True}
    assert (options.retry_writes, options.retry_reads) == (True, True)
    assert options.server_selection_timeout == 5.0
    assert options.codec_options.tz_aware
    assert options.pool_options.appname == "hxs-topics"


async def test_what_the_url_says_wins() -> None:
    options = options_of(connect(load_settings(mongo_url="mongodb://db/?w=1&serverSelectionTimeoutMS=900")))
    assert options.write_concern.document["w"] == 1
    assert options.server_selection_timeout == 0.9


async def test_each_service_has_its_own_database() -> None:
    mongo = connect(load_settings(mongo_url="mongodb://db", mongo_prefix="demo"))
    assert mongo.database("topics").name == "demo_topics"


def test_what_others_may_use_is_listed() -> None:
    assert sorted(mongo_module.__all__, key=lambda name: (not name.isupper(), name)) == mongo_module.__all__
    assert all(hasattr(mongo_module, name) for name in mongo_module.__all__)


def test_nobody_else_imports_the_driver() -> None:
    """Changing over to another driver is to be a change of one file."""
    importers = set()
    for path in [*(ROOT / "shared").rglob("*.py"), *(ROOT / "services").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "motor" for name in names):
                importers.add(path.relative_to(ROOT).as_posix())
    assert importers == {"shared/platform/mongo.py"}
