"""What the JWTs made from key pairs look like: agreed between identity, which signs them, and the gateway, which checks them."""

import warnings

# RFC 9864 would have it called Ed25519; the clients that are out there know it by its former name.
ALGORITHM = "EdDSA"
AUDIENCE = "gatehouse"
# RFC 9068: nothing else that is signed may pass for an access token.
TYPE = "at+jwt"

warnings.filterwarnings("ignore", message="EdDSA is deprecated", module="joserfc")
