"""Configuration vaults, cloud credentials and storage access: texts and secrets, sealed at rest."""
