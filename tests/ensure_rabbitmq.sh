#!/usr/bin/env bash
# The tests start RabbitMQ nodes of their own; this only makes sure that its programs are installed.
set -euo pipefail

if [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need RabbitMQ: install the package rabbitmq-server (as root, make test does it on Debian and Ubuntu)" >&2
    exit 1
fi

# The package wants to start a service: this answer of policy-rc.d (101, "not allowed") keeps it from doing so.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

running() { grep -lx epmd /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3 || true; }
before=$(running)
echo "Installing rabbitmq-server"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends rabbitmq-server >/dev/null

# Setting up the package may leave Erlang's name server behind.
for pid in $(running); do
    grep -qx "$pid" <<<"$before" || kill "$pid"
done
