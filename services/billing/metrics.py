"""What billing counts beside what the chassis does."""

from prometheus_client import Counter

tries = Counter("gatehouse_payment_tries", "Tries to have an invoice paid that have come to an end", ["outcome"])
unanswered = Counter("gatehouse_payment_provider_unanswered", "Rounds of payments that ended because the provider was away or refused us")
