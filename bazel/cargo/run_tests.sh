#!/usr/bin/env bash
# run_tests.sh CRATE PROGRAMS SUPACRYPT SUPACRYPTD MODULE [WITHOUT...]
#
# Runs the test programs of a crate as Cargo does, but for those named: with the sources in the place they
# were compiled in, and that as the working directory. What the tests start by themselves are the files
# that are released.
set -euo pipefail
crate=$1 programs=$PWD/$2
export SUPACRYPT_BIN=$PWD/$3 SUPACRYPTD_BIN=$PWD/$4 SUPACRYPT_PKCS11_LIB=$PWD/$5
export HOME=$TEST_TMPDIR INSTA_WORKSPACE_ROOT=/build/src INSTA_UPDATE=no RUST_BACKTRACE=1

built=/build/target/x86_64-unknown-linux-gnu/debug
mkdir -p /build/src "$built"
tar -c --dereference --anchored --exclude="$2" rust docs | tar -x -C /build/src
shift 5
cp "$programs"/bin/* "$built"
cd "/build/src/rust/$crate"
for program in "$programs/$crate"/*; do
    name=$(basename "$program")
    if [[ " $* " = *" $name "* ]]; then
        echo "── $name: run by Cargo, and not here: the SDK root has not all it needs"
        continue
    fi
    echo "── $name"
    "$program"
done
