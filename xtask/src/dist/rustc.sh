#!/bin/sh
# Cargo runs this with the compiler and its arguments (RUSTC_WRAPPER). It names a crate of a folder above the workspace by the folder's full
# path, and the compiler's names of all that is in the crate, and the order in which it writes it, come of that. So crates of this
# repository get another name, which is the same wherever it lies: that of the package.
root=$(dirname "$0")/../../..
case "$CARGO_MANIFEST_DIR/" in
  "$(cd "$root" && pwd -P)"/*) ;;
  *) exec "$@" ;;
esac
for argument; do
  shift
  case "$argument" in
    metadata=*) argument="metadata=$CARGO_PKG_NAME-$CARGO_PKG_VERSION" ;;
  esac
  set -- "$@" "$argument"
done
exec "$@"
