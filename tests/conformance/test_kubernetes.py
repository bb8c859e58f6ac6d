"""The manifests against the schemas that Kubernetes publishes, as written and as kustomize puts them together."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gatehouse.registry import SERVICES
from tests.conformance import environments

K8S = Path(__file__).parents[2] / "deploy" / "k8s"


def validate(*files: Path) -> None:
    command = [str(environments.python("kubernetes").parent / "kubernetes-validate"), "--strict", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_written_is_valid() -> None:
    validate(*(path for path in (K8S / "base").rglob("*.yaml") if path.name not in ("kustomization.yaml", "pod.yaml")))


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kustomize comes with kubectl, which is not installed")
@pytest.mark.parametrize("overlay", ["small", "ha"])
def test_what_kustomize_makes_of_it_is_valid(overlay: str, tmp_path: Path) -> None:
    made = subprocess.run(["kubectl", "kustomize", str(K8S / "overlays" / overlay)], capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    deployments = 2 * len(SERVICES) + 1
    assert made.stdout.count("kind: Deployment\n") == deployments
    assert made.stdout.count("readOnlyRootFilesystem: true") == 2 * deployments
    assert "SERVICE" not in made.stdout
    (tmp_path / "all.yaml").write_text(made.stdout)
    validate(tmp_path / "all.yaml")
