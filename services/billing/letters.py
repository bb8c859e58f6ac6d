"""What billing writes to people."""

RENEWAL = """Hello,

the current period of your plan {plan} ends on {ends_on}. If nothing changes, {total} {currency} will be charged then:

{lines}

Change the plan or the number of seats before that day, if you like, at

{url}
"""

INVOICE = """Hello,

please find {title} {number} over {total} {currency} attached.{due}
"""
