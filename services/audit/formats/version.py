"""What other programs are told that has written a line."""

from importlib.metadata import version

VERSION = version("gatehouse")
