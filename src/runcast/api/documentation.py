"""The API's description (OpenAPI 3.1) and a page to read and try it, which needs nothing from other servers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from litestar import Request, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Server
from litestar.params import FromPath

from runcast import __version__
from runcast.api.examples import BODIES, INTRODUCTION
from runcast.domain.errors import NotFound

PATH = "/api/docs"
_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "start.js": "text/javascript",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Runcast API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{base}assets/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="{base}assets/swagger-ui-bundle.js"></script>
<script src="{base}assets/start.js" data-url="{base}openapi.json"></script>
</body>
</html>
"""
_ERROR = {
    "description": "Any other status: what went wrong",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
}
_ERROR_BODY = {
    "title": "ErrorBody",
    "description": "What every response says that is no success.",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string", "description": "One sentence for people."},
        "code": {"type": "string", "description": "Stable, for programs."},
        "param": {"type": "string", "description": "The part of the request that is meant."},
        "issues": {"type": "array", "items": {"type": "string"}, "description": "What does not fit, part by part."},
    },
}
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})


class _Document(JsonRenderPlugin):
    """The description as JSON."""

    _rendered: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if self._rendered is None:
            self._rendered = self.render_json(request, with_errors(openapi_schema))
        return self._rendered


class _Page(OpenAPIRenderPlugin):
    """The page that shows it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        # Relative, so that it works below whatever path a proxy mounts it.
        base = "" if request.scope["raw_path"].endswith(b"/") else PATH.rpartition("/")[2] + "/"
        return _PAGE.format(base=base).encode()


@get("/assets/{name:str}", include_in_schema=False, opt={"streams": True})
async def asset(name: FromPath[str]) -> Response[bytes]:
    """A file of the page, compressed as it is stored."""
    if name not in _ASSETS:
        raise NotFound("no such file")
    content, encoding = _content(name)
    headers = {"cache-control": "public, max-age=86400", **({"content-encoding": encoding} if encoding else {})}
    return Response(content, media_type=_ASSETS[name], headers=headers)


@cache
def _content(name: str) -> tuple[bytes, str]:
    folder = files("runcast.api.reference_page")
    packed = folder / f"{name}.gz"
    return (packed.read_bytes(), "gzip") if packed.is_file() else ((folder / name).read_bytes(), "")


def documented() -> OpenAPIConfig:
    """What the app says of itself."""
    bearer = SecurityScheme(type="http", scheme="bearer", description="An API key, or a public token.")
    return OpenAPIConfig(
        title="Runcast",
        version=__version__,
        description=INTRODUCTION,
        openapi_router=Router(
            PATH,
            route_handlers=[asset],
            opt={"open": True},
            response_headers={"content-security-policy": _POLICY},
            include_in_schema=False,
        ),
        render_plugins=[_Page(path="/"), _Document()],
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        # Relative to the document: it is right below whatever path a proxy mounts it.
        servers=[Server(url="../..")],
    )


def with_errors(document: dict[str, Any]) -> dict[str, Any]:
    """The description with our errors in it, in the place of those that the framework would answer."""
    described = {**document, "paths": {path: _operations(item) for path, item in document["paths"].items()}}
    components = document.get("components", {})
    schemas = {name: _with_example(name, schema) for name, schema in components.get("schemas", {}).items()}
    described["components"] = {**components, "schemas": {**schemas, "ErrorBody": _ERROR_BODY}}
    return described


def _with_example(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "examples": [BODIES[name]]} if name in BODIES else schema


def _operations(item: dict[str, Any]) -> dict[str, Any]:
    return {name: _described(value) if name in _METHODS else value for name, value in item.items()}


def _described(operation: dict[str, Any]) -> dict[str, Any]:
    # A rest of a path is no URI, whatever the framework calls it.
    parameters = [_plain_path(parameter) for parameter in operation.get("parameters", ())]
    return _with_default({**operation, "parameters": parameters})


def _plain_path(parameter: dict[str, Any]) -> dict[str, Any]:
    if parameter.get("in") != "path":
        return parameter
    schema = {name: value for name, value in parameter["schema"].items() if name != "format"}
    return {**parameter, "schema": schema}


def _with_default(operation: dict[str, Any]) -> dict[str, Any]:
    own = {
        status: response
        for status, response in operation["responses"].items()
        if status.startswith(("2", "3")) or "ErrorBody" in str(response)
    }
    return {**operation, "responses": {**own, "default": _ERROR}}
