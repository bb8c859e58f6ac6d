"""Accounts, e-mail addresses, passwords and sessions."""
