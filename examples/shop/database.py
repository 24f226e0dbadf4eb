"""SQLite: schema, first rows, one connection per request."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fasterapi import Depends
from fasterapi.requests import HTTPConnection

from .passwords import hash_password
from .settings import Settings

SCHEMA_VERSION = 1
SCHEMA = (
    "CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE customers (
        id INTEGER PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        is_staff INTEGER NOT NULL DEFAULT 0
    )""",
    """CREATE TABLE products (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
        stock INTEGER NOT NULL CHECK (stock >= 0),
        picture TEXT
    )""",
    """CREATE TABLE orders (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        customer_id INTEGER NOT NULL REFERENCES customers,
        status TEXT NOT NULL,
        created_at TEXT NOT NULL,
        delivery TEXT NOT NULL,
        note TEXT NOT NULL
    )""",
    "CREATE INDEX orders_of_customer ON orders (customer_id, id)",
    """CREATE TABLE order_lines (
        order_id INTEGER NOT NULL REFERENCES orders,
        product_id INTEGER NOT NULL REFERENCES products,
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        price_cents INTEGER NOT NULL,
        PRIMARY KEY (order_id, product_id)
    )""",
)
PRODUCTS = (
    ("Teapot", "Stoneware, holds 1.2 litres.", 3900, 12),
    ("Cup", "Goes with the teapot.", 890, 80),
    ("Green tea", "Loose leaves, 100 g.", 1250, 40),
    ("Black tea", "Loose leaves, 100 g.", 990, 55),
    ("Tea strainer", "Stainless steel, very fine.", 1490, 25),
    ("Kettle", "Enamel, for all stoves.", 5400, 6),
    ("Honey", "From the roof next door, 250 g.", 750, 30),
    ("Tray", "Oak, oiled.", 2990, 9),
)


def connect(settings: Settings) -> sqlite3.Connection:
    """Return a new connection; the caller closes it."""
    connection = sqlite3.connect(
        settings.database,
        timeout=5,  # seconds to wait for another writer
        isolation_level=None,  # transactions are written out, see `transaction`
        check_same_thread=False,  # steps of one request may run in different worker threads
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit at the end of the block, or roll all of it back.

    The write lock is taken at once: a transaction that begins by reading and wants it later
    fails if another one wrote in between.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def prepare(settings: Settings) -> bytes:
    """Make the tables and first rows if needed; return the key that tokens are signed with.

    Safe to run in several processes at once: the first one takes the lock, the others find
    the work done.
    """
    settings.pictures.mkdir(parents=True, exist_ok=True)
    connection = connect(settings)
    try:
        connection.execute("PRAGMA journal_mode = WAL")  # readers do not wait for the writer
        with transaction(connection):
            if connection.execute("PRAGMA user_version").fetchone()[0] < SCHEMA_VERSION:
                _create(connection, settings)
        row = connection.execute("SELECT value FROM secrets WHERE name = 'token key'").fetchone()
        return bytes.fromhex(row["value"])
    finally:
        connection.close()


def _create(connection: sqlite3.Connection, settings: Settings) -> None:
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("INSERT INTO secrets VALUES ('token key', ?)", (secrets.token_hex(32),))
    connection.executemany(
        "INSERT INTO products (name, description, price_cents, stock) VALUES (?, ?, ?, ?)", PRODUCTS
    )
    password = settings.staff_password or secrets.token_urlsafe(12)
    connection.execute(
        "INSERT INTO customers (email, name, password_hash, is_staff) VALUES (?, ?, ?, 1)",
        ("staff@shop.example", "Staff", hash_password(password)),
    )
    if settings.staff_password is None:
        print(f"New shop. Log in as staff@shop.example with the password {password}")


def get_connection(request: HTTPConnection) -> Iterator[sqlite3.Connection]:
    """Dependency: a connection for the time of one request."""
    connection = connect(request.app.state.settings)
    try:
        yield connection
    finally:
        connection.close()


Database = Annotated[sqlite3.Connection, Depends(get_connection)]
