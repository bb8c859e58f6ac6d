"""An index as it would be after some changes, for as long as it takes to look."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from services.authz.engine.parts import Group, Node, Rule
from services.authz.engine.state import State


class Change(NamedTuple):
    """A method of ``State`` for rules, groups or resources, and what it is called with."""

    method: str
    arguments: tuple[Any, ...]


@contextmanager
def trial(state: State, changes: Sequence[Change]) -> Iterator[None]:
    """Nobody else may look meanwhile; whatever happens, everything is as it was afterwards, down to the same objects."""
    undo: list[Callable[[], None]] = []
    try:
        for method, arguments in changes:
            undo.append(_UNDOING[method](state, *arguments))
            _hide(state, *arguments) if method == "drop_group" else getattr(state, method)(*arguments)
        yield
    finally:
        for step in reversed(undo):
            step()


def _undoing_rule(state: State, id: str, *_: object) -> Callable[[], None]:
    return partial(_restore_rule, state, id, state.rules.get(id))


def _restore_rule(state: State, id: str, rule: Rule | None) -> None:
    state.drop_rule(id)
    if rule:
        if isinstance(rule.holder, Node):
            rule.holder.kind.nodes[rule.holder.id] = rule.holder
        state.attach(rule)


def _undoing_resource(state: State, type: str, id: str, *_: object) -> Callable[[], None]:
    node = state.kinds[type].nodes.get(id)
    if node is None or not node.registered:
        return partial(state.drop_resource, type, id)
    return partial(_restore_resource, state, node, node.parent, node.event)


def _restore_resource(state: State, node: Node, parent: Node | None, event: int) -> None:
    for known in (node, parent):
        if known:
            known.kind.nodes[known.id] = known
    state.put_resource(node.kind.type, node.id, (parent.kind.type, parent.id) if parent else None, event)


def _undoing_membership(state: State, group: str, account: str, *_: object) -> Callable[[], None]:
    member, joined = state.members.get(account), state.groups.get(group)
    event = member.groups.get(joined) if member and joined else None
    return (
        partial(state.part, group, account)
        if member is None or event is None
        else partial(state.join, group, account, member.tenure, event)
    )


def _undoing_nesting(state: State, child: str, parent: str, *_: object) -> Callable[[], None]:
    inner, outer = state.groups.get(child), state.groups.get(parent)
    event = inner.parents.get(outer) if inner and outer else None
    return partial(state.unnest, child, parent) if event is None else partial(state.nest, child, parent, event)


def _undoing_group(state: State, id: str) -> Callable[[], None]:
    group = state.groups.get(id)
    return partial(_show, state, group) if group else partial(state.drop_group, id)


def _hide(state: State, id: str) -> None:
    """Deleting a group for good forgets who is in it."""
    if group := state.groups.pop(id, None):
        group.gone = True
        state.generation += 1


def _show(state: State, group: Group) -> None:
    state.groups[group.id] = group
    group.gone = False
    state.generation += 1


_UNDOING: dict[str, Callable[..., Callable[[], None]]] = {
    "put_rule": _undoing_rule,
    "drop_rule": _undoing_rule,
    "put_resource": _undoing_resource,
    "drop_resource": _undoing_resource,
    "join": _undoing_membership,
    "part": _undoing_membership,
    "nest": _undoing_nesting,
    "unnest": _undoing_nesting,
    "put_group": _undoing_group,
    "drop_group": _undoing_group,
}
