"""What the documentation says is there, is there: commands, files, links, settings, metrics, programs."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from typer.exceptions import Exit, TyperException
from typer.main import get_command

from shared.cli.main import app
from shared.platform.metrics import Metrics
from shared.platform.settings import PREFIX, Settings
from tests.documentation import ROOT, Block, blocks, pages, prose

PAGES = pages()
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))

_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)|src=\"(?P<source>[^\"]+)\"")
_SPAN = re.compile(r"`([^`]+)`")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
_PATH = re.compile(
    r"(?:tests|docs|shared|services|deploy|examples)/[\w./*-]+\.(?:py|md|json|csv|xlsx|xml|yml)"
)
_MODULE = re.compile(r"python -m (?P<module>[\w.]+)")
_TARGET = re.compile(r"^(?P<name>[a-z]+):", re.MULTILINE)
_ASSIGNMENT = re.compile(r"\w+=")
_NOT_LITERAL = re.compile(r"[|…<]")

OTHER_VARIABLES = {"HXS_TOKEN", "HXS_REQUIRE_KAFKA"}
"""Read by a single command and by the tests; settings of nobody else."""

CONTAINERS = {("docker", "compose", "run"): "cli", ("$run",): "huixieshang"}
"""How a command begins that runs `hxs` in a container, and the word after which its arguments follow."""

# Written as patterns, which do not match themselves.
FORBIDDEN = {
    "a package registry's host": re.compile(
        r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|proxy\.golang\.org|rubygems\.org"
        r"|repo1?\.maven|(?:deb|security)\.debian\.org|https?://[\w.]*(?:mirror|artifactory|nexus)"
    ),
    "a path of somebody's machine": re.compile(r"(?<![\w.$*{}-])/(?:work|root|home|Users)/\w"),
}


# -- commands ------------------------------------------------------------------------------------------


@cache
def make_targets() -> set[str]:
    return {found["name"] for found in _TARGET.finditer((ROOT / "Makefile").read_text())}


def shell_lines(block: Block) -> Iterator[list[str]]:
    """Yield the words of each command, up to a pipe or the like."""
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and _ASSIGNMENT.match(words[0]):
            words.pop(0)
        if words:
            yield list(takewhile(lambda word: word not in ("|", "&&", ";"), words))


def hxs_arguments(words: list[str]) -> list[str] | None:
    """Return what a command gives to `hxs`, directly or through a container; None where it does not."""
    for start, image in CONTAINERS.items():
        if tuple(words[: len(start)]) == start and image in words:
            return words[words.index(image) + 1 :]
    return words[1:] if words[0] in ("hxs", ".venv/bin/hxs") else None


def complaint(arguments: list[str], *, complete: bool) -> str | None:
    """Return what `hxs` would say against a command line, without running anything; None if nothing.

    Args:
        arguments: behind `hxs`.
        complete: whether what a command needs must be there, as it need not in a sentence.
    """
    command: Any = get_command(app)
    rest = list(arguments)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        if name not in command.commands:
            return f"no command {name}"
        command = command.commands[name]
    try:
        command.make_context(command.name, rest)
    except Exit:
        return None  # help was asked for
    except TyperException as error:
        lacks_something = not rest or str(error).startswith("Missing parameter")
        return None if lacks_something and not complete else str(error) or "incomplete"
    return None


@PAGE
def test_commands_in_blocks_are_there_with_the_options_they_name(page: Path) -> None:
    for block in blocks(page, "sh", "bash", "console"):
        for words in shell_lines(block):
            if words[0] == "make":
                assert set(words[1:]) <= make_targets(), f"{block}: {' '.join(words)}"
            if (arguments := hxs_arguments(words)) is not None:
                assert complaint(arguments, complete=True) is None, f"{block}: {' '.join(words)}"


@PAGE
def test_commands_in_sentences_are_there(page: Path) -> None:
    for found in _SPAN.finditer(prose(page)):
        said = " ".join(found[1].split())
        if _NOT_LITERAL.search(said):
            continue
        words = shlex.split(said) if said.startswith(("make ", "hxs ")) else []
        if words and words[0] == "make":
            assert set(words[1:]) <= make_targets(), said
        elif words:
            assert complaint(words[1:], complete=False) is None, said


@pytest.mark.parametrize(
    "wrong",
    ["hxs publish", "hxs parked forget", "hxs audit --streams x", "hxs serve nobody", "hxs parked skip KEY"],
)
def test_a_command_that_is_not_there_would_be_noticed(wrong: str) -> None:
    assert complaint(wrong.split()[1:], complete=True) is not None


@PAGE
def test_modules_that_are_run_are_there(page: Path) -> None:
    for found in _MODULE.finditer(page.read_text(encoding="utf-8")):
        assert importlib.util.find_spec(found["module"]) is not None, found[0]


# -- files and links -----------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = (found["title"].lower() for found in _HEADING.finditer(prose(page)))
    return {re.sub(r"[^\w\- ]", "", title).strip().replace(" ", "-") for title in titles}


@PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for found in _LINK.finditer(prose(page)):
        target = found["target"] or found["source"]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@PAGE
def test_files_that_are_named_are_there(page: Path) -> None:
    for found in _PATH.finditer(page.read_text(encoding="utf-8")):
        # In a package's README a path may begin at the package.
        assert any(any(base.glob(found[0])) for base in (ROOT, page.parent)), found[0]


def test_the_core_is_read_in_an_order_that_leaves_no_module_out() -> None:
    package = ROOT / "shared" / "eventsourcing"
    named = [name for name in _SPAN.findall(prose(package / "README.md")) if name.endswith(".py")]

    assert sorted(named) == sorted(file.name for file in package.glob("*.py") if file.name != "__init__.py")


def test_every_page_of_the_documentation_is_on_its_map() -> None:
    shown = {target for target, _ in _LINK.findall(prose(ROOT / "docs" / "README.md"))}

    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"} <= shown


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "images").iterdir())

    assert pictures
    assert [picture.name for picture in pictures if picture.stat().st_size > 300_000] == []


# -- programs, settings, metrics -----------------------------------------------------------------------


@PAGE
def test_programs_compile(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block.text, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


@PAGE
def test_settings_that_are_named_are_read(page: Path) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES

    assert set(re.findall(r"\bHXS_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8"))) <= known


@PAGE
def test_metrics_that_are_named_are_shown(page: Path) -> None:
    families = [family for family in Metrics().registry.collect() if family.name.startswith("hxs_")]
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
    known = {family.name + suffix for family in families for suffix in suffixes.get(family.type, [""])}
    # Databases and containers are called hxs_…, too; `<` follows where a name goes on.
    named = re.findall(r"\bhxs_[a-z_]+\b(?![<_])", page.read_text(encoding="utf-8"))

    assert set(named) - {"hxs_platform", "hxs_"} <= known


# -- two languages -------------------------------------------------------------------------------------


def commands_of(page: Path) -> list[str]:
    return [block.text for block in blocks(page, "sh")]


def links_of(page: Path) -> set[str]:
    found = {target or source for target, source in _LINK.findall(prose(page))}
    return found - {"README.md", "README.zh-CN.md"}


def test_the_readme_says_the_same_in_both_languages() -> None:
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"

    assert commands_of(english) == commands_of(chinese)
    assert links_of(english) == links_of(chinese)
    assert re.findall(r"`[^`]+`", prose(english)) == re.findall(r"`[^`]+`", prose(chinese))


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_the_two_commands_and_the_page(readme: str) -> None:
    page = ROOT / readme

    assert commands_of(page)[0] == "make demo\nmake test\n"
    assert "docs/images/board.png" in links_of(page)


# -- nothing of where it was made ----------------------------------------------------------------------


def committed_texts() -> Iterator[tuple[str, str]]:
    """Yield name and text of every file that is or may be committed, but for uv's lock file."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and name != "uv.lock" and path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                yield name, content.decode(errors="replace")


def test_no_file_names_a_registry_or_somebodys_machine() -> None:
    found = [
        f"{name}:{text.count(chr(10), 0, at.start()) + 1}: {what}: {at[0]}"
        for name, text in committed_texts()
        for what, pattern in FORBIDDEN.items()
        for at in pattern.finditer(text)
    ]

    assert found == []
