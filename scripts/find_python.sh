#!/bin/sh
# Prints the first Python on PATH that is new enough and can make virtual environments.
old=
bare=
for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    if ! "$candidate" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        old=$candidate
    elif ! "$candidate" -I -c 'import ensurepip, venv' >/dev/null 2>&1; then
        bare=$candidate
    else
        echo "$candidate"
        exit 0
    fi
done
if [ -n "$bare" ]; then
    echo "error: $bare lacks the modules venv and ensurepip (on Debian and Ubuntu: apt install python3-venv)" >&2
elif [ -n "$old" ]; then
    echo "error: helm-constitution needs Python 3.11 or newer; $old is $("$old" -V 2>&1)" >&2
else
    echo "error: helm-constitution needs Python 3.11 or newer, and there is no python3 on PATH" >&2
fi
exit 1
