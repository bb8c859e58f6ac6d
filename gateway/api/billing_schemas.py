"""Plans, subscriptions and invoices as they are sent and answered. Amounts are integers of the currency's smallest unit."""

from marshmallow import Schema, fields, validate

from gateway.api.schemas import Time


class Limits(Schema):
    members = fields.Integer(allow_none=True, metadata={"description": "members and pending invitations; null: no limit"})
    storage = fields.Integer(allow_none=True, metadata={"description": "bytes"})
    api_calls = fields.Integer(allow_none=True, metadata={"description": "a period"})


class UsagePrice(Schema):
    price = fields.Integer(required=True)
    per = fields.Integer(required=True, metadata={"description": "units that this is the price of"})
    included = fields.Integer(required=True, metadata={"description": "units of a period that cost nothing"})


class Plan(Schema):
    plan = fields.String(required=True)
    name = fields.String(required=True)
    currency = fields.String(required=True)
    seat_price = fields.Integer(required=True, metadata={"description": "a seat and period"})
    limits = fields.Nested(Limits, required=True)
    usage = fields.Dict(keys=fields.String(), values=fields.Nested(UsagePrice), required=True)


class Plans(Schema):
    items = fields.List(fields.Nested(Plan), required=True, metadata={"description": "upwards"})
    next_cursor = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True, metadata={"description": "of the catalogue"})
    terms_version = fields.String(required=True, allow_none=True, metadata={"description": "what a buyer has to accept"})
    terms_url = fields.String(required=True, allow_none=True)


class Period(Schema):
    starts_on = fields.String(required=True)
    ends_on = fields.String(required=True, metadata={"description": "the first day of the next period"})
    ends_at = Time(required=True)


class Planned(Schema):
    plan = fields.String(required=True)
    seats = fields.Integer(required=True, allow_none=True)


class Subscription(Schema):
    plan = fields.String(required=True)
    catalogue_version = fields.Integer(required=True)
    seats = fields.Integer(required=True, allow_none=True, metadata={"description": "null where a plan has no price a seat"})
    seats_used = fields.Integer(required=True, metadata={"description": "members and pending invitations"})
    period = fields.Nested(Period, required=True)
    time_zone = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["active", "past_due", "closed", "ended"]})
    grace_until = Time(required=True, allow_none=True)
    limits = fields.Nested(Limits, required=True)
    currency = fields.String(required=True)
    credit = fields.Integer(required=True, metadata={"description": "pays for what comes next"})
    terms_version = fields.String(required=True, allow_none=True, metadata={"description": "that was accepted last"})
    planned = fields.Nested(Planned, required=True, allow_none=True, metadata={"description": "from the next period on"})


class Line(Schema):
    """What of it there is depends on the kind."""

    kind = fields.String(required=True, metadata={"enum": ["seats", "usage", "credit", "correction"]})
    amount = fields.Integer(required=True)
    plan = fields.String()
    metric = fields.String()
    quantity = fields.Integer()
    included = fields.Integer()
    unit_price = fields.Integer()
    per = fields.Integer()
    days = fields.Integer()
    of_days = fields.Integer()
    starts_on = fields.String()
    ends_on = fields.String()
    reason = fields.String()


class InvoiceLine(Line):
    description = fields.String(required=True)
    events = fields.List(fields.String(), required=True, metadata={"description": "ids of the events it comes from"})


class SubscriptionChange(Schema):
    plan = fields.String(validate=validate.Length(1, 40))
    seats = fields.Integer(strict=True, validate=validate.Range(1, 1_000_000))
    accept_terms_version = fields.String(validate=validate.Length(1, 40))
    time_zone = fields.String(
        validate=validate.Length(1, 64), metadata={"description": "whose midnights begin periods; when a plan is bought"}
    )


class ChangeQuery(Schema):
    dry_run = fields.Boolean(load_default=False, truthy={"true"}, falsy={"false"}, metadata={"description": "change nothing"})


class ChangedSubscription(Subscription):
    lines = fields.List(fields.Nested(Line), required=True, metadata={"description": "what is charged for it at once"})
    total = fields.Integer(required=True)
    invoice = fields.String(required=True, allow_none=True, metadata={"description": "its number"})


class Charges(Schema):
    """The invoice at the end of the period, if nothing changes."""

    plan = fields.String(required=True)
    currency = fields.String(required=True)
    lines = fields.List(fields.Nested(Line), required=True)
    total = fields.Integer(required=True)
    credit = fields.Integer(required=True, metadata={"description": "that will be left"})
    ends_on = fields.String(required=True)
    ends_at = Time(required=True)


class Contact(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 200))
    email = fields.String(required=True, validate=validate.Length(3, 254), metadata={"format": "email"})
    address = fields.String(validate=validate.Length(max=500))
    country = fields.String(validate=validate.Length(max=2), metadata={"description": "ISO 3166, such as DE"})
    tax_id = fields.String(validate=validate.Length(max=40))


class BillingInfo(Schema):
    """Empty where nobody has given any."""

    name = fields.String()
    email = fields.String()
    address = fields.String()
    country = fields.String()
    tax_id = fields.String()


class ListedInvoice(Schema):
    number = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": ["invoice", "credit_note"]})
    corrects = fields.String(required=True, allow_none=True)
    currency = fields.String(required=True)
    total = fields.Integer(required=True)
    owed = fields.Integer(required=True, metadata={"description": "what no credit note took back"})
    status = fields.String(required=True, metadata={"enum": ["open", "past_due", "paid", "credited", "issued"]})
    issued_at = Time(required=True)
    due_at = Time(required=True)
    paid_at = Time(required=True, allow_none=True)


class Invoice(ListedInvoice):
    workspace_id = fields.String(required=True)
    issuer = fields.String(required=True)
    billed_to = fields.Nested(BillingInfo, required=True)
    decimals = fields.Integer(required=True, metadata={"description": "places that the smallest unit of the currency takes"})
    lines = fields.List(fields.Nested(InvoiceLine), required=True)
    tries = fields.Integer(required=True, allow_none=True, metadata={"description": "to be paid, after the first that failed"})
