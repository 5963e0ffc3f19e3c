#!/bin/sh
# The compiler for what is ours, with AddressSanitizer (`cargo xtask sanitize`). Cargo calls it with the compiler in front of its
# arguments. Build scripts are left as they are.
case " $* " in
*" --crate-name build_script_"*) exec "$@" ;;
*) RUSTC_BOOTSTRAP=1 exec "$@" -Zsanitizer=address ;;
esac
