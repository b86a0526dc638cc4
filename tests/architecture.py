"""A rule for import-linter that it lacks: what a module may import, instead of what it may not."""

from __future__ import annotations

import sys
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules
from importlinter.domain.imports import ModuleExpression


class AllowedContract(Contract):
    """The source modules import each other within their package, the allowed ones and the standard library.

    Direct imports count: what an allowed module needs is its own affair.
    """

    source_modules = fields.ListField(subfield=fields.ModuleExpressionField())
    allowed_modules = fields.ListField(subfield=fields.ModuleExpressionField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find the imports that are not allowed."""
        allowed = _names(graph, self.allowed_modules)
        sources = _names(graph, self.source_modules)
        refused = [
            f"{source} imports {imported}"
            for source in sorted(sources)
            for imported in sorted(graph.find_modules_directly_imported_by(source) - allowed - sources)
            if imported.partition(".")[0] not in sys.stdlib_module_names
        ]
        return ContractCheck(kept=not refused, metadata={"refused": refused})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line an import."""
        for line in check.metadata["refused"]:
            output.print_error(f"- {line}")


def _names(graph: ImportGraph, modules: object) -> set[str]:
    # A declared field becomes a list of expressions on the instance, which the library's types do not say.
    expressions = cast("list[ModuleExpression]", modules)
    return {module.name for module in module_expressions_to_modules(graph, expressions, as_packages=True)}
