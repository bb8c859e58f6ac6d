"""The tables. ``version``, with the stream it counts in, names the event that made a row what it is."""

from services.chassis.views import Table

members = Table(
    "members",
    key=("workspace_id", "account_id"),
    columns={
        "workspace_id": "uuid NOT NULL",
        "account_id": "uuid NOT NULL",
        "role": "text NOT NULL",
        "expires_at": "timestamptz",
        "tenure": "int NOT NULL",
        "stream_id": "uuid NOT NULL",
        "version": "bigint NOT NULL",
    },
)

groups = Table(
    "groups",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "name": "text NOT NULL",
        "description": "text NOT NULL",
        "built_in": "boolean NOT NULL",
        "version": "bigint NOT NULL",
        "created_at": "timestamptz NOT NULL",
    },
    indexes=("workspace_id, name, id",),
)

# A row whose tenure is not the member's is left over from an earlier stay, and counts for nothing; so in ``rule_users``.
group_members = Table(
    "group_members",
    key=("group_id", "account_id"),
    columns={
        "group_id": "uuid NOT NULL",
        "account_id": "uuid NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "tenure": "int NOT NULL",
        "version": "bigint NOT NULL",
    },
    indexes=("workspace_id, account_id",),
)

nestings = Table(
    "nestings",
    key=("child_id", "parent_id"),
    columns={
        "child_id": "uuid NOT NULL",
        "parent_id": "uuid NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "stream_id": "uuid NOT NULL",
        "version": "bigint NOT NULL",
    },
    indexes=("workspace_id", "parent_id"),
)

rules = Table(
    "rules",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "resource_type": "text NOT NULL",
        "resource_id": "text",
        "permission": "text NOT NULL",
        "expires_at": "timestamptz",
        "version": "bigint NOT NULL",
        "created_at": "timestamptz NOT NULL",
    },
    indexes=("workspace_id, created_at, id", "workspace_id, resource_type, resource_id"),
)

rule_users = Table(
    "rule_users",
    key=("rule_id", "account_id"),
    columns={"rule_id": "uuid NOT NULL", "account_id": "uuid NOT NULL", "workspace_id": "uuid NOT NULL", "tenure": "int NOT NULL"},
    indexes=("workspace_id, account_id",),
)

rule_groups = Table(
    "rule_groups",
    key=("rule_id", "group_id"),
    columns={"rule_id": "uuid NOT NULL", "group_id": "uuid NOT NULL", "workspace_id": "uuid NOT NULL"},
    indexes=("workspace_id, group_id", "group_id"),
)

# The workspaces whose resources are closed.
suspensions = Table("suspensions", key=("workspace_id",), columns={"workspace_id": "uuid NOT NULL"})

# What holds something is a project, so its id says it all.
resources = Table(
    "resources",
    key=("workspace_id", "type", "id"),
    columns={
        "workspace_id": "uuid NOT NULL",
        "type": "text NOT NULL",
        "id": "text NOT NULL",
        "name": "text NOT NULL",
        "parent_id": "text",
        "stream_id": "uuid NOT NULL",
        "version": "bigint NOT NULL",
    },
    # None with the id behind something else: before statistics are up to date, PostgreSQL would skip through it instead of using the key.
    indexes=("workspace_id, parent_id",),
)
