"""What is kept here, as it is decided about; never what it says."""

from services.vault.domain.configuration import Configuration

__all__ = ["Configuration"]
