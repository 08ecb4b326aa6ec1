#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# overlay.sh WORK "PACKAGE..." FILE... -- prints an archive, as the kernel unpacks it behind an initrd, of
# FILEs (paths as installed) of these Debian packages, with the shared libraries that they need.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
unpacked=$(realpath "$1")/packages
# shellcheck disable=SC2086
"$here/packages.sh" "$1" $2
shift 2
root=$(mktemp -d); trap 'rm -rf "$root" "$root.ldd"' EXIT
libraries=$unpacked/usr/lib/x86_64-linux-gnu:$unpacked/lib/x86_64-linux-gnu

# take FILE: with its libraries, which may themselves be of the packages
take() { local file=$1 library
  mkdir -p "$root$(dirname "$file")"; cp -L "$unpacked$file" "$root$file"
  { LD_LIBRARY_PATH=$libraries ldd "$unpacked$file" 2> /dev/null || true; } > "$root.ldd"
  if grep 'not found' "$root.ldd" >&2; then echo "$file lacks libraries; name their packages" >&2; exit 1; fi
  sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\s*\(\/[^ ]*\) (.*/\1/p' "$root.ldd" |
    while read -r library; do
      mkdir -p "$root$(dirname "${library#"$unpacked"}")"; cp -Ln "$library" "$root${library#"$unpacked"}"
    done; }

for file; do take "$file"; done
"$here/pack.sh" "$root"
