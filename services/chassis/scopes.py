"""What a credential may be good for. A session is good for everything; tokens and key pairs name their scopes."""

ACCOUNT = "account"
WORKSPACES = "workspaces"
EXPERIMENTS = "experiments"
DATASETS = "datasets"
MODELS = "models"
SECRETS = "secrets"
# To report what workspaces use; of worth to operators only.
USAGE = "usage"

SCOPES = (ACCOUNT, WORKSPACES, EXPERIMENTS, DATASETS, MODELS, SECRETS, USAGE)
# What DVC and its relatives ask for, and get where they ask for nothing.
STUDIO = (EXPERIMENTS, DATASETS, MODELS)
# A key pair works for a workspace, never on the account of its maker.
KEY_PAIR = (WORKSPACES, EXPERIMENTS, DATASETS, MODELS, SECRETS)
