"""Servers of the standard library, in a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer

# Seconds between two looks whether to end: half a second otherwise, for which every test would wait.
_LOOK = 0.02


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """Until the block ends; then the server is closed as well."""
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
