"""Puts the services together and is the command line."""

import os

# Read by eventlet when it is first imported, by whichever module: see services/chassis/greennames.py.
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
