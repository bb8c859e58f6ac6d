from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates, validates_schema

from services.billing.money import is_currency

_AMOUNT = validate.Range(min=0, max=10**12)
_NAME = validate.Regexp(r"^[a-z][a-z0-9_]{0,39}\Z")


def _count(**more: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=10**18), load_default=None, allow_none=True, **more)


class LimitsOfPlan(Schema):
    members = _count()
    storage = _count()
    api_calls = _count()


class PriceOfUsage(Schema):
    price = fields.Integer(required=True, strict=True, validate=_AMOUNT)
    per = fields.Integer(strict=True, validate=validate.Range(min=1, max=10**18), load_default=1)
    included = fields.Integer(strict=True, validate=validate.Range(min=0, max=10**18), load_default=0)


class PlanOfVersion(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 60))
    seat_price = fields.Integer(strict=True, validate=_AMOUNT, load_default=0)
    limits = fields.Nested(LimitsOfPlan, load_default=lambda: {"members": None, "storage": None, "api_calls": None})
    usage = fields.Dict(keys=fields.String(validate=_NAME), values=fields.Nested(PriceOfUsage), load_default=dict)


class VersionOfCatalogue(Schema):
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=10**6))
    currency = fields.String(required=True)
    terms = fields.String(load_default="", validate=validate.Length(max=40))
    terms_url = fields.String(load_default="", validate=validate.Length(max=2_000))
    plans = fields.Dict(keys=fields.String(validate=_NAME), values=fields.Nested(PlanOfVersion), required=True)

    @validates("currency")
    def check_currency(self, value: str, data_key: str) -> None:
        if not is_currency(value):
            raise ValidationError("A code of ISO 4217, such as EUR.")

    @validates("plans")
    def check_default(self, value: dict[str, Any], data_key: str) -> None:
        first = next(iter(value.values()), None)
        if first is None or first["seat_price"] or first["usage"]:
            raise ValidationError("The first plan is what every workspace begins with: it must be there and cost nothing.")


class CatalogueFile(Schema):
    versions = fields.List(fields.Nested(VersionOfCatalogue), required=True, validate=validate.Length(min=1))

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        numbers = [each["version"] for each in data["versions"]]
        if numbers != sorted(set(numbers)):
            raise ValidationError("Versions are numbered upwards; the last one is sold.", "versions")
