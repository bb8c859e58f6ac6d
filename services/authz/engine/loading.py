"""An index from the views: what the log has made of one workspace, without reading the log."""

from itertools import zip_longest
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow, tuple_row

from services.authz import names
from services.authz.engine.feed import place
from services.authz.engine.index import Index
from services.authz.engine.state import RuleFacts

# Each row with the position of the event that made it what it is, in the order in which things name one another.
_MEMBERS = """SELECT account_id::text, role, extract(epoch FROM expires_at)::float, tenure, e.notification_id
    FROM members v JOIN stored_events e ON e.originator_id = v.stream_id AND e.originator_version = v.version WHERE workspace_id = %s"""
_GROUPS = "SELECT id::text FROM groups WHERE workspace_id = %s"
_JOINS = """SELECT group_id::text, account_id::text, tenure, e.notification_id
    FROM group_members v JOIN stored_events e ON e.originator_id = v.group_id AND e.originator_version = v.version
    WHERE workspace_id = %s"""
_NESTINGS = """SELECT child_id::text, parent_id::text, e.notification_id
    FROM nestings v JOIN stored_events e ON e.originator_id = v.stream_id AND e.originator_version = v.version WHERE workspace_id = %s"""
_RESOURCES = """SELECT v.type, v.id, v.parent_id, e.notification_id
    FROM resources v JOIN stored_events e ON e.originator_id = v.stream_id AND e.originator_version = v.version
    WHERE workspace_id = %s ORDER BY v.type, v.id"""
_RULES = """SELECT v.id::text, resource_type, resource_id, permission, extract(epoch FROM expires_at)::float, e.notification_id,
        u.accounts, u.tenures, g.groups
    FROM rules v JOIN stored_events e ON e.originator_id = v.id AND e.originator_version = v.version
    LEFT JOIN (SELECT rule_id, array_agg(account_id::text ORDER BY account_id) AS accounts, array_agg(tenure ORDER BY account_id) AS tenures
        FROM rule_users WHERE workspace_id = %s GROUP BY rule_id) AS u ON u.rule_id = v.id
    LEFT JOIN (SELECT rule_id, array_agg(group_id::text) AS groups FROM rule_groups WHERE workspace_id = %s GROUP BY rule_id) AS g
        ON g.rule_id = v.id
    WHERE v.workspace_id = %s"""
_SUSPENDED = "SELECT 1 FROM suspensions WHERE workspace_id = %s"
_PAGE = 5_000


def load(connection: Connection[DictRow], workspace_id: UUID) -> Index:
    """Within the caller's transaction, whose statements must all see one moment."""
    index = Index(*(str(id) for id in names.built_in(workspace_id)))
    for statement, put in ((_MEMBERS, index.admit), (_GROUPS, index.put_group), (_JOINS, index.join), (_NESTINGS, index.nest)):
        for row in _rows(connection, statement, workspace_id):
            put(*row)
    for type, id, parent, position in _rows(connection, _RESOURCES, workspace_id):
        index.put_resource(type, id, place(parent), position)
    for id, *said, position, accounts, tenures, groups in _rows(connection, _RULES, workspace_id, workspace_id, workspace_id):
        type, name, permission, until = said
        users = list(zip_longest(accounts or (), tenures or ()))
        index.put_rule(id, RuleFacts(type, name, permission, users, groups or (), until, position))
    index.suspended = any(_rows(connection, _SUSPENDED, workspace_id))
    return index


def _rows(connection: Connection[DictRow], statement: str, *params: Any) -> Any:
    """Through a cursor of the server's, so that a large workspace is not held twice."""
    with connection.cursor(name="loading", row_factory=tuple_row) as cursor:
        cursor.itersize = _PAGE
        cursor.execute(statement.encode(), params)
        yield from cursor
