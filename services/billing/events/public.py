from services.chassis.public import PublicEvents

PUBLIC = PublicEvents("billing")
