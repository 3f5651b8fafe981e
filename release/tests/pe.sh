#!/usr/bin/env bash
# pe.sh MODULE COMMAND: what a Windows release needs and shows.
set -euo pipefail
# shellcheck source=release/tests/limits.sh
source "$(dirname "${BASH_SOURCE[0]}")/limits.sh"

for file; do
    # Windows 10 has all of them.
    needed=$(llvm-objdump -p "$file" | sed -n 's/.*DLL Name: //p')
    only "$file needs" '^(kernel32|ntdll|advapi32|bcrypt|bcryptprimitives|msvcrt|ole32|shell32|user32|userenv|ws2_32|api-ms-win-(core|crt)-.*)\.dll$' "$needed"
    echo "$file needs $(paste -sd' ' <<<"$needed")"
    equal "symbols in $file" 0 "$(llvm-readobj --file-header "$file" | awk '$1 == "SymbolCount:" { print $2 }')"
done
equal "exports of $1" "C_GetFunctionList C_GetInterface C_GetInterfaceList" \
    "$(llvm-readobj --coff-exports "$1" | awk '$1 == "Name:" { print $2 }' | sort | xargs)"
small_enough "$1" "$module_mib"
