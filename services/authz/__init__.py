"""Decisions: who may do what in a workspace."""
