"""``python -m tests.kit.collect_due SETTINGS NOW``: what a worker does every few seconds, once, in a process that may be killed at it."""

import json
import sys
from datetime import datetime

from services.billing.application import Billing
from services.chassis.settings import Settings

if __name__ == "__main__":
    app = Billing.connect(Settings(**json.loads(sys.argv[1])))
    app.collect_due(datetime.fromisoformat(sys.argv[2]))
    app.close()
