#!/bin/sh
# The compiler of the fuzzer, by RUSTC_WORKSPACE_WRAPPER: our own crates get the counters that libFuzzer
# reads. What others have written is shared with every other dev build, as it is; so is what runs while
# building.
rustc=$1
shift
case " $* " in
*" --crate-name build_script_"* | *" --crate-type proc-macro "* | *" --crate-name ___ "*) ;;
*" --crate-name "*)
    set -- "$@" -C passes=sancov-module \
        -C llvm-args=-sanitizer-coverage-level=4 \
        -C llvm-args=-sanitizer-coverage-inline-8bit-counters \
        -C llvm-args=-sanitizer-coverage-pc-table \
        -C llvm-args=-sanitizer-coverage-trace-compares
    ;;
esac
exec "$rustc" "$@"
