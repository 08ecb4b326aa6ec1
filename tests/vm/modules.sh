#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# modules.sh WORK MODULE... -- prints an archive, as the kernel unpacks it behind an initrd, of more of the
# kernel's modules, each behind those that it needs; they are loaded at the start, after the others.
set -euo pipefail
built=$(realpath "$1")/root
release=$(echo "$(realpath "$1")"/kernel/lib/modules/*); shift
there=/lib/modules/${release##*/}
root=$(mktemp -d); trap 'rm -rf "$root"' EXIT
mkdir -p "$root/lib/modules"

declare -A taken
take() { local path=$1 need
  [ -z "${taken[$path]:-}" ] || return 0; taken[$path]=1
  for need in $(grep "^$path:" "$release/modules.dep" | cut -d: -f2); do take "$need"; done
  grep -q "/$path$" "$built/lib/modules/order" && return
  install -D "$release/$path" "$root$there/$path"
  echo "$there/$path" >> "$root/lib/modules/order.more"; }

for module; do
  path=$(grep -oE "^[^:]*/${module//_/[-_]}\.ko" "$release/modules.dep" | head -1) ||
    { echo "tests/vm/modules.sh: the kernel has no module $module" >&2; exit 1; }
  take "$path"
done
"$(dirname "$0")/pack.sh" "$root"
