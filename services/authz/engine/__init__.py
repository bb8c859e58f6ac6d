"""Who may do what in one workspace, worked out in memory: no I/O, no clock. What the answers mean: docs/access.md."""
