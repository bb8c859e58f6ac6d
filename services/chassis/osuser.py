"""PostgreSQL refuses to run as root: when we are root, its programs run as the owner of its folder, a user without a login."""

import os
import pwd
import subprocess
from pathlib import Path

NAME = "gatehouse"
# Bits of the capability masks in /proc/self/status; the first lets a process read and pass any folder, the second write there as well.
CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}


def system_user() -> pwd.struct_passwd:
    """The user ``gatehouse``, made on first use. Needs root."""
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(NAME)


def as_owner(folder: Path, *needed: Path) -> list[str]:
    """The words before a command that make it run as the owner of ``folder``; none where we are not root.

    That user may be unable to pass a folder above (``/root``, a state folder of mode 700). Opening those for everybody is not
    ours to do, so the command gets the one capability that it then needs, and no other.
    """
    if os.geteuid() != 0:
        return []
    owner = folder.stat()
    words = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--no-new-privs"]
    if all(_open_to_all(path) for path in (folder, *needed)):
        return [*words, "--bounding-set=-all", "--"]
    capability = _capability()
    # Without that bit access(2) would not count the capability, and initdb would not find the programs beside itself.
    return [
        *words,
        "--securebits=+no_setuid_fixup",
        f"--inh-caps=+{capability}",
        f"--ambient-caps=+{capability}",
        f"--bounding-set=-all,+{capability}",
        "--",
    ]


def _open_to_all(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.absolute().parents)


def _capability() -> str:
    status = Path("/proc/self/status").read_text()
    ours = int(status.partition("CapEff:")[2].split()[0], 16)
    return next((name for name, bit in CAPABILITIES.items() if ours >> bit & 1), "dac_read_search")
