"""An nginx of the tests' own."""

import shutil
import subprocess
from pathlib import Path
from typing import Self

import requests

from tests.servers.reaper import unwatch, watch
from tests.servers.waiting import eventually

CONFIGURATION = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""


class Nginx:
    """``server``: a ``server`` block that listens at ``address``."""

    def __init__(self, folder: Path, server: str, address: str) -> None:
        self.folder, self.url = folder, f"http://{address}"
        (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, server=server))

    def __enter__(self) -> Self:
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self._process = subprocess.Popen([program, "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)])
        watch(self._process.pid)
        eventually(self._answers, within=20)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        unwatch(self._process.pid)

    def _answers(self) -> bool:
        try:
            return requests.get(self.url, timeout=5).status_code > 0
        except requests.ConnectionError:
            return False
