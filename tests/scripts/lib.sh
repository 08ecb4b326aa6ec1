# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the test scripts share. A script sources this, states what it expects, and ends with exit status 0 when
# all of it held. It has a folder of its own, $TMP, which is the current one and is removed at the end; $BOX
# is the binary, $ROOT the source tree. After `run`, $status, $out and $err tell how the command went.
set -uo pipefail

ROOT=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
BOX=${BOX:-$ROOT/build/ocfs2box}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/ocfs2box-test.XXXXXX")
cd "$TMP" || exit 1
export LC_ALL=C TZ=UTC
# The reference tools lie in /sbin, which is not in everyone's PATH.
export PATH=$PATH:/usr/sbin:/sbin

clean_up=()
# at_exit COMMAND: done when the script ends, the last one first
at_exit() { clean_up=("$1" "${clean_up[@]}"); }
finish() {
  local result=$? command
  for command in "${clean_up[@]}"; do eval "$command"; done
  cd / && rm -rf "$TMP"
  exit "$result"
}
trap finish EXIT
trap 'exit 1' INT TERM

# fail WORDS: the end of the script, with the last command's outcome
fail() {
  echo "FAILED: $*"
  echo "  at: $(caller 1 2> /dev/null || caller 0)"
  echo "  last command: ${ran:-none}  (status ${status:-none})"
  echo "  stdout: ${out:-}"
  echo "  stderr: ${err:-}"
  exit 1
}

# run COMMAND...: sets status, out, err
run() {
  ran="$*"
  status=0
  "$@" > "$TMP/.out" 2> "$TMP/.err" || status=$?
  out=$(cat "$TMP/.out")
  err=$(cat "$TMP/.err")
}

# expect_exit STATUS COMMAND...
expect_exit() {
  local wanted=$1
  shift
  run "$@"
  [ "$status" -eq "$wanted" ] || fail "exit status $status, expected $wanted"
}
expect_success() { expect_exit 0 "$@"; }

# contains TEXT PART, lacks TEXT PART, equals TEXT OTHER
contains() { case $1 in *"$2"*) ;; *) fail "expected to find \"$2\" in: $1" ;; esac; }
lacks() { case $1 in *"$2"*) fail "did not expect \"$2\" in: $1" ;; esac; }
equals() { [ "$1" = "$2" ] || fail "expected \"$2\", got \"$1\""; }

# box APPLET ARGUMENT...: the applet of this binary
box() { "$BOX" "$@"; }

# make_image FILE SIZE: a sparse file of that size
make_image() { rm -f "$1" && truncate -s "$2" "$1"; }
