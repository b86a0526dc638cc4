"""Noticing that a fold changed although its `version` was not raised.

A fingerprint is taken of the source of a projection's `fold` and `keys` and of everything of the same
package that they use, however deep: functions, classes, constants. Comments, docstrings and layout do not
count. The fingerprints are kept in `docs/projections.lock.json`; a test compares.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from shared.eventsourcing.projection import Projection


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A projection's version and the digest of what it does."""

    version: int
    digest: str


def fingerprint(projection: Projection) -> Fingerprint:
    """Return the fingerprint of a projection as it is in memory now."""
    sources: dict[str, str] = {}
    for function in (projection.keys, projection.fold):
        _collect(function, sources)
    said = {
        "events": sorted(event.type for event in projection.events),
        "main_category": projection.main_category,
        "sources": sources,
    }
    digest = hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Fingerprint(projection.version, digest[:16])


def changed_without_version(projections: Mapping[str, Iterable[Projection]], lock: Path) -> list[str]:
    """Return what is wrong with the lock file, in words; nothing if it is as it should be.

    Args:
        projections: of each service.
        lock: the file that `write_lock` wrote.
    """
    kept = read_lock(lock)
    found = []
    now = {f"{service}.{p.name}": fingerprint(p) for service, ps in projections.items() for p in ps}
    for name, current in sorted(now.items()):
        before = kept.get(name)
        if before is None:
            found.append(f"{name}: not in {lock.name} yet; write it anew")
        elif before.digest != current.digest and before.version >= current.version:
            found.append(f"{name}: changed, but is still version {current.version}; raise `version`")
        elif before != current:
            found.append(f"{name}: now version {current.version}; write {lock.name} anew")
    found += [f"{name}: gone; write {lock.name} anew" for name in sorted(kept.keys() - now.keys())]
    return found


def read_lock(lock: Path) -> dict[str, Fingerprint]:
    """Return the fingerprints kept in a file; none if it does not exist."""
    if not lock.exists():
        return {}
    return {name: Fingerprint(**kept) for name, kept in orjson.loads(lock.read_bytes()).items()}


def write_lock(projections: Mapping[str, Iterable[Projection]], lock: Path) -> None:
    """Keep the fingerprints of these services' projections.

    Raises:
        ValueError: one changed without a new version.
    """
    unraised = [why for why in changed_without_version(projections, lock) if "raise `version`" in why]
    if unraised:
        raise ValueError("; ".join(unraised))
    said: dict[str, Any] = {}
    for service, of_service in projections.items():
        for projection in of_service:
            taken = fingerprint(projection)
            said[f"{service}.{projection.name}"] = {"version": taken.version, "digest": taken.digest}
    lock.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")


class _Module:
    """The definitions at the top of a module, by name, and where its imports lead."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.definitions: dict[str, ast.AST] = {}
        self.imports: dict[str, tuple[str, str | None]] = {}
        self.tree = ast.parse(inspect.getsource(sys.modules[name]))
        for node in self.tree.body:
            self._take(node)

    def _take(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.definitions[node.name] = node
            case ast.Assign():
                for name in (
                    n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)
                ):
                    self.definitions[name] = node
            case ast.AnnAssign(target=ast.Name(id=name)):
                self.definitions[name] = node
            case ast.ImportFrom(module=str(module)):
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (module, alias.name)
            case ast.Import():
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (alias.name, None)
            case _:
                return


def _collect(function: Callable[..., Any], sources: dict[str, str]) -> None:
    function = inspect.unwrap(function)
    module = _Module(function.__module__)
    package = function.__module__.partition(".")[0]
    name = getattr(function, "__qualname__", "")
    # A lambda or a function made by another has no definition of its own: then all of its module counts.
    names = [name] if name in module.definitions else list(module.definitions)
    _Collector(package, sources).collect(module, names)


class _Collector:
    """Follows names from definition to definition, within one top-level package."""

    def __init__(self, package: str, sources: dict[str, str]) -> None:
        self._package = package
        self._sources = sources
        self._modules: dict[str, _Module] = {}

    def collect(self, module: _Module, names: Iterable[str]) -> None:
        for name in names:
            if name in module.definitions:
                self._definition(module, name)
            elif name in module.imports:
                self._imported(*module.imports[name])

    def _definition(self, module: _Module, name: str) -> None:
        label = f"{module.name}.{name}"
        if label in self._sources:
            return
        node = _without_docstrings(module.definitions[name])
        self._sources[label] = ast.dump(node)
        self.collect(module, sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name)}))

    def _imported(self, module_name: str, name: str | None) -> None:
        if module_name.partition(".")[0] != self._package:
            return  # the contracts have a check of their own, and a library's version is locked
        if name is not None and f"{module_name}.{name}" in sys.modules:
            module_name, name = f"{module_name}.{name}", None
        if module_name not in self._modules:
            self._modules[module_name] = _Module(module_name)
        module = self._modules[module_name]
        self.collect(module, [name] if name is not None else list(module.definitions))


def _without_docstrings(node: ast.AST) -> ast.AST:
    copied = ast.parse(ast.unparse(node))
    for inner in ast.walk(copied):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(
            inner
        ):
            inner.body = inner.body[1:] or [ast.Pass()]
    return copied
