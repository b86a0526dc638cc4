"""`python -m tests.rules`: write docs/rules.md."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout

import pytest

from tests.rules import table
from tests.rules.plugin import RulesPlugin

if __name__ == "__main__":
    plugin = RulesPlugin()
    with redirect_stdout(io.StringIO()) as said:
        code = pytest.main(["--collect-only", "-q"], [plugin])
    if code != pytest.ExitCode.OK:
        sys.exit(f"{said.getvalue()}\nthe tests could not be collected (exit {code})")
    table.PAGE.write_text(table.page(plugin.tests), "utf-8")
