"""Plans, seats, charges and invoices of workspaces; money is opt-in, and can be recounted from the log."""
