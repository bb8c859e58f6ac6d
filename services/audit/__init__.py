"""The journal of every public event."""
