"""Endpoints whose parameters are made at run time: the signature that FastAPI reads, and the words for OpenAPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import Parameter, Signature
from typing import Any

from starlette.responses import Response

Endpoint = Callable[..., Awaitable[Response]]


def parameter(name: str, annotation: Any, default: Any = Parameter.empty) -> Parameter:
    """A keyword parameter of an endpoint. `annotation` is what FastAPI reads: a type, or Annotated."""
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def endpoint_with(endpoint: Endpoint, name: str, about: str, *parameters: Parameter) -> Endpoint:
    """The endpoint with these parameters. `name` is its operation and `about` its description in OpenAPI."""
    endpoint.__name__, endpoint.__doc__ = name, about
    endpoint.__signature__ = Signature(list(parameters))  # type: ignore[attr-defined]  # read by inspect.signature
    return endpoint
