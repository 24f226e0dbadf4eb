"""The functions that declare a handler's parameters."""

from pydantic import AliasChoices, AliasPath, Discriminator

from fasterapi import params
from fasterapi._compat import Undefined
from fasterapi.openapi.models import Example
from fasterapi.param_functions._body import Body, File, Form
from fasterapi.param_functions._dependencies import Depends, Security
from fasterapi.param_functions._head import Cookie, Header, Path, Query

__all__ = (
    "AliasChoices",
    "AliasPath",
    "Body",
    "Cookie",
    "Depends",
    "Discriminator",
    "Example",
    "File",
    "Form",
    "Header",
    "Path",
    "Query",
    "Security",
    "Undefined",
    "params",
)
