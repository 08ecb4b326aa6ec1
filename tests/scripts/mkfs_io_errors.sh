#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Every system call by which mkfs.ocfs2 touches its device fails once, at each of its turns; and the process
# is killed at each. Either mkfs says that it made a volume, and the reference checker finds nothing wrong
# with it; or it says what failed, exits 1, and nobody takes what is on the device for a volume. A killed
# one leaves no volume or a good one. io_uring would pass the injection by, so it is switched off; its
# errors have unit tests.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/mkfs_lib.sh"

strace -o /dev/null true 2> /dev/null || fail "strace may not trace here"
options=(-b 1K -C 4K -N 2 --fs-feature-level=max-features -M local -x -q)
passed=0 failed=0

complain() { failed=$((failed + 1)); echo "$*: status $status, $err"; }

# injected CALL WHAT NUMBER IMAGE: runs mkfs; true while there was an injection, so false past the last call
injected() {
  # shellcheck disable=SC2086
  run timeout 60 strace -f -o strace.log -e trace="$1",io_uring_setup -e inject="$1:$2:when=$3" \
    -e inject=io_uring_setup:error=ENOSYS $MKFS "${options[@]}" "$4"
  grep -v io_uring_setup strace.log | grep -q 'INJECTED\|killed by SIGKILL'; }

# a volume that is there must be one that the reference finds nothing wrong with
sound_or_none() { ! holds_volume "$1" || [ -z "$(reference_findings "$1" fresh)" ]; }

fail_each() { local call=$1 error=$2 turn
  for ((turn = 1; turn < 1000; turn++)); do
    make_image target.img 40M
    injected "$call" "error=$error" $turn target.img || break
    if [ "$status" -eq 0 ]; then
      holds_volume target.img && [ -z "$(reference_findings target.img fresh)" ] ||
        { complain "$error at $call $turn: no good volume in spite of exit 0"; continue; }
    elif [ "$status" -ne 1 ] || [ -z "$err" ]; then
      complain "$error at $call $turn: not the documented end"; continue
    elif holds_volume target.img; then
      complain "$error at $call $turn: a volume is there although mkfs failed"; continue
    fi
    passed=$((passed + 1))
  done
  echo "$call $error: $((turn - 1)) turns"; }

# the device first holds an old volume, which is not to be mixed with the new one
kill_each() { local call=$1 turn
  make_image old.img 40M
  # shellcheck disable=SC2086
  expect_success $MKFS "${options[@]}" -b 512 old.img
  for ((turn = 1; turn < 1000; turn++)); do
    cp --sparse=always old.img target.img
    injected "$call" signal=KILL $turn target.img 2> /dev/null || break
    if sound_or_none target.img; then passed=$((passed + 1)); else complain "killed at $call $turn"; fi
  done
  echo "$call KILL: $((turn - 1)) turns"; }

for error in EIO ENOSPC; do
  for call in pwrite64 pwritev fallocate fsync; do fail_each $call $error; done
done
# a call that mkfs does not use today has no turns
for call in pread64 preadv ioctl openat newfstatat fdatasync lseek; do fail_each $call EIO; done
fail_each pwritev ENODEV   # the device has vanished
for call in pwrite64 pwritev fallocate fsync; do kill_each $call; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 50 ]
