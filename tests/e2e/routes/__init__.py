"""One request for every route that changes something: an auditor has to find them all."""

from importlib import import_module

from tests.e2e.routes.catalogue import ASKS, CHANGES, PAYING, World

__all__ = ["ASKS", "CHANGES", "PAYING", "World"]

# In this order, since some need what others made.
for _name in ("accounts", "workspaces", "access", "credentials", "secrets", "billing", "endings"):
    import_module(f"{__name__}.{_name}")
