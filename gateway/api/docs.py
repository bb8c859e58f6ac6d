"""/openapi.json, and Swagger UI at /docs from files that came with the installation."""

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, current_app, send_from_directory
from werkzeug.exceptions import NotFound

from gateway.permissions import public, requires

blp = Blueprint("docs", __name__)

FILES = Path(flask_swagger_ui.__file__).parent / "dist"
SHOWN = {"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"}
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'"
PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Gatehouse API</title>
  <link rel="stylesheet" href="/docs/swagger-ui.css">
  <link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
  <div id="ui"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
"""
START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null});\n'


@blp.get("/openapi.json")
@requires(public)
def openapi() -> Response:
    return Response(current_app.extensions["gatehouse.openapi"](), mimetype="application/json")


@blp.get("/docs")
@requires(public)
def page() -> Response:
    return Response(PAGE, mimetype="text/html", headers={"Content-Security-Policy": POLICY})


@blp.get("/docs/<name>")
@requires(public)
def file(name: str) -> Response:
    if name == "start.js":
        return Response(START, mimetype="text/javascript")
    if name not in SHOWN:
        raise NotFound
    return send_from_directory(FILES, name, max_age=3600)
