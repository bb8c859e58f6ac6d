"""A master key that lies wrapped in the database and that only AWS KMS can unwrap."""

from typing import Any

from services.chassis.settings import SettingError

# KMS writes it into its own log, and unwraps nothing without it.
_CONTEXT = {"purpose": "gatehouse-vault-master-key"}


class Kms:
    """Address, region and credentials come from AWS's customary variables; ``key`` is the KMS key's id, ARN or alias."""

    def __init__(self, key: str) -> None:
        self._key = key

    def generate(self) -> tuple[bytes, bytes]:
        """A new master key, and the same wrapped."""
        made = self._call("generate_data_key", KeyId=self._key, KeySpec="AES_256")
        return made["Plaintext"], made["CiphertextBlob"]

    def unwrap(self, wrapped: bytes) -> bytes:
        key: bytes = self._call("decrypt", KeyId=self._key, CiphertextBlob=wrapped)["Plaintext"]
        return key

    def _call(self, operation: str, **arguments: Any) -> Any:
        # Imported here: it costs a process that does not need it 20 MB.
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = boto3.client("kms", config=Config(connect_timeout=3, read_timeout=5, retries={"max_attempts": 2}))
            return getattr(client, operation)(EncryptionContext=_CONTEXT, **arguments)
        except (BotoCoreError, ClientError) as error:
            reason = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            raise SettingError(f"GATEHOUSE_VAULT_KMS_KEY: AWS KMS does not give the master key ({reason})") from None
