"""A result as a database: DuckDB reads it into a file of its own, which is then opened read-only and without any way out.

A query can read the tables and nothing else: no other file, no network, no extension, no setting.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cdkguard.audit.results.folder import Folder, LocalFolder
from cdkguard.audit.results.gathered import choose_finished, gather_results
from cdkguard.audit.results.places import read_file
from cdkguard.audit.results.run_file import read_run
from cdkguard.audit.results.tables import CREATE, TABLE_COLUMNS
from cdkguard.errors import ConfigError, InputError
from cdkguard.outputs.audit.answer import Answer
from cdkguard.outputs.audit.summary import RunRecord
from cdkguard.system.temporary_folders import temporary_folder

_CLOSED = {
    "access_mode": "READ_ONLY",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "lock_configuration": "true",
}


@contextmanager
def open_database(place: str, may_skip: bool = False) -> Iterator[Any]:
    """A connection to the tables of a result, or of all results in the folders of a folder.

    Raises InputError where one is damaged or not finished; `may_skip` leaves out those that are not finished.
    """
    duckdb = _import_duckdb()
    results = choose_finished(place, gather_results(place), may_skip)
    with temporary_folder() as own:
        path = os.path.join(own, "audit.duckdb")
        try:
            connection = duckdb.connect(path, config={"autoinstall_known_extensions": "false"})
            try:
                _fill(connection, results, own)
            finally:
                connection.close()
            connection = duckdb.connect(path, config=_CLOSED)
        except duckdb.Error as problem:  # Of what is read: `_add_file`. This is of the place where it is read to.
            raise InputError(f"the database in {os.path.dirname(own)} (TMPDIR) cannot be made: {problem}") from problem
        try:
            yield connection
        finally:
            connection.close()


def ask(connection: Any, sql: str) -> Answer:
    """The answer to one statement. Raises ConfigError for a statement that DuckDB refuses."""
    import duckdb

    try:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1:
            raise ConfigError(f"one statement at a time, not {len(statements)}")
        cursor = connection.execute(statements[0])
        columns = tuple(column[0] for column in cursor.description or ())
    except duckdb.Error as problem:
        raise ConfigError(str(problem)) from problem
    return Answer(columns, _rows(cursor, duckdb.Error))


def _rows(cursor: Any, error: type[Exception]) -> Iterator[Sequence[Any]]:
    while True:
        try:
            some = cursor.fetchmany(1000)
        except error as problem:
            raise ConfigError(str(problem)) from problem
        if not some:
            return
        yield from some


def write_parquet(place: str, folder: str, may_skip: bool = False) -> list[str]:
    """Write each table of a result as a Parquet file; returns the files. Raises ConfigError where that is not possible, and
    InputError as `open_database` does."""
    duckdb = _import_duckdb()
    results = choose_finished(place, gather_results(place), may_skip)
    files = []
    with temporary_folder() as own:
        connection = duckdb.connect(os.path.join(own, "audit.duckdb"))
        try:
            _fill(connection, results, own)
            os.makedirs(folder, exist_ok=True)
            for table in TABLE_COLUMNS:
                path = os.path.join(folder, f"{table}.parquet")
                connection.execute(f"COPY {table} TO {_quote(path)} (FORMAT parquet, COMPRESSION zstd)")
                files.append(path)
        except (duckdb.Error, OSError) as problem:
            raise ConfigError(f"{folder}: cannot be written: {problem}") from problem
        finally:
            connection.close()
    return files


def _import_duckdb() -> Any:
    try:
        import duckdb
    except ImportError as problem:
        raise ConfigError("a query needs DuckDB: pip install 'cdkguard[query]'") from problem
    return duckdb


def _fill(connection: Any, results: Sequence[tuple[str, Folder]], own: str) -> None:
    for statement in CREATE:
        connection.execute(statement)
    for name, folder in results:
        run = read_run(folder)
        _add_run(connection, name, run)
        for file in run.files:
            content = read_file(folder, file)
            local = folder if isinstance(folder, LocalFolder) else LocalFolder(os.path.join(own, "result"))
            if local is not folder:
                local.write(file.name, content)
            _add_file(connection, name, local, file.name, file.rows)


def _add_file(connection: Any, name: str, folder: LocalFolder, file: str, rows: int) -> None:
    """Read a file into its table; one with fewer rows than run.json says is not read."""
    import duckdb

    table = file.partition("/")[0]
    columns = {column: kind for column, kind in TABLE_COLUMNS[table].items() if column != "run"}
    described = ", ".join(f"{_quote(column)}: {_quote(kind)}" for column, kind in columns.items())
    path = os.path.join(folder.place, *file.split("/"))
    chosen = ", ".join(columns)
    try:
        [(added,)] = connection.execute(
            f"INSERT INTO {table} SELECT {_quote(name)} AS run, {chosen} FROM read_json({_quote(path)}, "
            f"columns={{{described}}}, format='newline_delimited', compression='gzip')"
        ).fetchall()
    except duckdb.Error as problem:
        raise InputError(f"{path}: cannot be read: {problem}") from problem
    if added != rows:
        raise InputError(f"{path}: has {added} rows, and run.json says {rows}")


def _add_run(connection: Any, name: str, run: RunRecord) -> None:
    header, counts = run.header, run.counts
    values = (
        name, header.started, header.ended, header.version, header.rules_digest, header.engine, header.scope,
        run.last.started if run.last else None, run.digest, *counts,
    )  # fmt: skip
    connection.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(values))})", values)
    for rule in header.rules:
        connection.execute("INSERT INTO rules VALUES (?, ?, ?, ?, ?, ?)", (name, rule.id, rule.title, rule.severity, rule.pack, rule.fix))  # fmt: skip


def _quote(text: str) -> str:
    """A text as a literal of SQL."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
