#!/bin/sh
# Builds the kernels for WebAssembly, as the committed wasm/*.wasm were built.
#
#   ./build.sh            builds into wasm/ and writes down the compiler's version
#   ./build.sh --check    builds into a temporary directory and compares, if the compiler is the one that built wasm/
#
# On Debian 12: apt-get install -y --no-install-recommends clang lld
set -eu
cd "$(dirname "$0")"
clang=${CLANG:-clang}
version=$("$clang" --version | head -n 1)

build_all() {
    for source in *.c; do
        name=${source%.c}
        case $name in
        simd-*) simd=-msimd128 ;;
        *) simd= ;;
        esac
        # shellcheck disable=SC2086
        "$clang" --target=wasm32 -std=c11 -O2 -Wall -Wextra -Werror -nostdlib -ffreestanding \
            -msign-ext -mnontrapping-fptoint -mbulk-memory $simd \
            -Wl,--no-entry -Wl,--strip-all "$source" -o "$1/$name.wasm"
    done
    echo "$version" > "$1/COMPILER"
}

case ${1-} in
'')
    mkdir -p wasm
    build_all wasm
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
    echo "wasm/ is what its sources give"
    ;;
*)
    echo "use: build.sh [--check]" >&2
    exit 2
    ;;
esac
