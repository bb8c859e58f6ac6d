"""What public events say has one spelling: entries of the audit trail are hashed as canonical JSON, which fractions have no place in."""

import pytest
from marshmallow import Schema, fields

from gatehouse import registry

SPELLED = (fields.UUID, fields.String, fields.Integer, fields.Boolean, fields.AwareDateTime)
TYPES = [kind for spec in registry.specs() if hasattr(spec.application, "public") for kind in spec.application.public.types]


def spelled(field: fields.Field) -> bool:
    if isinstance(field, fields.List):
        return spelled(field.inner)
    if isinstance(field, fields.Dict):
        return field.key_field is not None and field.value_field is not None and spelled(field.key_field) and spelled(field.value_field)
    if isinstance(field, fields.Nested):
        return all_spelled(field.schema)
    return isinstance(field, SPELLED)


def all_spelled(schema: Schema) -> bool:
    return all(spelled(field) for field in schema.dump_fields.values())


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_every_value_of_a_public_event_can_be_hashed(kind):
    assert all_spelled(kind.schema)


def test_a_fraction_would_be_noticed():
    assert not all_spelled(Schema.from_dict({"price": fields.List(fields.Float())})())
