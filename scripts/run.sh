#!/bin/sh
# What `helm constitution` runs. -I keeps modules in the current folder (a chart's json.py, say) and PYTHON* variables
# from taking over the program.
python=${HELM_PLUGIN_DIR:?"is not set: this script is run by 'helm constitution'"}
python=${python%/}.venv/bin/python
if ! [ -x "$python" ]; then
    echo "error: the plugin is not installed whole: $python is missing;" \
        "run: helm plugin uninstall constitution, then install it again" >&2
    exit 2
fi
exec "$python" -I -m helm_constitution "$@"
