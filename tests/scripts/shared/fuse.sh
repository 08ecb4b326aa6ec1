# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash

# can_mount: whether this host lets us mount through FUSE; containers often do not
can_mount() {
  [ "$(id -u)" = 0 ] && (exec 3<> /dev/fuse) 2> /dev/null && mkdir -p probe &&
    mount -t tmpfs none probe 2> /dev/null && umount probe
}

# need_mounts: ends the script where that is not so
need_mounts() {
  can_mount && return
  echo "SKIP: nothing can be mounted through FUSE here; tests/vm/test_fuse.sh mounts in a VM"
  exit 0
}
