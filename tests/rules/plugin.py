"""Part of every full run: `docs/rules.md` is current, and each rule of the domain is proven."""

from __future__ import annotations

import pytest

from tests.rules import table

RULE = "rule"
"""Property of a test's reports that names a rule: reports are what comes back from another process."""


class RulesPlugin:
    """Follows which rules' tests there are and which passed.

    Attributes:
        tests: the tests that carry each rule's number, of those collected or reported.
    """

    def __init__(self) -> None:
        self.tests = table.tests_by_rule([])
        self._passed: set[str] = set()
        self._faults: list[str] = []

    # Last: what others add or deselect has been added or deselected.
    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note each test's rules, here and on its reports."""
        self.tests = table.tests_by_rule(items)
        for item in items:
            item.user_properties += [(RULE, number) for number in sorted(table.numbers_of(item))]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the rules that a test is about, and those that a passed one proves."""
        numbers = {str(value) for name, value in report.user_properties if name == RULE}
        for number in numbers:
            self.tests[number].add(table.name_of(report.nodeid))
        if report.when == "call" and report.passed:
            self._passed |= numbers

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a full run that leaves a rule unproven, or the page stale."""
        if not _is_full(session.config) or session.exitstatus != pytest.ExitCode.OK:
            return
        self._faults = self.faults()
        if self._faults:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def faults(self) -> list[str]:
        """Return what is wrong after a full run."""
        unproven = [
            f"rule {number} has no passing test: {text}"
            for number, text in table.rules().items()
            if number not in self._passed
        ]
        current = table.PAGE.is_file() and table.PAGE.read_text("utf-8") == table.page(self.tests)
        return unproven + ([] if current else ["docs/rules.md is stale: python -m tests.rules"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what is wrong."""
        if self._faults:
            terminalreporter.section("rules of the domain", red=True)
            for fault in self._faults:
                terminalreporter.write_line(fault)


def _is_full(config: pytest.Config) -> bool:
    """Tell whether all tests were asked for: no paths, no -k, no -m, not only collected; of no worker."""
    option = config.option
    whole = config.args_source is not pytest.Config.ArgsSource.ARGS and not hasattr(config, "workerinput")
    return whole and not (option.keyword or option.markexpr or option.collectonly or option.deselect)
