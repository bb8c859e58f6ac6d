import secrets
from contextlib import nullcontext
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID, uuid4

from services.chassis import context, tokens
from services.chassis.domain import Personal
from services.chassis.errors import InvalidInput, NotFound
from services.chassis.scopes import STUDIO
from services.chassis.throttle import Throttle, client
from services.identity.application.shared import Answer
from services.identity.application.tokens import Tokens
from services.identity.domain import AccessToken, Account, DeviceAuthorization
from services.identity.domain.device import APPROVED, DENIED

# No vowels, so that no code is a word; nothing that looks like a digit (RFC 8628, 6.1).
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 8
_INTERVAL = 5
_WINDOW = timedelta(minutes=15)


class Devices(Tokens):
    def setup(self) -> None:
        super().setup()
        self._asked = Throttle(self.db, "device-asked", _WINDOW)
        self._guessed = Throttle(self.db, "device-guessed", _WINDOW)

    def start_device(
        self,
        *,
        client_name: str,
        now: datetime,
        token_name: str = "",
        scopes: list[str] | None = None,
        token_days: int | None = None,
        workspaces: list[str] | None = None,
    ) -> Answer:
        self._asked.take(client(), self.settings.device_requests, now)
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        id = self._device_id(user_code)
        asked = DeviceAuthorization(
            id=id,
            client_name=client_name,
            token_name=Personal(id, token_name or f"{client_name} {now:%Y-%m-%d %H:%M}"),
            scopes=scopes or list(STUDIO),
            ip=context.current().ip,
            expires_at=now + timedelta(minutes=self.settings.device_minutes),
            token_days=token_days,
            workspaces=workspaces or [],
        )
        asked.begin()
        self.save(asked)
        return {
            "device_code": f"{asked.id.hex}.{self._device_secret(asked.id)}",
            "user_code": user_code,
            "token_name": asked.token_name.value,
            "expires_in": self.settings.device_minutes * 60,
            "interval": _INTERVAL,
        }

    def device(self, *, account_id: UUID, user_code: str, now: datetime) -> Answer:
        return self._described(self._by_user_code(account_id, user_code, now))

    def answer_device(
        self,
        *,
        account_id: UUID,
        user_code: str,
        approve: bool,
        now: datetime,
        scopes: list[str] | None = None,
        workspace_ids: list[UUID] | None = None,
    ) -> Answer:
        found = self._by_user_code(account_id, user_code, now)
        if approve:
            epoch = self._maker(account_id).credential_epoch
            found.approve(account_id, scopes or found.scopes, workspace_ids, epoch, now)
        else:
            found.deny(account_id, now)
        described = self._described(found)
        self._save_answered(found) if found.state == DENIED else self.save(found)
        return described

    def redeem_device(self, *, device_code: str, now: datetime) -> Answer:
        """The token, once. Otherwise InvalidInput with the code of RFC 8628: authorization_pending, access_denied or expired_token."""
        asked = self._by_device_code(device_code)
        if asked is None or now >= asked.expires_at or asked.state not in (APPROVED, DENIED, "pending"):
            raise InvalidInput("expired_token", "This code is not known, was used, or is too old. Start again.")
        if asked.state == DENIED:
            raise InvalidInput("access_denied", "The request was denied.")
        if asked.state != APPROVED or asked.account_id is None:
            raise InvalidInput("authorization_pending", "Nobody has answered yet.")
        account = self.load(Account, asked.account_id)
        if not account.believes(asked.epoch):
            raise InvalidInput("expired_token", "Whoever approved this is gone, or has revoked it since. Start again.")
        secret = tokens.new(tokens.STUDIO)
        token = self._issued(
            secret,
            id=uuid4(),
            account_id=asked.account_id,
            kind="named",
            name=asked.token_name.value or "",
            scopes=asked.scopes,
            workspace_ids=asked.workspace_ids,
            expires_at=None if asked.token_days is None else now + timedelta(days=asked.token_days),
            epoch=account.credential_epoch,
        )
        asked.redeem(token.id)
        name = asked.token_name.value
        self._save_answered(asked, token)
        return {"token": secret, "scopes": token.scopes, "token_name": name, "expires_at": token.expires_at}

    def _save_answered(self, asked: DeviceAuthorization, token: AccessToken | None = None) -> None:
        with self.db.transaction() if self.db else nullcontext():
            self.save(asked, token)
            self.forget(asked.id)

    def _by_user_code(self, account_id: UUID, user_code: str, now: datetime) -> DeviceAuthorization:
        """Codes are short: whoever guesses has few guesses."""
        self._guessed.take(str(account_id), self.settings.device_guesses, now)
        found = self.find(DeviceAuthorization, self._device_id(user_code))
        if found is None or now >= found.expires_at:
            raise NotFound("device_code_not_found", "there is no such code, or it is too old: start again on the device")
        self._guessed.give_back(str(account_id), now)
        return found

    def _by_device_code(self, device_code: str) -> DeviceAuthorization | None:
        id, _, secret = device_code.partition(".")
        try:
            device_id = UUID(hex=id)
        except ValueError:
            return None
        if not compare_digest(secret.encode(), self._device_secret(device_id).encode()):
            return None
        return self.find(DeviceAuthorization, device_id)

    def _device_id(self, user_code: str) -> UUID:
        """Of what people type, only the letters count: neither their case nor the hyphen that some clients add."""
        return self.keys.blind_id("user-code", "".join(letter for letter in user_code.upper() if letter.isalpha()))

    def _device_secret(self, id: UUID) -> str:
        return self.keys.sign("device-code", id.hex)

    def _described(self, asked: DeviceAuthorization) -> Answer:
        return {
            "client_name": asked.client_name,
            "token_name": asked.token_name.value,
            "scopes": asked.scopes,
            "ip": asked.ip,
            "state": asked.state,
            "requested_at": asked.created_on,
            "expires_at": asked.expires_at,
            "token_days": asked.token_days,
            "workspaces": asked.workspaces,
        }
