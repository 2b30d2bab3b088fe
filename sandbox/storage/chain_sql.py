"""The one statement SQLAlchemy's core has no portable form of."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Table, TextClause, text


@cache
def upsert(table: Table, *, keep: bool = False) -> TextClause:
    """INSERT of whole rows by column name; a row with the same primary key is replaced (keep: stays as it is). SQLite and
    PostgreSQL both understand it."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    act = "NOTHING" if keep or not changes else f"UPDATE SET {changes}"
    places = ", ".join(f":{name}" for name in names)
    return text(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places}) ON CONFLICT ({', '.join(keys)}) DO {act}")
