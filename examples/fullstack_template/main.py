"""A template with users, JWT login and items in SQL: the shape most programs begin with."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import event
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, create_engine, select

from fasterapi import APIRouter, FastAPI
from fasterapi.middleware.cors import CORSMiddleware
from fasterapi.routing import APIRoute

from . import items, users
from .models import User
from .security import hash_password


def operation_id(route: APIRoute) -> str:
    """Return a name that reads well in generated clients."""
    return f"{route.tags[0] if route.tags else 'app'}-{route.name}"


def create_app(database_url: str, admin: tuple[str, str] | None = None) -> FastAPI:
    """Return the application.

    Args:
        database_url: As SQLAlchemy takes it.
        admin: Address and password of an administrator to make if there is none.
    """
    in_memory = {"poolclass": StaticPool} if database_url == "sqlite://" else {}
    engine = create_engine(database_url, connect_args={"check_same_thread": False}, **in_memory)
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        SQLModel.metadata.create_all(engine)
        with Session(engine) as session:
            if admin and not session.exec(select(User).where(User.email == admin[0])).first():
                hashed = hash_password(admin[1])
                session.add(User(email=admin[0], hashed_password=hashed, is_superuser=True))
                session.commit()
        yield
        engine.dispose()

    app = FastAPI(
        title="Full stack template",
        openapi_url="/api/openapi.json",
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
    )
    app.state.engine = engine
    app.state.secret = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["http://localhost:5173"],
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
    )
    api = APIRouter(prefix="/api")
    api.include_router(users.login)
    api.include_router(users.router)
    api.include_router(items.router)

    @api.get("/utils/health-check", tags=["utils"])
    async def health_check() -> bool:
        return True

    app.include_router(api)
    return app


app = create_app(os.environ.get("DATABASE_URL", "sqlite:///template.sqlite3"))
