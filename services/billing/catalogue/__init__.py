"""The plans that are sold, in versions. The file belongs to the operator; without one there is a single plan without limits or prices."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml
from marshmallow import ValidationError

from services.billing.catalogue.schema import CatalogueFile
from services.billing.domain.offer import Limits, Offer, UsagePrice
from services.chassis.schemas import made
from services.chassis.settings import SettingError

EXAMPLE = Path(__file__).parent / "plans.yaml"
SELF_HOSTED = Offer(plan="self_hosted", name="Self-hosted", rank=0, version=0, currency="USD")


@dataclass(frozen=True, slots=True)
class Version:
    """``terms``: which version of the terms whoever buys has to accept; empty: none."""

    number: int
    terms: str
    terms_url: str
    offers: Sequence[Offer]

    @property
    def default(self) -> Offer:
        return self.offers[0]

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps([offer.to_dict() for offer in self.offers], sort_keys=True).encode()).hexdigest()

    def find(self, plan: str) -> Offer | None:
        return next((offer for offer in self.offers if offer.plan == plan), None)


@dataclass(frozen=True, slots=True)
class Catalogue:
    versions: Sequence[Version]

    @property
    def current(self) -> Version:
        return self.versions[-1]

    @property
    def sells(self) -> bool:
        """False for the one without a file: there is nothing to subscribe to."""
        return bool(self.current.number)

    def version(self, number: int) -> Version | None:
        return next((version for version in self.versions if version.number == number), None)

    def offer(self, plan: str, currency: str | None = None) -> Offer | None:
        """The newest, in that currency if one is named."""
        if currency is None:
            return self.current.find(plan)
        offers = (version.find(plan) for version in reversed(self.versions))
        return next((offer for offer in offers if offer and offer.currency == currency), None)

    @classmethod
    def load(cls, file: str) -> Self:
        """Raises SettingError with one line that says what is wrong with the file."""
        if not file:
            return cls([Version(0, "", "", [SELF_HOSTED])])
        try:
            said = made(CatalogueFile).load(yaml.safe_load(Path(file).read_text()))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SettingError(f"GATEHOUSE_PLANS_FILE cannot be read: {str(error).splitlines()[0]}") from None
        except ValidationError as error:
            raise SettingError(f"GATEHOUSE_PLANS_FILE: {json.dumps(error.normalized_messages())}") from None  # type: ignore[no-untyped-call]
        return cls([_version(each) for each in said["versions"]])


def _version(said: dict[str, Any]) -> Version:
    offers = [_offer(plan, rank, said, told) for rank, (plan, told) in enumerate(said["plans"].items())]
    return Version(said["version"], said["terms"], said["terms_url"], offers)


def _offer(plan: str, rank: int, version: dict[str, Any], said: dict[str, Any]) -> Offer:
    return Offer(
        plan=plan,
        name=said["name"],
        rank=rank,
        version=version["version"],
        currency=version["currency"],
        seat_price=said["seat_price"],
        limits=Limits(**said["limits"]),
        usage={metric: UsagePrice(**price) for metric, price in said["usage"].items()},
    )
