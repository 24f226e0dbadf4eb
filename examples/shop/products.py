"""Products and their pictures."""

import os
import secrets
import sqlite3
from pathlib import Path
from typing import Annotated

from fasterapi import APIRouter, Query, Request, Response, UploadFile, status
from fasterapi.responses import FileResponse

from .accounts import Staff
from .database import Database, transaction
from .errors import NotFoundError, PictureError, PictureTooLargeError
from .models import Id, Page, Product, ProductInput
from .paging import RequestedPage

router = APIRouter(prefix="/products", tags=["products"])

# What a file is, is told by its first bytes; its name and declared type are the client's words.
_SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))


@router.get("")
def list_products(
    request: Request,
    database: Database,
    page: RequestedPage,
    search: Annotated[str | None, Query(max_length=100, description="Part of the name.")] = None,
) -> Page[Product]:
    """List products, a page at a time."""
    pattern = search or ""
    for special in "\\%_":
        pattern = pattern.replace(special, f"\\{special}")
    rows = database.execute(
        r"SELECT * FROM products WHERE id > ? AND name LIKE ? ESCAPE '\' ORDER BY id LIMIT ?",
        (page.after, f"%{pattern}%", page.fetch),
    ).fetchall()
    shown, next_cursor = page.split(rows)
    return Page(items=[_product(row, request) for row in shown], next_cursor=next_cursor)


@router.get("/{product_id}")
def read_product(product_id: Id, request: Request, database: Database) -> Product:
    """Return one product."""
    return _product(_row(product_id, database), request)


@router.post("", status_code=status.HTTP_201_CREATED)
def create_product(
    entry: ProductInput, staff: Staff, request: Request, response: Response, database: Database
) -> Product:
    """Add a product; for staff."""
    with transaction(database):
        row = database.execute(
            "INSERT INTO products (name, description, price_cents, stock)"
            " VALUES (:name, :description, :price_cents, :stock) RETURNING *",
            entry.model_dump(),
        ).fetchone()
    product = _product(row, request)
    response.headers["Location"] = request.url_for("read_product", product_id=product.id).path
    return product


@router.put("/{product_id}/picture", status_code=status.HTTP_204_NO_CONTENT)
def upload_picture(
    product_id: Id, picture: UploadFile, staff: Staff, request: Request, database: Database
) -> None:
    """Set the picture of a product (PNG, JPEG or GIF); for staff."""
    settings = request.app.state.settings
    old = _row(product_id, database)["picture"]
    data = picture.file.read(settings.picture_bytes + 1)
    if len(data) > settings.picture_bytes:
        raise PictureTooLargeError(f"the largest picture has {settings.picture_bytes} bytes")
    name = f"{product_id}-{secrets.token_hex(8)}.{_kind_of(data)}"
    _write(settings.pictures / name, data)
    with transaction(database):
        database.execute("UPDATE products SET picture = ? WHERE id = ?", (name, product_id))
    if old is not None:
        (settings.pictures / old).unlink(missing_ok=True)


@router.get("/{product_id}/picture", response_class=FileResponse)
def read_picture(product_id: Id, request: Request, database: Database) -> FileResponse:
    """Return the picture of a product."""
    name = _row(product_id, database)["picture"]
    if name is None:
        raise NotFoundError(f"product {product_id} has no picture")
    return FileResponse(
        request.app.state.settings.pictures / name,
        media_type=f"image/{name.rpartition('.')[2]}",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"},
    )


def _row(product_id: int, database: sqlite3.Connection) -> sqlite3.Row:
    row: sqlite3.Row | None = database.execute(
        "SELECT * FROM products WHERE id = ?", (product_id,)
    ).fetchone()
    if row is None:
        raise NotFoundError(f"there is no product {product_id}")
    return row


def _product(row: sqlite3.Row, request: Request) -> Product:
    fields = dict(row)
    # The path only: scheme and host of the request may be those of a proxy.
    url = request.url_for("read_picture", product_id=fields["id"]).path
    return Product(picture_url=url if fields.pop("picture") else None, **fields)


def _kind_of(data: bytes) -> str:
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    raise PictureError("the file is no PNG, JPEG or GIF")


def _write(path: Path, data: bytes) -> None:
    """Write the file so that nobody ever sees half of it."""
    part = path.with_suffix(".part")
    part.write_bytes(data)
    os.replace(part, path)
