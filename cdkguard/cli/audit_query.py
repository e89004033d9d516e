"""`cdkguard audit query`: SQL on a finished audit, or on all audits in a folder, by DuckDB."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import JUDGED, OUTPUT, add_outputs
from cdkguard.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add = parser.group(JUDGED).add_argument
    add("result", metavar="RESULT", help="what `cdkguard audit run --out` wrote, or a folder of such folders")
    add("sql", nargs="?", metavar="SQL", help="one statement; it can read the tables, and nothing else")
    add("--finished", action="store_true", help="of a folder of results, leave out those that are not finished")
    add_outputs(parser, "answer")
    parser.group(OUTPUT).add_argument("--tables", action="store_true", help="show the tables and their columns")
    parser.group(OUTPUT).add_argument("--parquet", metavar="DIR", help="write each table as a Parquet file")


def run(options: argparse.Namespace) -> int:
    """Answer the query; the exit status is 0 whatever the answer is, since nothing is judged, and 3 where a result was not
    read."""
    from cdkguard.audit.results.query import ask, open_database, write_parquet
    from cdkguard.cli.audit_output import ANSWER, write_pieces
    from cdkguard.cli.output import asked_outputs, print_text

    outputs = asked_outputs(options, ANSWER)
    if sum(map(bool, (options.sql, options.tables, options.parquet))) != 1:
        raise ConfigError("audit query: one of SQL, --tables and --parquet is needed")
    if options.finished:
        _tell_unfinished(options.result)
    if options.parquet:
        print_text("\n".join(write_parquet(options.result, options.parquet, options.finished)))
    elif options.tables:
        print_text(_describe_tables())
    else:
        with open_database(options.result, options.finished) as connection:
            for name, file in outputs or (("text", None),):
                write_pieces(name, file, ask(connection, options.sql), ANSWER, options.color)
    return int(ExitCode.OK)


def _tell_unfinished(place: str) -> None:
    from cdkguard.audit.results.gathered import gather_results, name_some
    from cdkguard.cli.output import write_error

    gathered = gather_results(place)
    if gathered.finished and gathered.unfinished:
        write_error(f"cdkguard: not finished, so left out: {name_some(gathered.unfinished)}")


def _describe_tables() -> str:
    """Each table with its columns; the types of those that are no text."""
    from cdkguard.audit.results.tables import ABOUT, TABLE_COLUMNS

    found = []
    for table, columns in TABLE_COLUMNS.items():
        names = [name if kind == "VARCHAR" else f"{name} {kind}" for name, kind in columns.items()]
        found.append(f"{table}: {ABOUT[table]}\n  {', '.join(names)}")
    return "\n".join(found)
