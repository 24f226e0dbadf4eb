"""Whether forms can be parsed here, found out when a route asks for one."""

from fasterapi.logger import logger

multipart_not_installed_error = (
    'Form data requires "python-multipart" to be installed. \n'
    'You can install "python-multipart" with: \n\n'
    "pip install python-multipart\n"
)
multipart_incorrect_install_error = (
    'Form data requires "python-multipart" to be installed. '
    'It seems you installed "multipart" instead. \n'
    'You can remove "multipart" with: \n\n'
    "pip uninstall multipart\n\n"
    'And then install "python-multipart" with: \n\n'
    "pip install python-multipart\n"
)


def ensure_multipart_is_installed() -> None:
    """Refuse to go on without python-multipart.

    Raises:
        RuntimeError: it is not installed, or another package with a similar name is.
    """
    if _has_python_multipart():
        return
    message = _complaint()
    if message is not None:
        logger.error(message)
        raise RuntimeError(message)


def _has_python_multipart() -> bool:
    try:
        # An attribute rather than the module, so that programs can pretend it is missing.
        from python_multipart import __version__  # noqa: PLC0415
    except ImportError:
        return False
    # COMPAT: compared as text. 0.0.13 is the first version that has this module name.
    return __version__ > "0.0.12"


def _complaint() -> str | None:
    """What is wrong; None if `multipart` is python-multipart under its old name."""
    try:
        from multipart import __version__  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        return multipart_not_installed_error
    try:
        # Only python-multipart has it; the package `multipart` shares no more than the name.
        from multipart.multipart import (  # type: ignore[import-untyped]  # noqa: PLC0415
            parse_options_header,
        )
    except ImportError:
        return multipart_incorrect_install_error
    return None if __version__ and parse_options_header else multipart_not_installed_error
