"""The functions that declare a handler's parameters."""

from fasterapi.param_functions._body import Body, File, Form
from fasterapi.param_functions._dependencies import Depends, Security
from fasterapi.param_functions._head import Cookie, Header, Path, Query

__all__ = (
    "Body",
    "Cookie",
    "Depends",
    "File",
    "Form",
    "Header",
    "Path",
    "Query",
    "Security",
)
