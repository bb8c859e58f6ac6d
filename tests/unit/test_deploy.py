"""What lies in deploy/ against the code it runs."""

import os
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from gatehouse import registry
from gatehouse.cli import cli
from services.chassis.settings import Settings, variable

DEPLOY = Path(__file__).parents[2] / "deploy"
BASE = DEPLOY / "k8s" / "base"
FILES = sorted((DEPLOY / "k8s").rglob("*.yaml"))
KUSTOMIZATIONS = [path for path in FILES if path.name == "kustomization.yaml"]
SETTINGS = {variable(setting.name) for setting in fields(Settings) if setting.metadata["help"]}


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def containers() -> Iterator[dict[str, Any]]:
    for path in set(FILES) - set(KUSTOMIZATIONS):
        for document in documents(path):
            pod = document.get("spec", {}).get("template", {}).get("spec", {})
            yield from pod.get("initContainers", []) + pod.get("containers", [])


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_everything_a_kustomization_names_is_there(path: Path) -> None:
    [found] = documents(path)
    named = found["resources"] + [patch["path"] for patch in found.get("patches", []) if "path" in patch]
    for name in named:
        target = path.parent / name
        assert target.is_file() or (target / "kustomization.yaml").is_file(), name


def test_no_manifest_is_left_out() -> None:
    used = {DEPLOY / "k8s" / "overlays" / name / "kustomization.yaml" for name in ("small", "ha")}
    for path in KUSTOMIZATIONS:
        [found] = documents(path)
        names = found["resources"] + [patch["path"] for patch in found.get("patches", []) if "path" in patch]
        targets = [Path(os.path.normpath(path.parent / name)) for name in names]
        used |= {target / "kustomization.yaml" if target.is_dir() else target for target in targets}
    assert used == set(FILES)


def test_every_service_has_its_deployments_under_its_own_name() -> None:
    [base] = documents(BASE / "kustomization.yaml")
    assert [name for name in base["resources"] if (BASE / name).is_dir()] == list(registry.SERVICES)
    for service in registry.SERVICES:
        [found] = documents(BASE / service / "kustomization.yaml")
        assert found["resources"] == ["../service"]
        assert found["namePrefix"] == f"{service}-"
        assert found["labels"][0]["pairs"] == {"gatehouse/service": service}
        [patch] = yaml.safe_load(found["patches"][0]["patch"])
        assert patch == {"op": "replace", "path": "/spec/template/spec/containers/0/args/1", "value": service}


def test_every_command_is_one_of_the_command_line() -> None:
    lines = [container["args"] for container in containers() if "args" in container]
    assert sorted(lines) == [["migrate"], ["serve", "SERVICE"], ["serve", "gateway"], ["work", "SERVICE"]]
    for verb, *words in lines:
        assert len(cli.commands[verb].params) == len(words)


def test_every_variable_is_a_documented_setting() -> None:
    used = {item["name"] for container in containers() for item in container.get("env", [])}
    for path in KUSTOMIZATIONS:
        for generator in documents(path)[0].get("configMapGenerator", []):
            used |= {literal.partition("=")[0] for literal in generator["literals"]}
    used |= set(re.findall(r"^\s+(?:ENV )?(GATEHOUSE_\w+)=", (DEPLOY / "Containerfile").read_text(), re.MULTILINE))
    assert {"GATEHOUSE_HTTP", "GATEHOUSE_OPS", "GATEHOUSE_STATE", "GATEHOUSE_PUBLIC_URL"} <= used
    assert used <= SETTINGS


def test_every_container_is_restricted_and_probed() -> None:
    [pod] = documents(BASE / "pod.yaml")
    spec = pod["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    for container in spec["initContainers"] + spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    [main] = spec["containers"]
    assert (main["livenessProbe"]["httpGet"]["path"], main["readinessProbe"]["httpGet"]["path"]) == ("/healthz", "/readyz")


def test_the_image_holds_the_locked_packages_and_the_code_and_is_run_by_nobody_special() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    for name in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for word in name.split():
            assert (DEPLOY.parent / word).exists(), word
    assert "--require-hashes -r requirements.lock" in text
    [user] = re.findall(r"^USER (\d+):\1$", text, re.MULTILINE)
    [pod] = documents(BASE / "pod.yaml")
    assert pod["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == int(user)
    # Whoever builds says where images come from.
    assert not re.search(r"^FROM \S*[./]\S*/", text, re.MULTILINE)
