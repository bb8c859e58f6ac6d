"""The HTTP side: request to command, answer to JSON, refusal to status. No rules live here."""
