"""Every command and every answer of this service, one module for each thing they are about."""
