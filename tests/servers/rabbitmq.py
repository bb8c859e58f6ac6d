"""A RabbitMQ that tests may stop, kill, freeze and empty."""

import json
import os
import shutil
import signal
import subprocess
from functools import cache
from itertools import count
from pathlib import Path

import amqp

from tests.servers.reaper import unwatch, watch
from tests.servers.waiting import eventually, free_port

# Debian's script in the PATH insists on root and on its own user; the ones behind it run as anybody.
DEBIAN = Path("/usr/lib/rabbitmq/bin")

CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
load_definitions = {definitions}
log.console = false
log.file.level = warning
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 33554432
"""
_NEW_VHOST = """\
rabbit_vhost:add(<<"{name}">>, <<"guest">>),
rabbit_auth_backend_internal:set_permissions(<<"guest">>, <<"{name}">>, <<".*">>, <<".*">>, <<".*">>, <<"guest">>)."""


class RabbitMQ:
    """A node of its own: name, ports, name server (epmd), cookie, data and logs; nothing of an installed service is touched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self._dist_port, self._epmd_port = free_port(), free_port(), free_port()
        self._vhosts, self._numbers = ["/"], count(1)
        self._node: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of the default virtual host; tests use one of their own, see ``create_vhost``."""
        return self.url_of("/")

    @property
    def _name(self) -> str:
        return f"gatehouse-test-{self.port}@localhost"

    @property
    def pid(self) -> int:
        if self._node is None:
            raise RuntimeError("not started")
        return self._node.pid

    def url_of(self, vhost: str) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{vhost}"

    def start(self) -> None:
        """Also after ``kill`` and ``pause``: whatever happened, it answers afterwards."""
        self.resume()
        if launched := self._node is None or self._node.poll() is not None:
            self._write_files()
            if self._epmd is None:
                self._epmd = self._launch("epmd", "-port", str(self._epmd_port))
            self._node = self._launch(_script("rabbitmq-server"))
        eventually(self._answers, within=90)
        if launched:
            # One scheduler of Erlang takes a quarter less of the processors than two do; only a start is slower with it.
            self._evaluate("erlang:system_flag(schedulers_online, 1).")

    def stop(self) -> None:
        self.resume()
        self._end(self._node, signal.SIGTERM)
        self._end(self._epmd, signal.SIGKILL)
        self._node = self._epmd = None

    def kill(self) -> None:
        """As a crash would end it; durable queues and what was confirmed are there again after ``start``."""
        self.resume()
        # RabbitMQ writes the names of new queues half a second late. Killed in between, it has half a queue after the restart, and
        # whoever declares that waits for a minute. No test is about this.
        self._evaluate("mnesia:sync_log(), [dets:sync(Table) || Table <- dets:all()].")
        self._kill()

    def pause(self) -> None:
        """Connections stay open and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def wipe(self) -> None:
        """Back with nothing: no exchange, no queue, no message. Virtual hosts are there again, empty."""
        self._kill()
        shutil.rmtree(self.folder / "data")
        self.start()

    def create_vhost(self) -> str:
        """The URL of a new, empty virtual host."""
        name = f"test{next(self._numbers)}"
        self._vhosts.append(name)
        self._write_files()
        self._evaluate(_NEW_VHOST.format(name=name))
        eventually(lambda: self._answers(name))
        return self.url_of(name)

    def _evaluate(self, expression: str) -> None:
        """Erlang, inside the node: where there is one by a small program that comes with it, since rabbitmqctl starts a whole node."""
        if (caller := _erl_call()) is None:
            self.ctl("eval", expression)
            return
        cookie = (self.folder / "home" / ".erlang.cookie").read_text()
        command = [caller, "-sname", self._name, "-c", cookie, "-timeout", "60", "-e"]
        done = subprocess.run(command, input=f"{expression}\n", env=self._environ(), capture_output=True, text=True, timeout=60)
        if done.returncode or not done.stdout.startswith("{ok"):
            raise RuntimeError(f"erl_call: {done.stdout}{done.stderr}")

    def ctl(self, *words: str) -> str:
        """rabbitmqctl; costs half a second."""
        done = subprocess.run([_script("rabbitmqctl"), "-q", *words], env=self._environ(), capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def _kill(self) -> None:
        self._end(self._node, signal.SIGKILL)
        self._node = None

    def _answers(self, vhost: str = "/") -> bool:
        if self._node is None or self._node.poll() is not None:
            raise RuntimeError(f"RabbitMQ has ended; its logs are in {self.folder}")
        with amqp.Connection(f"127.0.0.1:{self.port}", "guest", "guest", virtual_host=vhost, connect_timeout=2) as connection:
            return bool(connection.connected)

    def _launch(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "output").open("ab") as output:
            started = subprocess.Popen(
                command,
                env=self._environ(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        watch(started.pid)
        return started

    def _end(self, process: subprocess.Popen[bytes] | None, number: int) -> None:
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        unwatch(process.pid)

    def _signal(self, number: int) -> None:
        if self._node is not None:
            self._node.send_signal(number)

    def _write_files(self) -> None:
        (self.folder / "home").mkdir(parents=True, exist_ok=True)
        definitions = self.folder / "definitions.json"
        definitions.write_text(json.dumps(self._definitions()))
        self._write("rabbitmq.conf", CONFIGURATION.format(port=self.port, definitions=definitions))
        self._write("enabled_plugins", "[].\n")
        self._write("rabbitmq-env.conf", "")

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def _definitions(self) -> dict[str, object]:
        everything = {"user": "guest", "configure": ".*", "write": ".*", "read": ".*"}
        return {
            "users": [{"name": "guest", "password": "guest", "tags": ["administrator"]}],
            "vhosts": [{"name": name} for name in self._vhosts],
            "permissions": [{"vhost": name, **everything} for name in self._vhosts],
        }

    def _environ(self) -> dict[str, str]:
        # Hardly any busy waiting, so that idle schedulers leave the processors to the tests. With none at all a start takes three times
        # as long: each of some thousand modules is loaded by all schedulers, which have to wake each other. Nothing is open to the outside.
        waiting = " ".join(f"+{scheduler} very_short" for scheduler in ("sbwt", "sbwtdcpu", "sbwtdio"))
        flags = f"-start_epmd false {waiting} -kernel inet_dist_use_interface {{127,0,0,1}}"
        own = {
            "NODENAME": self._name,
            "DIST_PORT": str(self._dist_port),
            "MNESIA_BASE": str(self.folder / "data"),
            "LOG_BASE": str(self.folder / "log"),
            "PID_FILE": str(self.folder / "pid"),
            "ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "CONF_ENV_FILE": str(self.folder / "rabbitmq-env.conf"),
            "SERVER_ADDITIONAL_ERL_ARGS": flags,
        }
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            # The script then becomes the server instead of waiting for it: our child is the node itself.
            "RUNNING_UNDER_SYSTEMD": "true",
            **{f"RABBITMQ_{name}": value for name, value in own.items()},
        }


def _script(name: str) -> str:
    if (DEBIAN / name).exists():
        return str(DEBIAN / name)
    if found := shutil.which(name):
        return found
    raise RuntimeError(f"{name} is not installed: run tests/ensure_servers.sh")


@cache
def _erl_call() -> str | None:
    if erl := shutil.which("erl"):
        return next((str(found) for found in Path(erl).resolve().parents[1].glob("erts-*/bin/erl_call")), None)
    return None
