#!/usr/bin/env bash
# headers_test.sh CHECKED_IN GENERATED: a header is what is generated now, and compilers take it without
# a warning, after the standard's own.
set -euo pipefail
diff -u "$1" "$2" || {
    echo "the header is not up to date: ./dev bindings makes it again" >&2
    exit 1
}
for compiler in "gcc -std=c11 -xc" "g++ -std=c++17 -xc++" "clang -std=c11 -xc" "clang++ -std=c++17 -xc++"; do
    echo "$compiler"
    # shellcheck disable=SC2086  # words
    $compiler -Wall -Wextra -Wpedantic -Werror -fsyntax-only - <<SOURCE
#include <p11-kit-1/p11-kit/pkcs11.h>
#include "$1"
#include "$1"
int check[CKA_SUPACRYPT_KEY_NAME == 0xD3435001UL && CKA_SUPACRYPT_KEY_VERSION == 0xD3435002UL ? 1 : -1];
SOURCE
done
