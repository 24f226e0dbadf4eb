"""SQLModel and SQLAlchemy: async sessions as generator dependencies, models as bodies."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, Relationship, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.integration.ecosystem.support import COMPILED, reasons

closed: list[str] = []


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    heroes: list["Hero"] = Relationship(back_populates="team")


class HeroBase(SQLModel):
    name: str = Field(index=True, max_length=20)
    age: int | None = None


class Hero(HeroBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    secret: str = "secret"
    team_id: int | None = Field(default=None, foreign_key="team.id")
    team: Team | None = Relationship(back_populates="heroes")


class HeroPublic(HeroBase):
    id: int


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    closed.clear()
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'heroes.sqlite3'}")
    make_session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        yield
        await engine.dispose()

    async def session() -> AsyncIterator[AsyncSession]:
        async with make_session() as opened:
            try:
                yield opened
                await opened.commit()
                closed.append("committed")
            except Exception:
                await opened.rollback()
                closed.append("rolled back")
                raise

    Session = Annotated[AsyncSession, Depends(session)]
    app = FastAPI(lifespan=lifespan)

    @app.post("/heroes", response_model=HeroPublic, status_code=201)
    async def create(hero: HeroBase, db: Session) -> Hero:
        stored = Hero.model_validate(hero)
        db.add(stored)
        await db.flush()
        if stored.name == "bad":
            raise HTTPException(409, "bad")
        return stored

    @app.get("/heroes", response_model=list[HeroPublic])
    async def listed(db: Session) -> list[Hero]:
        return list((await db.exec(select(Hero).order_by(Hero.name))).all())

    @app.get("/whole/{hero_id}")
    async def whole(hero_id: int, db: Session) -> Hero:
        hero = await db.get(Hero, hero_id)
        if hero is None:
            raise HTTPException(404)
        return hero

    with TestClient(app) as client:
        yield client


def test_rows_are_written_and_read(client: TestClient) -> None:
    answer = client.post("/heroes", json={"name": "Ana", "age": 3, "secret": "mine"})
    assert (answer.status_code, answer.json()) == (201, {"name": "Ana", "age": 3, "id": 1})
    client.post("/heroes", json={"name": "Aba"})
    assert [row["name"] for row in client.get("/heroes").json()] == ["Aba", "Ana"]
    assert client.get("/whole/1").json()["secret"] == "secret"
    assert closed == ["committed"] * 4
    assert client.post("/heroes", json={"name": "x" * 21}).status_code == 422


def test_exception_rolls_back(client: TestClient) -> None:
    assert client.post("/heroes", json={"name": "bad"}).status_code == 409
    assert client.get("/heroes").json() == []
    assert client.get("/whole/9").status_code == 404
    assert closed == ["rolled back", "committed", "rolled back"]


def test_routes_are_compiled(client: TestClient) -> None:
    assert reasons(client.app)["/heroes"] == COMPILED
