"""What a person can choose about the products, and what holds until they do."""

from typing import Any

DEFAULTS: dict[str, Any] = {
    "show_hidden_projects": False,
    "hide_examples": False,
    "hidpi_scale_override": True,
    "hide_pro_tips": False,
    "hidden_container_arguments": ["CLEARML_API_SECRET_KEY", "CLEARML_AGENT_GIT_PASS", "AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_KEY"],
    "share_telemetry": False,
}


def complete(chosen: dict[str, Any] | None) -> dict[str, Any]:
    """Also when they were stored before there was one more."""
    return DEFAULTS | (chosen or {})
