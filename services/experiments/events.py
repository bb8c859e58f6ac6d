"""The public events of this service: none, because reports change nothing that others have to hear of."""

from services.chassis.public import PublicEvents

PUBLIC = PublicEvents("experiments")
