"""The installation that a command works on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatehouse.admin import Installation


@contextmanager
def opened() -> Iterator["Installation"]:
    """The one that the environment names. Imported here: whoever only asks for help need not wait for it."""
    from gatehouse import admin

    with admin.opened(os.environ) as installation:
        yield installation
