"""The public events of this service: none yet, because nothing is decided here that others have to hear of."""

from services.chassis.public import PublicEvents

PUBLIC = PublicEvents("authz")
