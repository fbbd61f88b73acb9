"""Statements that are carried out often or for many rows, with nothing between them and the driver.

To bind a row takes Core longer than SQLite takes to write it. A statement is compiled once, and of
the values only those are touched that the database holds otherwise, such as moments.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update

_Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A statement as its driver takes it: which values, in which order, and what to do to some."""

    sql: str
    values: Callable[[_Row], Sequence[object]]
    processes: tuple[tuple[int, Callable[[Any], Any]], ...]


_Statement = Insert | Update | Delete | Select[Any]
_plans: dict[tuple[_Statement, str, tuple[str, ...] | None], _Plan] = {}


def execute_many(
    connection: Connection, statement: Insert | Update | Delete, rows: Sequence[_Row]
) -> None:
    """Carry out a statement, one that is made once, for each row. All rows have the same keys."""
    if not rows:
        return
    columns = tuple(rows[0]) if isinstance(statement, Insert) else None
    plan = _plan(connection, statement, columns)
    connection.exec_driver_sql(plan.sql, [_bound(plan, row) for row in rows])


def fetch(connection: Connection, statement: Select[Any], row: _Row) -> list[tuple[Any, ...]]:
    """Give the rows of a question, one that is made once, as the driver gives them."""
    plan = _plan(connection, statement, None)
    return [tuple(each) for each in connection.exec_driver_sql(plan.sql, _bound(plan, row))]


def _bound(plan: _Plan, row: _Row) -> tuple[object, ...]:
    values = list(plan.values(row))
    for index, process in plan.processes:
        if values[index] is not None:
            values[index] = process(values[index])
    return tuple(values)


def _plan(connection: Connection, statement: _Statement, columns: tuple[str, ...] | None) -> _Plan:
    key = (statement, connection.dialect.name, columns)
    if key not in _plans:
        _plans[key] = _made(connection.dialect, statement, columns)
    return _plans[key]


def _made(dialect: Dialect, statement: _Statement, columns: tuple[str, ...] | None) -> _Plan:
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
    names: list[str] = list(compiled.positiontup)
    processes = (
        (index, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        for index, name in enumerate(names)
    )
    pick = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
    return _Plan(str(compiled), pick, tuple(each for each in processes if each[1] is not None))
