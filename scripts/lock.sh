#!/bin/sh
# Write requirements/{dev,cpu,gpu}.lock anew with uv. The old locks are preferred, so only what
# must change does; UPGRADE=1 takes the newest of everything. No lock names an index.
set -eu
cd "$(dirname "$0")/../requirements"
uv=${UV:-uv}
command -v "$uv" >/dev/null || { echo "Locking needs uv: pip install uv, or UV=/path/to/uv." >&2; exit 1; }
compile() {
    "$uv" pip compile --quiet --no-emit-index-url --no-emit-find-links --python-version 3.11 \
        --index-strategy unsafe-best-match --override overrides.txt ${UPGRADE:+--upgrade} \
        --custom-compile-command "make lock" "$@"
}
# PyTorch's CPU build is on its own index; UV_FIND_LINKS may name a folder that holds the wheel.
torch_cpu="--extra-index-url https://download.pytorch.org/whl/cpu"
if [ -n "${UV_FIND_LINKS:-}" ]; then torch_cpu=""; fi
# shellcheck disable=SC2086
compile $torch_cpu dev.in -o dev.lock
# shellcheck disable=SC2086
compile $torch_cpu -c dev.lock cpu.in -o cpu.lock
# The GPU's engine pins some packages otherwise: the CPU's versions are preferred, not forced.
[ -f gpu.lock ] && [ -z "${UPGRADE:-}" ] || cp dev.lock gpu.lock
env -u UV_FIND_LINKS "$uv" --version >/dev/null
(unset UV_FIND_LINKS; compile gpu.in -o gpu.lock)
