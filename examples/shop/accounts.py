"""Registering, logging in, and the dependencies that ask who is calling."""

import sqlite3
from typing import Annotated

from fasterapi import APIRouter, Depends, HTTPException, Request, status
from fasterapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm

from .database import Database, transaction
from .errors import ConflictError
from .models import Customer, CustomerInput, Token
from .passwords import hash_password, verify_password
from .tokens import make_token, read_token

router = APIRouter(tags=["accounts"])
read_bearer = OAuth2PasswordBearer(tokenUrl="token")
# Compared with when nobody has the address, so that the time taken does not tell.
_NOBODY = hash_password("nobody has this password")


def customer_of(token: str, key: bytes, database: sqlite3.Connection) -> Customer | None:
    """Return whom *token* belongs to; None if it is not valid."""
    customer_id = read_token(token, key)
    if customer_id is None:
        return None
    row = database.execute("SELECT * FROM customers WHERE id = ?", (customer_id,)).fetchone()
    return None if row is None else Customer.model_validate(dict(row))


def get_customer(
    request: Request, database: Database, token: Annotated[str, Depends(read_bearer)]
) -> Customer:
    """Dependency: the customer who is logged in."""
    customer = customer_of(token, request.app.state.token_key, database)
    if customer is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            "the token is not valid or too old, log in again",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return customer


CurrentCustomer = Annotated[Customer, Depends(get_customer)]


def get_staff(customer: CurrentCustomer) -> Customer:
    """Dependency: the member of staff who is logged in."""
    if not customer.is_staff:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "only for staff")
    return customer


Staff = Annotated[Customer, Depends(get_staff)]


@router.post("/customers", status_code=status.HTTP_201_CREATED)
def register(entry: CustomerInput, database: Database) -> Customer:
    """Make an account."""
    password_hash = hash_password(entry.password.get_secret_value())
    try:
        with transaction(database):
            row = database.execute(
                "INSERT INTO customers (email, name, password_hash) VALUES (?, ?, ?) RETURNING *",
                (entry.email, entry.name, password_hash),
            ).fetchone()
    except sqlite3.IntegrityError:
        raise ConflictError("there is an account with this address already") from None
    return Customer.model_validate(dict(row))


@router.post("/token")
def log_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], request: Request, database: Database
) -> Token:
    """Log in; the user name is the email address."""
    row = database.execute(
        "SELECT id, password_hash FROM customers WHERE email = ?", (form.username.strip().lower(),)
    ).fetchone()
    is_right = verify_password(form.password, _NOBODY if row is None else row["password_hash"])
    if row is None or not is_right:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            "email or password is wrong",
            headers={"WWW-Authenticate": "Bearer"},
        )
    state = request.app.state
    return Token(access_token=make_token(row["id"], state.token_key, state.settings.token_minutes))


@router.get("/customers/me")
def read_me(customer: CurrentCustomer) -> Customer:
    """Return the account that is logged in."""
    return customer
