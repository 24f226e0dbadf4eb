"""Static files: no path leads out of the directory, and none to a 500."""

from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from fasterapi.staticfiles import StaticFiles

pytestmark = pytest.mark.anyio


@pytest.fixture
def files(tmp_path: Path) -> StaticFiles:
    root = tmp_path / "static"
    root.mkdir()
    (root / "a.txt").write_text("a")
    (root / "folder").mkdir()
    (tmp_path / "static2").mkdir()
    (tmp_path / "static2" / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "static2" / "secret.txt")
    return StaticFiles(directory=root)


def scope(method: str = "GET") -> dict:
    return {"type": "http", "method": method, "headers": []}


async def test_file_inside_is_found(files: StaticFiles) -> None:
    assert (await files.get_response("a.txt", scope())).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "../static2/secret.txt",
        "folder/../../static2/secret.txt",
        "/etc/passwd",
        "link.txt",
        "folder",
        "a.txt/b",
        "a\0.txt",
        "x" * 300,
        "\ud800",
        "..",
    ],
    ids=repr,
)
async def test_anything_else_is_not_found(files: StaticFiles, path: str) -> None:
    with pytest.raises(HTTPException) as caught:
        await files.get_response(path, scope())
    assert caught.value.status_code == 404
