import base64
import hashlib
from typing import Any
from uuid import UUID

from services.identity import pictures, preferences, usernames
from services.identity.application.shared import Answer, Shared, described
from services.identity.domain import Picture, Username


class Profile(Shared):
    def change_profile(self, *, account_id: UUID, username: str | None = None, **names: str) -> Answer:
        account = self._account(account_id)
        holders: list[Username] = []
        if username is not None:
            former = account.username.value
            if usernames.key(username) != usernames.key(former):
                holder = self._opened(Username, self._username_id(username))
                holder.take(account.id)
                free = self.load(Username, self._username_id(former))
                free.release(account.id)
                holders = [holder, free]
            names["username"] = username
        account.change_profile(**names)
        self.save(account, *holders)
        return described(account, self._addresses(account))

    def put_picture(self, *, account_id: UUID, image: str) -> Answer:
        """``image`` is in base64, and anything at all until it has been looked at."""
        account = self._account(account_id)
        data = pictures.cleaned(base64.b64decode(image), self.settings.picture_bytes)
        account.change_picture(hashlib.sha256(data).hexdigest()[:16])
        if account.pending_events:
            picture = self.find(Picture, Picture.create_id(account.id)) or Picture(account_id=account.id)
            picture.replace(base64.b64encode(data).decode())
            self.save(account, picture)
        return described(account, self._addresses(account))

    def delete_picture(self, *, account_id: UUID) -> None:
        account = self._account(account_id)
        if account.picture is not None:
            picture = self.load(Picture, Picture.create_id(account.id))
            account.change_picture(None)
            picture.remove()
            self.save(account, picture)

    def change_preferences(self, *, account_id: UUID, **changes: Any) -> Answer:
        account = self._account(account_id)
        known = preferences.complete(account.preferences.value if account.preferences else None)
        names = [name for name, value in changes.items() if known[name] != value]
        wanted = known | changes
        if names:
            account.change_preferences(wanted, names, len(wanted["hidden_container_arguments"]))
            self.save(account)
        return wanted
