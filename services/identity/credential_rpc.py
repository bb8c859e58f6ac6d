"""Identity's entrypoints about tokens and key pairs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.chassis.rpc import rpc
from services.chassis.schemas import made
from services.identity import credential_schemas as schemas
from services.identity.application import Identity

Payload = dict[str, Any]


class CredentialCalls:
    app: Identity
    clock: Callable[[], datetime]

    @rpc
    def create_token(self, payload: Payload) -> Payload:
        command = made(schemas.CreateToken).load(payload)
        return made(schemas.NewTokenAnswer).dump(self.app.create_token(**command, now=self.clock()))

    @rpc
    def regenerate_token(self, payload: Payload) -> Payload:
        command = made(schemas.NameToken).load(payload)
        return made(schemas.NewTokenAnswer).dump(self.app.regenerate_token(**command, now=self.clock()))

    @rpc
    def revoke_token(self, payload: Payload) -> Payload:
        self.app.revoke_token(**made(schemas.NameToken).load(payload))
        return {}

    @rpc
    def list_tokens(self, payload: Payload) -> Payload:
        query = made(schemas.ListTokens).load(payload)
        return made(schemas.TokensAnswer).dump(self.app.credentials.tokens(**query))

    @rpc
    def authenticate_token(self, payload: Payload) -> Payload:
        query = made(schemas.AuthenticateToken).load(payload)
        return made(schemas.TokenPrincipal).dump(self.app.credentials.token(**query, now=self.clock()))

    @rpc
    def create_key_pair(self, payload: Payload) -> Payload:
        command = made(schemas.CreateKeyPair).load(payload)
        return made(schemas.NewKeyPairAnswer).dump(self.app.create_key_pair(**command, now=self.clock()))

    @rpc
    def label_key_pair(self, payload: Payload) -> Payload:
        return made(schemas.KeyPairAnswer).dump(self.app.label_key_pair(**made(schemas.LabelKeyPair).load(payload)))

    @rpc
    def revoke_key_pair(self, payload: Payload) -> Payload:
        return made(schemas.RevokedAnswer).dump(self.app.revoke_key_pair(**made(schemas.NameKeyPair).load(payload)))

    @rpc
    def list_key_pairs(self, payload: Payload) -> Payload:
        query = made(schemas.ListKeyPairs).load(payload)
        return made(schemas.KeyPairsAnswer).dump(self.app.credentials.key_pairs(**query))

    @rpc
    def authenticate_key_pair(self, payload: Payload) -> Payload:
        query = made(schemas.AuthenticateKeyPair).load(payload)
        return made(schemas.KeyPairPrincipal).dump(self.app.credentials.key_pair(**query, now=self.clock()))

    @rpc
    def credential(self, payload: Payload) -> Payload:
        query = made(schemas.NameCredential).load(payload)
        return made(schemas.TokenPrincipal).dump(self.app.credential(**query, now=self.clock()))

    @rpc
    def start_device(self, payload: Payload) -> Payload:
        command = made(schemas.StartDevice).load(payload)
        return made(schemas.StartedDevice).dump(self.app.start_device(**command, now=self.clock()))

    @rpc
    def device(self, payload: Payload) -> Payload:
        query = made(schemas.NameDevice).load(payload)
        return made(schemas.DeviceAnswer).dump(self.app.device(**query, now=self.clock()))

    @rpc
    def answer_device(self, payload: Payload) -> Payload:
        command = made(schemas.AnswerDevice).load(payload)
        return made(schemas.DeviceAnswer).dump(self.app.answer_device(**command, now=self.clock()))

    @rpc
    def redeem_device(self, payload: Payload) -> Payload:
        command = made(schemas.RedeemDevice).load(payload)
        return made(schemas.RedeemedDevice).dump(self.app.redeem_device(**command, now=self.clock()))

    @rpc
    def issue_jwt(self, payload: Payload) -> Payload:
        command = made(schemas.IssueJwt).load(payload)
        return made(schemas.JwtAnswer).dump(self.app.issue_jwt(**command, now=self.clock()))

    @rpc
    def revoke_jwt(self, payload: Payload) -> Payload:
        self.app.revoke_jwt(**made(schemas.RevokeJwt).load(payload), now=self.clock())
        return {}

    @rpc
    def jwks(self, payload: Payload) -> Payload:
        """Public keys only."""
        return self.app.jwks(self.clock())

    @rpc
    def note_uses(self, payload: Payload) -> Payload:
        self.app.note_uses(**made(schemas.NoteUses).load(payload))
        return {}
