"""Tables beside the log: no projection fills them, no event holds what they hold."""

from services.chassis.views import Table

sealed = Table(
    "sealed",
    key=("record_id", "version"),
    columns={
        "record_id": "uuid NOT NULL",
        "version": "bigint NOT NULL",
        "owner_id": "uuid",
        "workspace_id": "uuid",
        "kind": "text NOT NULL",
        "key_id": "text NOT NULL",
        "wrapped_key": "bytea NOT NULL",
        "ciphertext": "bytea NOT NULL",
    },
    indexes=("owner_id", "workspace_id", "key_id"),
)

# Which master keys there have been; ``wrapped`` holds those that KMS unwraps.
master_keys = Table(
    "master_keys",
    key=("key_id",),
    columns={
        "key_id": "text NOT NULL",
        "wrapped": "bytea",
        "made_at": "timestamptz NOT NULL DEFAULT clock_timestamp()",
        "retired_at": "timestamptz",
    },
)
