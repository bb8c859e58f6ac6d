#!/usr/bin/env bash
# The tests start RabbitMQ nodes and nginx servers of their own; this only makes sure that their programs are installed.
set -euo pipefail

have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || [ -x "/usr/lib/rabbitmq/bin/$1" ]; }
missing=()
for program in rabbitmq-server nginx; do
    have "$program" || missing+=("$program")
done
if [ ${#missing[@]} = 0 ]; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need the packages ${missing[*]}: install them (as root, make test does it on Debian and Ubuntu)" >&2
    exit 1
fi

# The packages want to start a service each: this answer of policy-rc.d (101, "not allowed") keeps them from doing so.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

running() { grep -lx epmd /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3 || true; }
before=$(running)
echo "Installing ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null

# Setting up RabbitMQ may leave Erlang's name server behind.
for pid in $(running); do
    grep -qx "$pid" <<<"$before" || kill "$pid"
done
