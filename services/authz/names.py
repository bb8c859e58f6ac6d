"""Names of groups: which are the same to the eye, and which only a built-in group may bear. And the ids of the built-in ones."""

import unicodedata
from uuid import UUID, uuid5

USERS, ADMINS, QUEUE_ADMINS = "Users", "Admins", "Queue admins"

# What the letters of other alphabets are easily taken for, in lower case; what Unicode itself calls a compatible form is not listed.
_LOOKALIKES = {
    "a": "аαɑᴀꭺꓮ",
    "b": "вβʙꮟꓐ",
    "c": "сϲᴄꮯꓚ",
    "d": "ԁᴅꭰꓓժ",
    "e": "еεєᴇꭼꓰ",
    "f": "ғϝꓝ",
    "g": "ɡցԍꓖ",
    "h": "һнհꮋꓧ",
    "i": "іιıɪꮖꓲꙇ",
    "j": "јϳᴊꭻꓙ",
    "k": "кκᴋꮶꓗ",
    "l": "ӏⅼʟꮮꓡǀ",
    "m": "мμᴍꮇꓟ",
    "n": "пηνոɴꓠ",
    "o": "оοօᴏꓳ",
    "p": "рρᴘꮲꓑ",
    "q": "ԛզǫ",
    "r": "гʀꭱꓣ",
    "s": "ѕꜱꮪꓢտ",
    "t": "тτᴛꭲꓔ",
    "u": "υսᴜꓴц",
    "v": "ѵᴠꮩꓦ",
    "w": "ԝωᴡꮃꓪա",
    "x": "хχꓫ",
    "y": "уγʏꓬү",
    "z": "ᴢꮓꓜζ",
}
_LATIN = {ord(alike.casefold()): letter for letter, others in _LOOKALIKES.items() for alike in others}
# Figures and signs stand for letters only where a built-in name is imitated: "Team 1" and "Team l" are two names.
_FIGURES = str.maketrans("0134578$@!|l", "oieastbsaiii")


def key(name: str) -> str:
    """Equal for names that nobody could tell apart at a glance: by letter case, blanks, invisible letters or other alphabets."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return " ".join(seen.translate(_LATIN).split())


def looks_built_in(name: str) -> bool:
    letters = unicodedata.normalize("NFD", key(name)).translate(_FIGURES).replace("rn", "m")
    return "".join(letter for letter in letters if letter.isalnum()) in _RESERVED


_RESERVED = {name.casefold().replace(" ", "").translate(_FIGURES) for name in (USERS, ADMINS, QUEUE_ADMINS)}


def users_id(workspace_id: UUID) -> UUID:
    return uuid5(workspace_id, "users")


def admins_id(workspace_id: UUID) -> UUID:
    return uuid5(workspace_id, "admins")


def queue_admins_id(workspace_id: UUID) -> UUID:
    return uuid5(workspace_id, "queue admins")


def built_in(workspace_id: UUID) -> dict[UUID, str]:
    """Their names by id, in the order in which they are listed."""
    return {users_id(workspace_id): USERS, admins_id(workspace_id): ADMINS, queue_admins_id(workspace_id): QUEUE_ADMINS}
