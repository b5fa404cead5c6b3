#!/bin/sh
# Print a Python 3.11 that works, or say in one sentence what to install. PYTHON=... chooses one.
for candidate in ${PYTHON:-python3.11 python3 python}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then
        command -v "$candidate"
        exit 0
    fi
done
found=$(${PYTHON:-python3} --version 2>/dev/null || echo "no Python at all")
echo "SemTriage needs Python 3.11 and found $found: install it (Debian 12: apt-get install" \
    "python3.11 python3.11-venv), or name one with PYTHON=/path/to/python3.11." >&2
exit 1
