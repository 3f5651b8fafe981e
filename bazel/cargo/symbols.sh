# Taking symbols out of what was built. Sourced.
# shellcheck shell=bash

# split_symbols TRIPLE BUILT STRIPPED SYMBOLS: BUILT without symbols, and the symbols for a debugger.
split_symbols() {
    case $1 in
        *-linux-gnu)
            llvm-objcopy --only-keep-debug --compress-debug-sections=zlib "$2" "$4"
            llvm-objcopy --strip-all --add-gnu-debuglink="$4" "$2" "$3"
            ;;
        *-windows-gnu)
            local tool=${1%%-*}-w64-mingw32-objcopy
            "$tool" --only-keep-debug "$2" "$4"
            "$tool" --strip-all --add-gnu-debuglink="$4" "$2" "$3"
            ;;
        *-apple-darwin)
            dsymutil --flat -o "$4" "$2"
            llvm-strip -x -S -o "$3" "$2"
            ;;
    esac
    llvm-objdump --section-headers "$4" | grep -q debug_line || {
        echo "$2 came without lines for a debugger" >&2
        return 1
    }
}
