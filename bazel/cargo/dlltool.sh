#!/usr/bin/env bash
# mingw's dlltool, called by rustc to make import libraries; DLLTOOL names the one of the target. It calls
# symbols after the path of its output, where rustc has a folder with a random name: here that path is
# the file's name alone.
set -euo pipefail
arguments=() output=''
for argument; do
    if [ "${previous:-}" = -l ]; then
        output=$argument
        argument=$(basename "$output")
    fi
    previous=$argument
    arguments+=("$argument")
done
cd "$(dirname "$output")"
exec "$DLLTOOL" --deterministic-libraries "${arguments[@]}"
