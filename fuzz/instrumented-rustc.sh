#!/bin/sh
# The compiler, where cargo-fuzz asks for coverage (`.cargo/config.toml`). Cargo calls it with the compiler in front of its arguments.
#
# Coverage of everything costs more than it says: a program would take several times as long, and most of what libFuzzer takes for news
# would be Wasmtime's. So our crates are followed edge by edge and comparison by comparison, Cranelift's code generator edge by
# edge, and all else not at all.
compiler=$1
shift
case " $* " in
*" --crate-name stilt"* | *" --crate-name load "* | *" --crate-name compile "* | *" --crate-name differential "* | *" --crate-name hot_spots "*)
    exec "$compiler" "$@"
    ;;
*" --crate-name cranelift_codegen "*) left_out="trace-compares stack-depth" ;;
*) left_out="level=4 inline-8bit-counters pc-table trace-compares stack-depth sancov-module" ;;
esac
for argument; do
    shift
    keep=yes
    for name in $left_out; do
        case $argument in
        -Cllvm-args=-sanitizer-coverage-"$name" | -Cpasses="$name") keep=no ;;
        esac
    done
    [ $keep = no ] || set -- "$@" "$argument"
done
exec "$compiler" "$@"
