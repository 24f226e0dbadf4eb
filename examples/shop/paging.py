"""Cursor pagination: stable while rows come and go, and as fast on page 1000 as on page 1."""

import sqlite3
from collections.abc import Sequence
from typing import Annotated

from fasterapi import Depends, HTTPException, Query, status

from .tokens import decode_cursor, encode_cursor


class Paging:
    """Dependency: which page is asked for."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=100, description="Rows per page.")] = 20,
        cursor: Annotated[str | None, Query(max_length=100)] = None,
    ) -> None:
        self.limit = limit
        try:
            self.after = 0 if cursor is None else decode_cursor(cursor)
        except ValueError as error:
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown tells whether there is another page."""
        return self.limit + 1

    def split(self, rows: Sequence[sqlite3.Row]) -> tuple[Sequence[sqlite3.Row], str | None]:
        """Return the rows of this page, and the cursor of the next one."""
        if len(rows) <= self.limit:
            return rows, None
        shown = rows[: self.limit]
        return shown, encode_cursor(shown[-1]["id"])


RequestedPage = Annotated[Paging, Depends()]
