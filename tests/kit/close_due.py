"""Closes what is due, in a process of its own that a test may have killed: ``python -m tests.kit.close_due SETTINGS TIME``."""

import json
import sys
from datetime import datetime

from services.billing.application import Billing
from services.chassis.settings import Settings

if __name__ == "__main__":
    app = Billing.connect(Settings(**json.loads(sys.argv[1])))
    app.close_due(datetime.fromisoformat(sys.argv[2]))
    app.close()
