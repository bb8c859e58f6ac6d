"""Text that clients merge into their configuration: read within a budget, checked, merged and told of. No I/O."""
