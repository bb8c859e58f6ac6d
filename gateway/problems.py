"""Every refusal as a problem document (RFC 9457)."""

import json
import logging
import re
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES

from gateway.calls import REFUSAL, correlation_id
from gateway.etags import tag
from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import ServiceError, Unauthenticated

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
DETAILS = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not know that method; the Allow header lists those it knows.",
    413: "The body is larger than this server accepts.",
    414: "The address is too long.",
    415: "Send the body as application/json.",
}


def problem(
    status: int, code: str, detail: str = "", *, title: str = "", errors: Any = None, headers: Any = None, more: Any = None
) -> Response:
    body = {
        "type": f"urn:gatehouse:problem:{code}",
        "title": title or HTTP_STATUS_CODES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = errors
    body |= more or {}
    return Response(json.dumps(body | {"trace_id": correlation_id()}), status, headers, content_type=MEDIA_TYPE)


def refused(error: ServiceError) -> Response:
    request.environ[REFUSAL] = error.code
    fields, headers = dict(error.fields), {}
    # A limit that waiting does not lift, a plan's for one, names no time.
    if error.status == 503 or "retry_after" in fields:
        headers["Retry-After"] = str(max(1, round(fields.pop("retry_after", 1))))
    if error.status == 412 and "etag" in fields:
        headers["ETag"] = tag(fields.pop("etag"))
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if error.status == 500:
        return internal(error)
    return problem(error.status, error.code, error.detail, title=error.title, errors=fields, headers=headers)


def http(error: HTTPException) -> Response:
    """Flask's and Werkzeug's own refusals: unknown address, wrong method, body too large and the like."""
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    headers = [(name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")]
    if isinstance(error, RequestEntityTooLarge):
        return problem(413, "body_too_large", DETAILS[413])
    return problem(status, re.sub(r"\W+", "_", error.name.lower()), DETAILS.get(status, ""), headers=headers)


def internal(error: Exception) -> Response:
    """The log gets all of it, the client nothing."""
    with context.use(CallContext(correlation_id=correlation_id())):
        log.error("%s %s failed", request.method, request.url_rule, exc_info=error)
    return problem(500, "internal", "Something went wrong here. The trace_id finds it in the log.", title="Internal error")


def register(app: Flask) -> None:
    app.register_error_handler(ServiceError, refused)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, internal)
