"""The command `jejak`."""

import sys
from collections.abc import Sequence

import psycopg
import typer
from pydantic import ValidationError

from api.cluster import EmbeddedError
from api.commands import (
    act,
    assign,
    change,
    data,
    day,
    keys,
    look,
    permit,
    report,
    rulebook,
    running,
    staff,
    upkeep,
    webhook,
)
from api.commands.common import err
from domain.errors import JejakError, Refusal
from domain.migrate import SchemaTooNew
from projections.generations import Unready
from projections.rebuild import RebuildFailed

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A ledger of everything that happens between a company and each of its customers.",
)
app.command()(running.demo)
app.command()(data.simulate)
app.command()(running.serve)
app.command("import")(data.import_)
app.command()(look.customer)
app.command()(look.queue)
app.command()(day.day)
app.command(context_settings=dict(act.OPEN))(act.do)
app.command()(act.commands)
app.command()(permit.permit)
app.command()(report.report)
app.command()(change.rebuild)
app.command()(change.diff)
app.command()(change.promote)
app.command()(change.rollback)
app.command()(data.export)
app.command()(upkeep.doctor)
app.add_typer(change.generations_app, name="generations")
app.add_typer(rulebook.app, name="rulebook")
app.add_typer(rulebook.calendars_app, name="calendar")
app.add_typer(staff.app, name="staff")
app.add_typer(assign.app, name="assign")
app.command()(assign.handover)
app.add_typer(keys.app, name="key")
app.add_typer(webhook.app, name="webhook")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; what goes wrong in a way that we know is said in a sentence, and the exit status is 1."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="jejak")
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = "_".join(("JEJAK", *(str(p).upper() for p in fault["loc"])))
            _say(f"{name if fault['loc'] else 'settings'}: {fault['msg']}")
    except Refusal as error:
        _say(error.detail)
    except (JejakError, EmbeddedError, SchemaTooNew, Unready, RebuildFailed) as error:
        _say(str(error))
    except psycopg.OperationalError as error:
        _say(f"the database cannot be reached: {str(error).strip()}; `jejak doctor` looks further")
    else:
        return
    sys.exit(1)


def _say(sentence: str) -> None:
    err.print(f"jejak: {sentence}", style="red", markup=False)


if __name__ == "__main__":
    main()
