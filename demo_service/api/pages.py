"""The pages that show the OpenAPI document to people: Swagger UI at ``/docs``, ReDoc at ``/redoc``.

FastAPI's own pages load their scripts from other hosts and carry one inline, so a strict Content-Security-Policy
breaks them, and whoever controls that host controls the page. These hold no inline script, and every file comes
from this process.
"""

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, Response

from demo_service.problems import NotFound

SWAGGER_PATH = "/docs"
REDOC_PATH = "/redoc"
ASSET_PATH = "/docs/assets/{name}"
PAGE_PATHS = (SWAGGER_PATH, REDOC_PATH, ASSET_PATH)

_ASSETS = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "redoc.standalone.js", "favicon.png"})
_STARTER = "start.js"

_SWAGGER = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
<link rel="icon" href="docs/assets/favicon.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/assets/start.js"></script>
</body>
</html>
"""

_START = """\
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  showExtensions: true,
  validatorUrl: null,
});
"""

_REDOC = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="docs/assets/favicon.png">
</head>
<body>
<redoc spec-url="openapi.json"></redoc>
<script src="docs/assets/redoc.standalone.js"></script>
</body>
</html>
"""


def pages_router(title: str) -> APIRouter:
    """The two pages and their files. They are no part of the API, so the document does not list them."""
    router = APIRouter(include_in_schema=False)
    folder = _asset_folder()

    @router.get(SWAGGER_PATH)
    async def swagger() -> HTMLResponse:
        return HTMLResponse(_SWAGGER.format(title=title))

    @router.get(REDOC_PATH)
    async def redoc() -> HTMLResponse:
        return HTMLResponse(_REDOC.format(title=title))

    @router.get(ASSET_PATH.format(name=_STARTER))
    async def starter() -> Response:
        return Response(_START, media_type="text/javascript")

    @router.get(ASSET_PATH)
    def asset(name: str) -> FileResponse:
        if name not in _ASSETS:
            raise NotFound
        return FileResponse(folder / name)

    return router


def _asset_folder() -> Path:
    """Where the package that carries the files is; importing it would run code that is not needed."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("fastapi-offline, a dependency of the service, is not installed")
    return Path(spec.origin).parent / "static"
