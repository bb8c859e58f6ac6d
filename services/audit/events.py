"""The public events of this service: none, it only listens."""

from services.chassis.public import PublicEvents

PUBLIC = PublicEvents("audit")
