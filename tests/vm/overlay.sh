#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# overlay.sh WORK "PACKAGE..." FILE... -- prints, as the kernel unpacks it behind an initrd, an archive of FILEs
# (paths as installed) with the shared libraries that they need. They come from Debian packages that are only
# downloaded and unpacked, into WORK/packages, and never installed: no daemon of theirs starts here.
set -euo pipefail
work=$(realpath "$1") packages=$2; shift 2
unpacked=$work/packages
mkdir -p "$unpacked/debs"

fail() { echo "tests/vm/overlay.sh: $*" >&2; exit 1; }

# Package lists may be missing or older than the archive: then they are fetched, once.
download() { (cd "$unpacked/debs" && apt-get -qq download "$1" 2> download.log); }
fetch() { local package=$1
  compgen -G "$unpacked/debs/${package}_*.deb" > /dev/null && return
  download "$package" || { apt-get -qq update >&2 && download "$package"; } ||
    fail "cannot download $package: $(tail -1 "$unpacked/debs/download.log")"; }

unpack() { local package=$1
  [ -e "$unpacked/debs/$package.done" ] && return
  dpkg -x "$unpacked/debs/${package}"_*.deb "$unpacked" && touch "$unpacked/debs/$package.done"; }

# take FILE: with its libraries, which may themselves be of the packages
take() { local file=$1 library
  mkdir -p "$root$(dirname "$file")"; cp -L "$unpacked$file" "$root$file"
  { LD_LIBRARY_PATH=$libraries ldd "$unpacked$file" 2> /dev/null || true; } > "$root.ldd"
  ! grep 'not found' "$root.ldd" >&2 || fail "$file lacks libraries; name their packages"
  sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\s*\(\/[^ ]*\) (.*/\1/p' "$root.ldd" |
    while read -r library; do
      mkdir -p "$root$(dirname "${library#"$unpacked"}")"; cp -Ln "$library" "$root${library#"$unpacked"}"
    done; }

for package in $packages; do fetch "$package"; unpack "$package"; done
root=$(mktemp -d); trap 'rm -rf "$root" "$root.ldd"' EXIT
triplet=$(gcc -print-multiarch 2> /dev/null || echo x86_64-linux-gnu)
libraries=$unpacked/usr/lib/$triplet:$unpacked/lib/$triplet
for file; do take "$file"; done
(cd "$root" && find . -mindepth 1 | cpio -o -H newc --quiet | gzip -1)
