from marshmallow import Schema, fields, validate

from services.billing.schemas.subscriptions import OfWorkspace


class ListInvoices(OfWorkspace):
    limit = fields.Integer(required=True, strict=True, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


class NameInvoice(OfWorkspace):
    number = fields.String(required=True)


class GetDocument(NameInvoice):
    format = fields.String(required=True, validate=validate.OneOf(["pdf", "csv", "json"]))


class ListedInvoice(Schema):
    number = fields.String()
    kind = fields.String()
    corrects = fields.String(allow_none=True)
    currency = fields.String()
    total = fields.Integer()
    owed = fields.Integer()
    status = fields.String()
    issued_at = fields.DateTime()
    due_at = fields.DateTime()
    paid_at = fields.DateTime(allow_none=True)


class InvoicesAnswer(Schema):
    items = fields.List(fields.Nested(ListedInvoice))
    next_cursor = fields.String(allow_none=True)


class InvoiceAnswer(ListedInvoice):
    workspace_id = fields.String()
    issued_at = fields.String()  # type: ignore[assignment]
    due_at = fields.String()  # type: ignore[assignment]
    issuer = fields.String()
    billed_to = fields.Dict()
    decimals = fields.Integer()
    lines = fields.List(fields.Dict())
    tries = fields.Integer(allow_none=True)


class DocumentAnswer(Schema):
    content = fields.String()
    type = fields.String()
