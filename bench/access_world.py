"""One world for every engine: who is in which group, which task lies in which project, which group may modify which project."""

from dataclasses import dataclass
from random import Random
from uuid import UUID

from services.authz.engine.index import Index
from services.authz.engine.state import RuleFacts

GROUPS, USERS, PROJECTS, TASKS = 1_000, 10_000, 10_000, 100_000
_GROUPS_A_USER = 3
_TASKS_A_PROJECT = TASKS // PROJECTS
_SEED = 7
Question = tuple[int, int, bool]


@dataclass(frozen=True)
class World:
    """Numbers only; each engine gives them names of its own. Half the questions (user, task, answer) are about what some rule allows."""

    groups_of: list[list[int]]
    project_of: list[int]
    rules: list[tuple[int, int]]
    questions: list[Question]


def world(rules: int, questions: int = 20_000) -> World:
    random = Random(_SEED)
    groups_of = [random.sample(range(GROUPS), _GROUPS_A_USER) for _ in range(USERS)]
    chosen: set[tuple[int, int]] = set()
    while len(chosen) < rules:
        chosen.add((random.randrange(GROUPS), random.randrange(PROJECTS)))
    shuffled = sorted(chosen)
    random.shuffle(shuffled)
    members: list[list[int]] = [[] for _ in range(GROUPS)]
    for user, groups in enumerate(groups_of):
        for group in groups:
            members[group].append(user)
    asked = [_allowed(random, shuffled, members) if number % 2 else _any(random, chosen, groups_of) for number in range(questions)]
    return World(groups_of, [task // _TASKS_A_PROJECT for task in range(TASKS)], shuffled, asked)


def _allowed(random: Random, rules: list[tuple[int, int]], members: list[list[int]]) -> Question:
    group, project = random.choice(rules)
    return random.choice(members[group]), project * _TASKS_A_PROJECT + random.randrange(_TASKS_A_PROJECT), True


def _any(random: Random, rules: set[tuple[int, int]], groups_of: list[list[int]]) -> Question:
    user, task = random.randrange(USERS), random.randrange(TASKS)
    return user, task, any((group, task // _TASKS_A_PROJECT) in rules for group in groups_of[user])


def name(number: int) -> str:
    return str(UUID(int=number))


def populated(world: World) -> Index:
    """Members, groups and resources. All are viewers, so that what no rule gives is denied in open projects too."""
    index = Index(users="users", admins="admins", queue_admins="queue admins")
    for group in range(GROUPS):
        index.put_group(name(group))
    for user, groups in enumerate(world.groups_of):
        index.admit(name(user), "viewer", None, 1, user)
        for group in groups:
            index.join(name(group), name(user), 1, user)
    for project in range(PROJECTS):
        index.put_resource("project", name(project), None, project)
    for task, project in enumerate(world.project_of):
        index.put_resource("task", name(task), ("project", name(project)), task)
    return index


def ruled(index: Index, world: World) -> Index:
    names = [name(number) for number in range(max(GROUPS, PROJECTS))]
    for number, (group, project) in enumerate(world.rules):
        index.put_rule(name(number), RuleFacts("project", names[project], "modify", (), (names[group],), None, number))
    return index
