"""The `hxs` command. Its subcommands import what they need when they run, so that it starts at once."""

from __future__ import annotations

import typer

from shared.cli import access, contracts, kafka, notify, parked, people, projections, readers, record
from shared.cli.backup import backup, restore
from shared.cli.benchmark import bench
from shared.cli.demo.command import demo
from shared.cli.doctor import doctor
from shared.cli.failures import FailingPlainly
from shared.cli.importing import import_ledger
from shared.cli.serve import serve

app = typer.Typer(
    cls=FailingPlainly,
    help="惠协商: grassroots consultation, event-sourced. Settings are environment variables, HXS_…",
    epilog="Exit codes: 1 something is wrong, 2 the command line or settings, 3 something does not answer.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they may hold secrets and personal data
)

_RUN, _DATA, _OPERATE, _DEVELOP = "Run", "Enter", "Operate", "Develop"

app.command(rich_help_panel=_RUN)(demo)
app.command(rich_help_panel=_RUN)(serve)
app.command("import-ledger", rich_help_panel=_DATA)(import_ledger)
app.command(rich_help_panel=_OPERATE)(doctor)
app.command(rich_help_panel=_OPERATE)(record.audit)
app.command(rich_help_panel=_OPERATE)(record.republish)
app.command(rich_help_panel=_OPERATE)(backup)
app.command(rich_help_panel=_OPERATE)(restore)
app.add_typer(kafka.app, name="kafka", rich_help_panel=_OPERATE)
app.add_typer(projections.app, name="projections", rich_help_panel=_OPERATE)
app.add_typer(parked.app, name="parked", rich_help_panel=_OPERATE)
app.add_typer(record.events, name="events", rich_help_panel=_OPERATE)
app.add_typer(access.accounts, name="accounts", rich_help_panel=_OPERATE)
app.add_typer(people.app, name="people", rich_help_panel=_OPERATE)
app.add_typer(notify.app, name="notify", rich_help_panel=_OPERATE)
app.add_typer(readers.app, name="readers", rich_help_panel=_OPERATE)
app.command(rich_help_panel=_DEVELOP)(access.token)
app.add_typer(contracts.app, name="contracts", rich_help_panel=_DEVELOP)
app.command(rich_help_panel=_DEVELOP)(bench)

if __name__ == "__main__":
    app()
