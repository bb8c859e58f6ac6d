"""The entrypoints of this service, one module for each thing they are about."""
