"""Orders: placing, listing, changing."""

import json
import sqlite3
from datetime import UTC, datetime

from fasterapi import APIRouter, HTTPException, Request, Response, status

from .accounts import CurrentCustomer
from .database import Database, transaction
from .errors import ConflictError, NotFoundError
from .events import Change, Events
from .models import (
    Id,
    Order,
    OrderChange,
    OrderInput,
    OrderLine,
    OrderLineInput,
    OrderNotice,
    OrderStatus,
    Page,
)
from .paging import RequestedPage

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("", status_code=status.HTTP_201_CREATED)
def place_order(
    entry: OrderInput,
    customer: CurrentCustomer,
    request: Request,
    response: Response,
    database: Database,
) -> Order:
    """Buy things; all lines or none."""
    with transaction(database):
        order_id = _insert(entry, customer.id, database)
        for line in entry.lines:
            _take_from_stock(order_id, line, database)
    order = load_order(order_id, database)
    # After the commit: nobody hears of an order that does not exist.
    _events(request).publish(Change(order_id, order.status, is_new=True))
    response.headers["Location"] = request.url_for("read_order", order_id=order_id).path
    return order


@router.get("")
def list_orders(customer: CurrentCustomer, page: RequestedPage, database: Database) -> Page[Order]:
    """List one's own orders, oldest first; staff sees all of them."""
    rows = database.execute(
        "SELECT id FROM orders WHERE id > ? AND (? OR customer_id = ?) ORDER BY id LIMIT ?",
        (page.after, customer.is_staff, customer.id, page.fetch),
    ).fetchall()
    shown, next_cursor = page.split(rows)
    orders = [load_order(row["id"], database) for row in shown]
    return Page(items=orders, next_cursor=next_cursor)


@router.get("/{order_id}")
def read_order(order_id: Id, customer: CurrentCustomer, database: Database) -> Order:
    """Return one order."""
    check_access(order_id, customer.id, customer.is_staff, database)
    return load_order(order_id, database)


@router.patch("/{order_id}")
def change_order(
    order_id: Id,
    change: OrderChange,
    customer: CurrentCustomer,
    request: Request,
    database: Database,
) -> Order:
    """Change the status: staff as the order proceeds, customers only to cancel it."""
    check_access(order_id, customer.id, customer.is_staff, database)
    if not customer.is_staff and change.status is not OrderStatus.CANCELLED:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "customers can only cancel")
    with transaction(database):
        now = load_order(order_id, database).status
        if change.status not in now.next_ones:
            raise ConflictError(f"an order that is {now} cannot become {change.status}")
        database.execute("UPDATE orders SET status = ? WHERE id = ?", (change.status, order_id))
        if change.status is OrderStatus.CANCELLED:
            _put_back(order_id, database)
    _events(request).publish(Change(order_id, change.status))
    return load_order(order_id, database)


def check_access(
    order_id: int, customer_id: int, is_staff: bool, database: sqlite3.Connection
) -> None:
    """Refuse orders of others as if they did not exist: their numbers are nobody's business.

    Raises:
        NotFoundError: There is no such order for this customer.
    """
    row = database.execute("SELECT customer_id FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None or not (is_staff or row["customer_id"] == customer_id):
        raise NotFoundError(f"there is no order {order_id}")


def load_order(order_id: int, database: sqlite3.Connection) -> Order:
    """Return the order *order_id*, which exists."""
    head = database.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    lines = [
        OrderLine.model_validate(dict(row))
        for row in database.execute(
            "SELECT product_id, name, quantity, order_lines.price_cents FROM order_lines"
            " JOIN products ON products.id = product_id WHERE order_id = ? ORDER BY product_id",
            (order_id,),
        )
    ]
    return Order(
        id=head["id"],
        status=head["status"],
        created_at=head["created_at"],
        delivery=json.loads(head["delivery"]),
        note=head["note"],
        lines=lines,
        total_cents=sum(line.quantity * line.price_cents for line in lines),
    )


def load_notices(after_id: int, database: sqlite3.Connection) -> list[OrderNotice]:
    """Return what everybody may know of the orders after *after_id*, at most 100 of them."""
    rows = database.execute(
        "SELECT id, delivery, sum(quantity) AS pieces, sum(quantity * price_cents) AS total_cents"
        " FROM orders JOIN order_lines ON order_id = id WHERE id > ?"
        " GROUP BY id ORDER BY id LIMIT 100",
        (after_id,),
    )
    return [
        OrderNotice(
            id=row["id"],
            city=json.loads(row["delivery"])["city"],
            pieces=row["pieces"],
            total_cents=row["total_cents"],
        )
        for row in rows
    ]


def _insert(entry: OrderInput, customer_id: int, database: sqlite3.Connection) -> int:
    row = database.execute(
        "INSERT INTO orders (customer_id, status, created_at, delivery, note)"
        " VALUES (?, ?, ?, ?, ?) RETURNING id",
        (
            customer_id,
            OrderStatus.PLACED,
            datetime.now(UTC).isoformat(),
            entry.delivery.model_dump_json(),
            entry.note,
        ),
    ).fetchone()
    return int(row["id"])


def _take_from_stock(order_id: int, line: OrderLineInput, database: sqlite3.Connection) -> None:
    product = database.execute(
        "SELECT name, price_cents, stock FROM products WHERE id = ?", (line.product_id,)
    ).fetchone()
    if product is None:
        raise NotFoundError(f"there is no product {line.product_id}")
    if product["stock"] < line.quantity:
        raise ConflictError(f"only {product['stock']} left of {product['name']}")
    database.execute(
        "UPDATE products SET stock = stock - ? WHERE id = ?", (line.quantity, line.product_id)
    )
    database.execute(
        "INSERT INTO order_lines VALUES (?, ?, ?, ?)",
        (order_id, line.product_id, line.quantity, product["price_cents"]),
    )


def _put_back(order_id: int, database: sqlite3.Connection) -> None:
    database.execute(
        "UPDATE products SET stock = stock + quantity FROM order_lines"
        " WHERE order_id = ? AND product_id = products.id",
        (order_id,),
    )


def _events(request: Request) -> Events:
    events: Events = request.app.state.events
    return events
