#!/bin/sh
# Helm's install and update hook: installs this folder into a virtual environment beside it, $HELM_PLUGIN_DIR.venv.
# Beside, because `helm plugin update` empties the folder itself; built apart and then swapped in, so that an update
# that fails keeps the program that works. pip's and uv's own settings (PIP_INDEX_URL, UV_OFFLINE, ...) apply.
set -eu

plugin=${HELM_PLUGIN_DIR:?"is not set: this script is run by 'helm plugin install'"}
plugin=${plugin%/}
venv=$plugin.venv
new=$venv.new

fail() {
    echo "error: $1" >&2
    if [ -d "$venv" ]; then
        echo "The version that was installed before stays." >&2
    else
        echo "When that is mended: helm plugin uninstall constitution, then install it again." >&2
    fi
    exit 1
}

# An environment of the user's (conda, direnv) must not reach into this one.
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX || :
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# From a copy: a build leaves files in the folder, which git, and so `helm plugin update`, would stumble over.
rm -rf "$new"
mkdir -p "$new/source"
for part in pyproject.toml setup.py README.md LICENSE src rules; do
    cp -R "$plugin/$part" "$new/source/$part" || fail "$plugin/$part can't be copied; the plugin's folder is not whole"
done

# Bytecode is compiled now: without it each start would take two and a half times as long.
if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --allow-existing --python '>=3.11' "$new" || fail "uv can't make a virtual environment"
    uv pip install --quiet --compile-bytecode --python "$new/bin/python" "$new/source" ||
        fail "uv can't install helm-constitution and what it needs; is the network there?"
else
    python=$("$plugin/scripts/find_python.sh") || fail "there is no Python to install helm-constitution with"
    "$python" -I -m venv "$new" || fail "$python can't make a virtual environment"
    "$new/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-input --compile "$new/source" ||
        fail "pip can't install helm-constitution and what it needs; is the network there?"
fi
"$new/bin/python" -I -m helm_constitution --version >/dev/null || fail "the installed program doesn't start"

# The first line of bin/helm-constitution names the folder that is about to move; run.sh starts the interpreter instead.
rm -rf "$new/source" "$new/bin/helm-constitution" "$venv"
mv "$new" "$venv"
trap - EXIT
echo "helm-constitution is installed; try: helm constitution check ./your-chart"
