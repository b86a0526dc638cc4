"""A full run fails when a rule is unproven or the page is stale; a part of it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules import table
from tests.rules.plugin import RulesPlugin

pytest_plugins = ["pytester"]

PROVEN = """
    import pytest

    @pytest.mark.rule("T01")
    @pytest.mark.parametrize("n", [1, 2])
    def test_a_plan_goes_on(n):
        assert True
"""
SETTINGS = """
    [pytest]
    testpaths = tests
    markers = rule(number): of the domain
    asyncio_mode = auto
    asyncio_default_fixture_loop_scope = function
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.Pytester:
    monkeypatch.setattr(table, "rules", lambda: {"T01": "A plan goes on."})
    monkeypatch.setattr(table, "PAGE", tmp_path / "rules.md")
    pytester.makeini(SETTINGS)
    pytester.mkdir("tests")
    return pytester


def write(run: pytest.Pytester, source: str) -> None:
    module = run.makepyfile(test_it=source)
    module.rename(run.path / "tests" / "test_it.py")


def page_as_it_should_be() -> None:
    table.PAGE.write_text(table.page({"T01": ["tests/test_it.py::test_a_plan_goes_on"]}), "utf-8")


def test_a_run_that_proves_every_rule_passes(run: pytest.Pytester) -> None:
    write(run, PROVEN)
    page_as_it_should_be()

    result = run.runpytest_inprocess(plugins=[RulesPlugin()])

    assert result.ret == pytest.ExitCode.OK


def test_a_rule_without_a_passing_test_fails_the_run(run: pytest.Pytester) -> None:
    write(run, PROVEN.replace("assert True", "pytest.skip('not today')"))
    page_as_it_should_be()

    result = run.runpytest_inprocess(plugins=[RulesPlugin()])

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["rule T01 has no passing test: A plan goes on."])


def test_a_stale_page_fails_the_run(run: pytest.Pytester) -> None:
    write(run, PROVEN)

    result = run.runpytest_inprocess(plugins=[RulesPlugin()])

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["docs/rules.md is stale: python -m tests.rules"])


def test_a_part_of_the_tests_is_not_held_against_all_rules(run: pytest.Pytester) -> None:
    write(run, "def test_nothing(): assert True")

    result = run.runpytest_inprocess("tests/test_it.py", plugins=[RulesPlugin()])

    assert result.ret == pytest.ExitCode.OK


def test_a_run_by_several_processes_is_judged_as_a_whole(pytester: pytest.Pytester) -> None:
    """The processes run the tests; what they collected and what passed comes back in reports."""
    pytester.makeini(SETTINGS)
    pytester.makeconftest(
        """
        from tests.rules.plugin import RulesPlugin

        def pytest_configure(config):
            config.pluginmanager.register(RulesPlugin())
        """
    )
    for name, rule in (("test_one", "T01"), ("test_two", "T02")):
        pytester.makepyfile(**{f"tests/{name}": PROVEN.replace("T01", rule)})

    result = pytester.runpytest_subprocess("-n", "2", "--dist", "loadfile")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "rule T03 has no passing test" in result.stdout.str()
    result.stdout.no_fnmatch_line("rule T01 has*")
    result.stdout.no_fnmatch_line("rule T02 has*")


def test_a_marker_that_names_no_rule_stops_the_collection(run: pytest.Pytester) -> None:
    write(run, PROVEN.replace("T01", "T99"))

    result = run.runpytest_inprocess(plugins=[RulesPlugin()])

    assert result.ret != pytest.ExitCode.OK
    assert "no such rule: T99" in result.stdout.str() + result.stderr.str()


def test_the_page_names_each_rule_with_its_tests() -> None:
    text = table.page(dict.fromkeys(table.rules(), ()) | {"T01": ["tests/unit/a.py::test_so_it_is"]})

    assert "- so it is (`unit/a.py`)" in text
    assert all(f"**{number}** {rule}" in text for number, rule in table.rules().items())
    assert len(table.rules()) == 73
