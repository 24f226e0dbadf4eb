"""fastapi-users: registration, login, and routes for who is logged in."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from tests.integration.ecosystem.support import COMPILED, reasons

SECRET = "a secret that is long enough for HS256"


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class UserRead(schemas.BaseUser[uuid.UUID]):
    pass


class UserCreate(schemas.BaseUserCreate):
    pass


class UserUpdate(schemas.BaseUserUpdate):
    pass


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = SECRET
    verification_token_secret = SECRET
    registered: ClassVar[list[str]] = []

    async def on_after_register(self, user: User, request: Any = None) -> None:
        self.registered.append(user.email)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'users.sqlite3'}")
    make_session = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
        await engine.dispose()

    async def session() -> AsyncIterator[AsyncSession]:
        async with make_session() as opened:
            yield opened

    async def database(db: AsyncSession = Depends(session)) -> AsyncIterator[Any]:
        yield SQLAlchemyUserDatabase(db, User)

    async def manager(db: Any = Depends(database)) -> AsyncIterator[UserManager]:
        yield UserManager(db)

    def strategy() -> JWTStrategy[User, uuid.UUID]:
        return JWTStrategy(secret=SECRET, lifetime_seconds=3600)

    backend = AuthenticationBackend("jwt", BearerTransport("auth/jwt/login"), strategy)
    users = FastAPIUsers[User, uuid.UUID](manager, [backend])
    app = FastAPI(lifespan=lifespan)
    app.include_router(users.get_auth_router(backend), prefix="/auth/jwt")
    app.include_router(users.get_register_router(UserRead, UserCreate), prefix="/auth")
    app.include_router(users.get_users_router(UserRead, UserUpdate), prefix="/users")

    @app.get("/hello")
    async def hello(user: User = Depends(users.current_user(active=True))) -> str:
        return f"hello {user.email}"

    with TestClient(app) as client:
        yield client


def test_register_log_in_and_be_known(client: TestClient) -> None:
    entry = {"email": "ana@example.com", "password": "correct horse"}
    answer = client.post("/auth/register", json=entry)
    assert answer.status_code == 201, answer.text
    assert "password" not in answer.text
    assert UserManager.registered[-1] == "ana@example.com"
    assert client.post("/auth/register", json=entry).status_code == 400
    assert client.get("/hello").status_code == 401

    form = {"username": entry["email"], "password": entry["password"]}
    token = client.post("/auth/jwt/login", data=form).json()["access_token"]
    client.headers["authorization"] = f"Bearer {token}"
    assert client.get("/hello").json() == "hello ana@example.com"
    assert client.get("/users/me").json()["email"] == "ana@example.com"
    changed = client.patch("/users/me", json={"email": "b@example.com"})
    assert changed.json()["email"] == "b@example.com"
    assert client.post("/auth/jwt/logout").status_code == 204
    bad = client.post("/auth/jwt/login", data={**form, "password": "wrong"})
    assert bad.status_code == 400
    assert reasons(client.app)["/hello"] == COMPILED
