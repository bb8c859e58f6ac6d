"""What identity writes to people."""

VERIFY = """Hello,

somebody, you we hope, wants to use this address for the Gatehouse account "{username}". Confirm that it is yours:

{url}/verify-email?token={token}

Or paste this where you are asked for it:

{token}

It works once, until {expires_at:%d %B %Y, %H:%M} UTC. If "{username}" is not your account, do nothing: unless you confirm,
nobody can sign in with your address.
"""

RESET = """Hello,

somebody, you we hope, asked to reset the password of the Gatehouse account "{username}". Choose a new one here:

{url}/reset-password?token={token}

Or paste this where you are asked for it:

{token}

It works once, until {expires_at:%d %B %Y, %H:%M} UTC, and ends every session of the account.
If you did not ask, do nothing: the password stays as it is.
"""

TOLD_OF_CHANGE = """Hello,

the password of your Gatehouse account "{username}" was changed, and every other session ended.

If it was not you, reset it at once:

{url}/reset-password
"""

TOLD_OF_PRIMARY = """Hello,

mail for the Gatehouse account "{username}" goes to another address from now on.
You read this because you have the one from before or the new one.

If it was not you, change your password at once:

{url}/reset-password
"""

EXPIRES_SOON = """Hello,

{credential} of your Gatehouse account "{username}" expires on {expires_at:%d %B %Y, %H:%M} UTC.

Whatever uses it is refused from then on. If you still need it, make another one before, at {url},
and give that to your programs; if not, do nothing.
"""
