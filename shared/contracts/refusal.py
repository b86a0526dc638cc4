"""A command refused by a rule of the domain: said once, in the words of both languages."""

from __future__ import annotations


class RefusedError(Exception):
    """A rule forbids the command; trying again without changing it gets the same answer.

    Shown to an HTTP caller as a 409 or 422 problem document; a reaction that meets it is parked.

    Attributes:
        code: stable, kebab-case, e.g. `step-out-of-order`.
        rule: number in the domain's list, e.g. `T15`; None where no numbered rule says it.
        zh: what the person reads.
        en: the same in English.
        field: dotted path of the input at fault, where one is.
    """

    def __init__(
        self, code: str, *, zh: str, en: str, rule: str | None = None, field: str | None = None
    ) -> None:
        self.code = code
        self.rule = rule
        self.zh = zh
        self.en = en
        self.field = field
        super().__init__(f"{code}{f' ({rule})' if rule else ''}: {en}")


class NotThereError(RefusedError):
    """The thing that the command is about does not exist, or is outside the caller's division."""
