from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.chassis.errors import Conflict
from services.chassis.throttle import Throttle
from services.chassis.views import Row
from services.vault import clouds, permissions
from services.vault.application.cloud_credentials import CloudCredentials, record_of
from services.vault.domain.policy import aws_grants, gcp_grants

_GRANTS = {"aws": aws_grants, "gcp": gcp_grants}


class CloudChecks(CloudCredentials):
    """Has a credential what it needs for running experiments?"""

    def setup(self) -> None:
        super().setup()
        self._checks = Throttle(self.db, "cloud-checks", timedelta(hours=1))

    def check_cloud_credential(
        self,
        *,
        credential_id: UUID,
        account_id: UUID,
        now: datetime,
        policy: Mapping[str, Any] | None = None,
        owner_id: UUID | None = None,
        workspace_id: UUID | None = None,
    ) -> Row:
        """Asks the cloud, which counts as a use; with a policy document only that is judged, and nothing opened."""
        credential = self._credential(credential_id, owner_id, workspace_id)
        if credential.provider not in _GRANTS:
            raise Conflict("no_permission_list", "which permissions are needed is known for aws and gcp only")
        needed = permissions.needed(credential.provider)
        if policy is not None:
            grants = _GRANTS[credential.provider](policy, needed)
            return {"source": "policy", "needed": needed, "missing": grants.missing, "limited": grants.limited}
        self._checks.take(str(account_id), self.settings.cloud_checks, now)
        values = self.opened(record_of(credential))
        self.save(self._used(credential, "check"))
        missing = clouds.missing(self.settings, credential.provider, values, needed)
        return {"source": "cloud", "needed": needed, "missing": missing, "limited": []}
