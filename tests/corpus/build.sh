#!/bin/sh
# Builds the corpus for WebAssembly with clang and wasi-libc, as the committed wasm/*.wasm were built.
#
# calls/ holds a program for the tests of WASI, which has no native counterpart.
#
#   ./build.sh            builds into wasm/ and calls/, and writes down the compiler's version
#   ./build.sh --check    builds into a temporary directory and compares with wasm/; with another compiler than the one
#                         that built wasm/ it says so and compares nothing
#
# On Debian 12: apt-get install -y --no-install-recommends clang lld wasi-libc libclang-rt-14-dev-wasm32
# CLANG names another clang; it must find a WASI sysroot by itself.
set -eu
cd "$(dirname "$0")"
clang=${CLANG:-clang}
version=$("$clang" --version | head -n 1)

# One program: its name, its source, and options beyond the common ones. (With bulk memory on, clang 14 wants
# thread-local storage for errno, which wasi-libc's archive does not have; so what uses errno does without.)
build() {
    name=$1 source=$2
    shift 2
    "$clang" --target=wasm32-wasi -std=c11 -Os -Wall -Wextra -Wpedantic -Werror \
        -msign-ext -mnontrapping-fptoint -Wl,--strip-all "$@" "$source" -lm -o "$out/$name.wasm"
}

build_all() {
    out=$1
    build squeeze squeeze.c -mbulk-memory
    build digest digest.c -mbulk-memory
    build text text.c
    build generate generate.c
    build digest-simd digest.c -O3 -mbulk-memory -msimd128
    echo "$version" > "$out/COMPILER"
}

case ${1-} in
'')
    mkdir -p wasm
    build_all wasm
    out=calls build calls calls/calls.c
    ;;
--check)
    if [ "$(cat wasm/COMPILER)" != "$version" ]; then
        echo "wasm/ was built by \"$(cat wasm/COMPILER)\", this is \"$version\": not compared"
        exit 0
    fi
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    build_all "$fresh"
    diff -r wasm "$fresh"
    out=$fresh build calls calls/calls.c
    cmp calls/calls.wasm "$fresh/calls.wasm"
    echo "the committed wasm is what its sources give"
    ;;
*)
    echo "use: build.sh [--check]" >&2
    exit 2
    ;;
esac
