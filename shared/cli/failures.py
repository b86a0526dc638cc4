"""Failures that are to be expected: one line that says what is wrong and what to do, and an exit code.

    1   something is wrong with what was looked at, or it was refused
    2   the command line or the settings cannot be used
    3   something that is needed does not answer

Anything else is a mistake of ours and shows its traceback.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from shared.platform.language import Text

WRONG, USAGE, UNREACHABLE = 1, 2, 3
INTERRUPTED = 130
"""As shells say it of what Ctrl-C ended."""


class CliError(Exception):
    """What a command itself finds wrong; the message says what to do.

    Args:
        message: in both languages where it is for clerks and newcomers, else for operators, in English.
        code: to exit with.
    """

    def __init__(self, message: Text | str, code: int = WRONG) -> None:
        self.text = message if isinstance(message, Text) else Text(message, message)
        self.code = code
        super().__init__(self.text.en)


@dataclass(frozen=True, slots=True)
class Failure:
    """What is said of a failure, and the exit code."""

    message: str
    code: int


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


# Imported here, because only a command that failed has to pay for it.
def _explain_own(error: BaseException) -> Failure | None:
    from shared.cli.output import language
    from shared.contracts.base import ContractError
    from shared.eventsourcing.errors import EventSourcingError
    from shared.ledger import DivisionsFileError, LedgerFileError
    from shared.platform.auth import DevTokenRefusedError
    from shared.platform.kafka import TopicRefusedError
    from shared.platform.local.process import LocalEngineError
    from shared.platform.local_accounts import AccountError
    from shared.platform.settings import SettingsError

    match error:
        case CliError():
            return Failure(error.text.in_(language()), error.code)
        case SettingsError():
            return Failure(str(error), USAGE)
        case LedgerFileError():
            return Failure(error.message(language()), WRONG)
        case LocalEngineError():
            return Failure(str(error), UNREACHABLE)
        case DivisionsFileError() | ContractError() | EventSourcingError() | TopicRefusedError():
            return Failure(str(error), WRONG)
        case DevTokenRefusedError() | AccountError():
            return Failure(str(error), WRONG)
    return None


def _explain_outside(error: BaseException) -> Failure | None:
    from aiokafka.errors import IncompatibleBrokerVersion, KafkaError

    from shared.platform.logs import scrub
    from shared.platform.mongo import ConnectionFailure, OperationFailure

    match error:
        case ConnectionFailure():
            remedy = "is it running, and is HXS_MONGO_URL its address?"
            return Failure(f"MongoDB does not answer ({scrub(_first_part(error))}); {remedy}", UNREACHABLE)
        case OperationFailure():
            remedy = "are the user and the rights in HXS_MONGO_URL right?"
            return Failure(f"MongoDB refuses ({scrub(_first_part(error))}); {remedy}", UNREACHABLE)
        case IncompatibleBrokerVersion():
            return Failure("this Kafka cannot be asked that: the demo's embedded one knows no topics", WRONG)
        case KafkaError():
            remedy = "is it running, and is HXS_KAFKA_BOOTSTRAP its address?"
            return Failure(f"Kafka does not answer ({_first_part(error)}); {remedy}", UNREACHABLE)
    return None


def _first_part(error: BaseException) -> str:
    # Drivers append whole topology descriptions.
    return str(error).partition(", Timeout:")[0].partition(" (configured timeouts")[0].strip() or repr(error)


def explain(error: BaseException) -> Failure | None:
    """Return what to say of an error that is to be expected; None for a mistake of ours."""
    for leaf in _leaves(error):
        if failure := _explain_own(leaf) or _explain_outside(leaf):
            return failure
    return None


class FailingPlainly(TyperGroup):
    """Ends a command with one line on standard error where its failure is to be expected."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own signature
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if (failure := explain(error)) is None:
                raise
            typer.secho(f"hxs: {failure.message}", fg="red", err=True)
            raise typer.Exit(failure.code) from error
