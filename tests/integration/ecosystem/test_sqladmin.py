"""sqladmin: its pages beside the application's own routes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqladmin import Admin, ModelView
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.integration.ecosystem.support import COMPILED, reasons


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class UserAdmin(ModelView, model=User):
    column_list = (User.id, User.name)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    engine = create_engine(f"sqlite:///{tmp_path / 'users.sqlite3'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(User(name="Ana Maria"))
        session.commit()
    app = FastAPI()
    admin = Admin(app, engine)
    admin.add_view(UserAdmin)

    @app.get("/own/{number}")
    async def own(number: int) -> int:
        return number

    with TestClient(app) as client:
        yield client
    engine.dispose()


def test_list_and_details(client: TestClient) -> None:
    page = client.get("/admin/user/list")
    assert page.status_code == 200
    assert "Ana Maria" in page.text
    assert "Ana Maria" in client.get("/admin/user/details/1").text


def test_row_is_created(client: TestClient) -> None:
    answer = client.post("/admin/user/create", data={"name": "Rui", "save": "Save"})
    assert answer.status_code == 200, answer.text
    assert "Rui" in client.get("/admin/user/list").text


def test_own_routes_behind_the_mount(client: TestClient) -> None:
    assert client.get("/own/3").json() == 3
    assert reasons(client.app)["/own/{number}"] == COMPILED
