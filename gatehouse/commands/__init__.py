"""The commands that work on an installation, a group a module."""
