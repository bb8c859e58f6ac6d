"""Tables and queries, one module for each thing they are about."""
