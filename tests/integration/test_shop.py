"""The example shop from end to end, bad input included."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.shop.main import create_app
from examples.shop.settings import Settings
from examples.shop.tokens import make_token
from fasterapi.testclient import TestClient
from fasterapi.websockets import WebSocketDisconnect

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
ADDRESS = {"street": "Rua Direita 1", "city": "Porto", "postcode": "4000-001", "country": "PT"}
STAFF = ("staff@shop.example", "a staff password")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database=tmp_path / "shop.sqlite3",
        pictures=tmp_path / "pictures",
        staff_password=STAFF[1],
        picture_bytes=1000,
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings)) as client:
        yield client


def log_in(client: TestClient, email: str, password: str) -> dict[str, str]:
    answer = client.post("/token", data={"username": email, "password": password})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
def staff(client: TestClient) -> dict[str, str]:
    return log_in(client, *STAFF)


@pytest.fixture
def customer(client: TestClient) -> dict[str, str]:
    return register(client, "ana@example.com")


def register(client: TestClient, email: str) -> dict[str, str]:
    entry = {"email": email, "name": "Ana", "password": "correct horse"}
    answer = client.post("/customers", json=entry)
    assert answer.status_code == 201, answer.text
    assert "password" not in answer.text
    return log_in(client, email, "correct horse")


def place(client: TestClient, headers: dict[str, str], *lines: tuple[int, int]) -> Any:
    entry = {
        "lines": [{"product_id": product, "quantity": quantity} for product, quantity in lines],
        "delivery": ADDRESS,
    }
    return client.post("/orders", json=entry, headers=headers)


# --- pages and documents -------------------------------------------------------------------------


def test_start_page_links_to_what_exists(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    links = [part.partition('"')[0] for part in page.text.split('href="')[1:]]
    assert {"/docs", "/live"} <= set(links)
    for link in links:
        assert client.get(link).status_code == 200, link


def test_every_route_is_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/products/{product_id}/picture", "/orders/{order_id}", "/token"} <= paths.keys()
    assert "/" not in paths


# --- accounts ------------------------------------------------------------------------------------


def test_account_is_made_once(client: TestClient) -> None:
    headers = register(client, " Ana@Example.com ")
    me = client.get("/customers/me", headers=headers).json()
    assert me == {"id": 2, "email": "ana@example.com", "name": "Ana", "is_staff": False}
    entry = {"email": "ANA@example.com", "name": "Other", "password": "correct horse"}
    answer = client.post("/customers", json=entry)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "there is an account with this address already"


@pytest.mark.parametrize(
    "change",
    [
        {"email": "no address"},
        {"email": "a@b.c" + "d" * 300},
        {"password": "short"},
        {"name": "   "},
        {"is_staff": True},
        {"name": None},
    ],
)
def test_bad_account_is_refused(client: TestClient, change: dict[str, Any]) -> None:
    entry = {"email": "a@example.com", "name": "A", "password": "correct horse", **change}
    assert client.post("/customers", json=entry).status_code == 422


@pytest.mark.parametrize(
    ("email", "password"),
    [("ana@example.com", "wrong horse"), ("nobody@example.com", "correct horse"), ("'--", "\x00")],
)
def test_wrong_login_is_refused(client: TestClient, email: str, password: str) -> None:
    register(client, "ana@example.com")
    answer = client.post("/token", data={"username": email, "password": password})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def forged_tokens(key: bytes) -> list[str]:
    good = make_token(1, key, 10)
    payload, _, signature = good.partition(".")
    return [
        "x",
        ".",
        payload,
        f"{payload}.",
        f"{payload}.{signature[:-2]}",
        f"A{payload}.{signature}",
        make_token(1, b"another key", 10),
        make_token(1, key, -1),
        make_token(999, key, 10),
    ]


def test_forged_or_old_token_is_refused(client: TestClient) -> None:
    key = client.app.state.token_key  # type: ignore[attr-defined]
    for token in forged_tokens(key):
        answer = client.get("/customers/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token
    non_ascii = {"Authorization": "Bearer \u00e9.\u00e9".encode("latin-1")}
    assert client.get("/customers/me", headers=non_ascii).status_code == 401
    assert client.get("/customers/me").status_code == 401


# --- products ------------------------------------------------------------------------------------


def test_products_come_in_pages(client: TestClient) -> None:
    names: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": 3} if cursor is None else {"limit": 3, "cursor": cursor}
        page = client.get("/products", params=parameters).json()
        names += [product["name"] for product in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(names) == len(set(names)) == 8


def test_page_is_not_shifted_by_a_new_row(client: TestClient, staff: dict[str, str]) -> None:
    first = client.get("/products", params={"limit": 8}).json()
    assert first["next_cursor"] is None
    client.post("/products", json={"name": "New", "price_cents": 1}, headers=staff)
    first = client.get("/products", params={"limit": 8}).json()
    rest = client.get("/products", params={"cursor": first["next_cursor"]}).json()
    assert [product["name"] for product in rest["items"]] == ["New"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "ten"},
        {"cursor": "nonsense"},
        {"cursor": "\u00e9"},
        {"cursor": "YWZ0ZXI6LTU"},  # after:-5
        {"cursor": "YWZ0ZXI6OTk5OTk5OTk5OTk5OTk5OTk5OTk5"},  # after:999...9
        {"search": "x" * 101},
    ],
)
def test_bad_page_is_refused(client: TestClient, parameters: dict[str, Any]) -> None:
    assert client.get("/products", params=parameters).status_code == 422


@pytest.mark.parametrize(
    ("search", "count"), [("tea", 4), ("TEA", 4), ("%", 0), ("_", 0), ("\\", 0), ("'; --", 0)]
)
def test_search_is_literal(client: TestClient, search: str, count: int) -> None:
    page = client.get("/products", params={"search": search}).json()
    assert len(page["items"]) == count


@pytest.mark.parametrize(
    ("product_id", "status"), [("1", 200), ("99", 404), ("0", 422), ("9" * 20, 422), ("x", 422)]
)
def test_one_product(client: TestClient, product_id: str, status: int) -> None:
    assert client.get(f"/products/{product_id}").status_code == status


def test_only_staff_adds_products(
    client: TestClient, staff: dict[str, str], customer: dict[str, str]
) -> None:
    entry = {"name": "Scale", "price_cents": 2500, "stock": 3}
    assert client.post("/products", json=entry).status_code == 401
    assert client.post("/products", json=entry, headers=customer).status_code == 403
    answer = client.post("/products", json=entry, headers=staff)
    assert answer.status_code == 201
    assert client.get(answer.headers["location"]).json() == answer.json()
    for bad in ({"price_cents": -1}, {"price_cents": 1.5}, {"stock": -1}, {"nmae": "x"}):
        assert client.post("/products", json={**entry, **bad}, headers=staff).status_code == 422


def test_long_list_is_compressed(client: TestClient) -> None:
    answer = client.get("/products", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert len(answer.json()["items"]) == 8


# --- pictures ------------------------------------------------------------------------------------


def test_picture_comes_back_as_it_was(
    client: TestClient, staff: dict[str, str], settings: Settings
) -> None:
    assert client.get("/products/1/picture").status_code == 404
    for picture in (PNG, b"\xff\xd8\xff" + bytes(50)):
        upload = {"picture": ("../../etc/passwd", picture, "text/html")}
        assert client.put("/products/1/picture", files=upload, headers=staff).status_code == 204
    url = client.get("/products/1").json()["picture_url"]
    answer = client.get(url)
    assert answer.content == picture
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    # The first one was replaced, and the client's file name was not used.
    assert len(list(settings.pictures.iterdir())) == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"<svg onload=alert(1)>", 415), (b"", 415), (PNG + bytes(1000), 413)],
)
def test_bad_picture_is_refused(
    client: TestClient, staff: dict[str, str], settings: Settings, data: bytes, status: int
) -> None:
    upload = {"picture": ("p.png", data, "image/png")}
    answer = client.put("/products/1/picture", files=upload, headers=staff)
    assert answer.status_code == status
    assert list(settings.pictures.iterdir()) == []


def test_picture_needs_staff_and_a_product(
    client: TestClient, staff: dict[str, str], customer: dict[str, str]
) -> None:
    upload = {"picture": ("p.png", PNG, "image/png")}
    assert client.put("/products/1/picture", files=upload).status_code == 401
    assert client.put("/products/1/picture", files=upload, headers=customer).status_code == 403
    assert client.put("/products/99/picture", files=upload, headers=staff).status_code == 404
    assert client.put("/products/1/picture", headers=staff).status_code == 422


# --- orders --------------------------------------------------------------------------------------


def test_order_takes_from_the_stock_at_the_present_price(
    client: TestClient, customer: dict[str, str]
) -> None:
    answer = place(client, customer, (1, 2), (2, 4))
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert (order["status"], order["total_cents"]) == ("placed", 2 * 3900 + 4 * 890)
    assert order["delivery"] == ADDRESS
    assert client.get("/products/1").json()["stock"] == 10
    assert client.get(answer.headers["location"], headers=customer).json() == order
    assert client.get("/orders", headers=customer).json() == {
        "items": [order],
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("lines", "status", "detail"),
    [
        (((2, 1), (1, 13)), 409, "only 12 left of Teapot"),
        (((2, 1), (99, 1)), 404, "there is no product 99"),
    ],
)
def test_order_is_all_or_nothing(
    client: TestClient,
    customer: dict[str, str],
    lines: tuple[tuple[int, int], ...],
    status: int,
    detail: str,
) -> None:
    answer = place(client, customer, *lines)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
    assert client.get("/products/2").json()["stock"] == 80
    assert client.get("/orders", headers=customer).json()["items"] == []


@pytest.mark.parametrize(
    ("change", "place_of_error"),
    [
        ({"lines": []}, ["body", "lines"]),
        ({"lines": [{"product_id": 1, "quantity": 0}]}, ["body", "lines", 0, "quantity"]),
        ({"lines": [{"product_id": 2**63, "quantity": 1}]}, ["body", "lines", 0, "product_id"]),
        ({"lines": [{"product_id": 1, "quantity": 1}] * 2}, ["body", "lines"]),
        ({"delivery": {**ADDRESS, "country": "Portugal"}}, ["body", "delivery", "country"]),
        ({"delivery": {**ADDRESS, "floor": 2}}, ["body", "delivery", "floor"]),
        ({"note": "x" * 1001}, ["body", "note"]),
        ({"total_cents": 1}, ["body", "total_cents"]),
    ],
)
def test_bad_order_is_refused_with_the_place(
    client: TestClient, customer: dict[str, str], change: dict[str, Any], place_of_error: list[Any]
) -> None:
    entry = {"lines": [{"product_id": 1, "quantity": 1}], "delivery": ADDRESS, **change}
    answer = client.post("/orders", json=entry, headers=customer)
    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [place_of_error]


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff", b'{"lines": [' * 2000])
def test_broken_json_is_refused(client: TestClient, customer: dict[str, str], body: bytes) -> None:
    headers = {**customer, "Content-Type": "application/json"}
    assert client.post("/orders", content=body, headers=headers).status_code in (400, 422)


def test_orders_of_others_do_not_exist(
    client: TestClient, customer: dict[str, str], staff: dict[str, str]
) -> None:
    order_id = place(client, customer, (1, 1)).json()["id"]
    other = register(client, "eve@example.com")
    assert client.get(f"/orders/{order_id}", headers=other).status_code == 404
    change = client.patch(f"/orders/{order_id}", json={"status": "cancelled"}, headers=other)
    assert change.status_code == 404
    assert client.get("/orders", headers=other).json()["items"] == []
    assert client.get(f"/orders/{order_id}", headers=staff).status_code == 200
    assert client.get("/orders/1").status_code == 401


def test_status_follows_its_order(
    client: TestClient, customer: dict[str, str], staff: dict[str, str]
) -> None:
    url = f"/orders/{place(client, customer, (1, 5)).json()['id']}"
    assert client.patch(url, json={"status": "paid"}, headers=customer).status_code == 403
    assert client.patch(url, json={"status": "lost"}, headers=staff).status_code == 422
    assert client.patch(url, json={"status": "shipped"}, headers=staff).status_code == 409
    assert client.patch(url, json={"status": "paid"}, headers=staff).json()["status"] == "paid"
    cancelled = client.patch(url, json={"status": "cancelled"}, headers=customer)
    assert cancelled.json()["status"] == "cancelled"
    assert client.get("/products/1").json()["stock"] == 12
    again = client.patch(url, json={"status": "cancelled"}, headers=customer)
    assert again.json()["detail"] == "an order that is cancelled cannot become cancelled"


def test_last_piece_is_sold_once(client: TestClient, customer: dict[str, str]) -> None:
    answers: list[int] = []

    def buy() -> None:
        answers.append(place(client, customer, (6, 4)).status_code)

    buyers = [threading.Thread(target=buy) for _ in range(6)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    assert sorted(answers) == [201, 409, 409, 409, 409, 409]
    assert client.get("/products/6").json()["stock"] == 2


# --- live channels -------------------------------------------------------------------------------


def events_of(text: str) -> list[dict[str, Any]]:
    events = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
        if fields:
            events.append({**fields, "data": json.loads(fields["data"])})
    return events


def test_feed_tells_what_was_missed(client: TestClient, customer: dict[str, str]) -> None:
    for quantity in (1, 2, 3):
        place(client, customer, (2, quantity))
    answer = client.get("/feed/orders", params={"limit": 2}, headers={"Last-Event-ID": "1"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in answer.headers
    assert events_of(answer.text) == [
        {
            "event": "order",
            "id": str(number),
            "data": {"id": number, "city": "Porto", "pieces": number, "total_cents": number * 890},
        }
        for number in (2, 3)
    ]
    assert "Ana" not in answer.text


def test_feed_tells_new_orders(client: TestClient, customer: dict[str, str]) -> None:
    place(client, customer, (2, 1))
    received: list[str] = []
    reader = threading.Thread(
        target=lambda: received.append(client.get("/feed/orders", params={"limit": 1}).text)
    )
    reader.start()
    deadline = time.monotonic() + 10
    while not client.app.state.events._queues and time.monotonic() < deadline:  # type: ignore[attr-defined]
        time.sleep(0.01)
    time.sleep(0.2)  # it has looked for the newest order
    place(client, customer, (2, 7))
    reader.join(10)
    assert [event["data"]["pieces"] for event in events_of(received[0])] == [7]


@pytest.mark.parametrize("last_id", ["-1", "x", "9" * 30])
def test_feed_refuses_a_bad_position(client: TestClient, last_id: str) -> None:
    answer = client.get("/feed/orders", headers={"Last-Event-ID": last_id})
    assert answer.status_code == 422


def test_websocket_follows_an_order_to_its_end(
    client: TestClient, customer: dict[str, str], staff: dict[str, str]
) -> None:
    url = f"/orders/{place(client, customer, (1, 1)).json()['id']}"
    token = customer["Authorization"].removeprefix("Bearer ")
    with client.websocket_connect(f"{url}/status") as websocket:
        websocket.send_json({"token": token})
        assert websocket.receive_json() == {"order_id": 1, "status": "placed"}
        for status in ("paid", "shipped", "delivered"):
            client.patch(url, json={"status": status}, headers=staff)
            assert websocket.receive_json()["status"] == status
        with pytest.raises(WebSocketDisconnect) as end:
            websocket.receive_json()
        assert end.value.code == 1000
    with client.websocket_connect(f"{url}/status") as websocket:
        websocket.send_json({"token": token})
        assert websocket.receive_json()["status"] == "delivered"


@pytest.mark.parametrize(
    "message", ["", "x", "{}", "[]", '{"token": 5}', '{"token": "x"}', "[" * 100_000]
)
def test_websocket_refuses_a_bad_login(
    client: TestClient, customer: dict[str, str], message: str
) -> None:
    place(client, customer, (1, 1))
    with client.websocket_connect("/orders/1/status") as websocket:
        websocket.send_text(message)
        with pytest.raises(WebSocketDisconnect) as end:
            websocket.receive_json()
    assert end.value.code == 1008


@pytest.mark.parametrize("order_id", ["1", "99", "-1", str(2**70)])
def test_websocket_refuses_orders_of_others(
    client: TestClient, customer: dict[str, str], order_id: str
) -> None:
    place(client, customer, (1, 1))
    other = register(client, "eve@example.com")["Authorization"].removeprefix("Bearer ")
    with client.websocket_connect(f"/orders/{order_id}/status") as websocket:
        websocket.send_json({"token": other})
        with pytest.raises(WebSocketDisconnect) as end:
            websocket.receive_json()
    assert end.value.code == 1008


def test_websocket_may_go_away_before_it_logs_in(client: TestClient) -> None:
    with client.websocket_connect("/orders/1/status"):
        pass
    assert client.app.state.events._queues == set()  # type: ignore[attr-defined]


def test_websocket_refuses_foreign_pages(client: TestClient) -> None:
    foreign = {"Origin": "https://evil.example"}
    with (
        pytest.raises(WebSocketDisconnect) as end,
        client.websocket_connect("/orders/1/status", headers=foreign),
    ):
        pass
    assert end.value.code == 1008


def test_subscribers_are_forgotten(client: TestClient, customer: dict[str, str]) -> None:
    place(client, customer, (1, 1))
    token = customer["Authorization"].removeprefix("Bearer ")
    with client.websocket_connect("/orders/1/status") as websocket:
        websocket.send_json({"token": token})
        websocket.receive_json()
    assert client.app.state.events._queues == set()  # type: ignore[attr-defined]


# --- start-up ------------------------------------------------------------------------------------


def test_second_start_finds_everything(settings: Settings) -> None:
    with TestClient(create_app(settings)) as client:
        headers = register(client, "ana@example.com")
        place(client, headers, (1, 1))
    with TestClient(create_app(settings)) as client:
        assert client.get("/customers/me", headers=headers).status_code == 200
        assert len(client.get("/orders", headers=headers).json()["items"]) == 1
        assert len(client.get("/products").json()["items"]) == 8


def test_settings_come_from_the_environment() -> None:
    environment = {"SHOP_DATABASE": "/data/x.db", "SHOP_TOKEN_MINUTES": "5"}
    settings = Settings.from_environment(environment)
    assert (settings.database, settings.token_minutes) == (Path("/data/x.db"), 5)
    assert settings.pictures == Path("shop-pictures")


def test_staff_password_is_made_and_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(database=tmp_path / "s", pictures=tmp_path / "p")
    with TestClient(create_app(settings)) as client:
        password = capsys.readouterr().out.split()[-1]
        assert log_in(client, STAFF[0], password)
    with TestClient(create_app(settings)):
        assert capsys.readouterr().out == ""
