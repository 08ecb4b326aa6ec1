#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packages.sh WORK PACKAGE... -- Debian packages that are not installed here, downloaded and unpacked into
# WORK/packages once. None is installed: no script and no daemon of theirs runs.
set -euo pipefail
unpacked=$(realpath "$1")/packages; shift
mkdir -p "$unpacked/debs"

fail() { echo "tests/vm/packages.sh: $*" >&2; exit 1; }

# Package lists may be missing or older than the archive: then they are fetched, once.
download() { (cd "$unpacked/debs" && apt-get -qq download "$1" 2> download.log); }

for package; do
  [ -e "$unpacked/debs/$package.done" ] && continue
  rm -f "$unpacked/debs/${package}"_*.deb
  download "$package" || { apt-get -qq update >&2 && download "$package"; } ||
    fail "cannot download $package: $(tail -1 "$unpacked/debs/download.log")"
  dpkg -x "$unpacked/debs/${package}"_*.deb "$unpacked"
  touch "$unpacked/debs/$package.done"
done
