"""A form without its parser is refused where the route is defined."""

import importlib
import warnings

import pytest

from fasterapi.dependencies.utils import (
    ensure_multipart_is_installed,
    multipart_incorrect_install_error,
    multipart_not_installed_error,
)


@pytest.fixture
def no_python_multipart(monkeypatch: pytest.MonkeyPatch) -> None:
    # The module under its new name is too old, hence somebody else's or none at all.
    monkeypatch.setattr("python_multipart.__version__", "0.0.12")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("multipart.multipart")


def test_the_parser_is_found() -> None:
    ensure_multipart_is_installed()


@pytest.mark.usefixtures("no_python_multipart")
def test_the_old_name_will_do() -> None:
    ensure_multipart_is_installed()


@pytest.mark.usefixtures("no_python_multipart")
def test_another_package_of_that_name_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("multipart.multipart.parse_options_header")
    with pytest.raises(RuntimeError) as raised:
        ensure_multipart_is_installed()
    assert str(raised.value) == multipart_incorrect_install_error


@pytest.mark.usefixtures("no_python_multipart")
def test_no_parser_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("multipart.__version__")
    with pytest.raises(RuntimeError) as raised:
        ensure_multipart_is_installed()
    assert str(raised.value) == multipart_not_installed_error
