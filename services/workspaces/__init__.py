"""Workspaces, their members and roles, invitations and notices."""
