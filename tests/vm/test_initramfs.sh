#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Before there is a root file system: a shell in an image of nothing but busybox, the kernel's modules and our
# binary, and the shell of the initramfs that Debian's mkinitramfs makes with our hook. From either a cluster
# comes up, and a damaged volume is checked, repaired and mounted.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

# bare_initrd: the image of all VM tests without anything that is not busybox, a module or ours
bare_initrd() {
  mkdir -p bare/{proc,sys,dev,mnt,tmp,dlm,sbin,lib,etc/ocfs2}
  (cd "$vm_work/root" && cp -a bin "$TMP/bare/" && cp -a lib/modules "$TMP/bare/lib/")
  cp "$BOX" bare/sbin/ocfs2box
  bare/sbin/ocfs2box --install=bare/sbin > /dev/null
  cp cluster.conf bare/etc/ocfs2/
  cat > bare/init << 'END'
#!/bin/sh
export PATH=/sbin:/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in virtio_pci virtio_blk virtio_net; do modprobe $module; done
exec sh -i < /dev/console > /dev/console 2>&1
END
  chmod +x bare/init
  "$ROOT/tests/vm/pack.sh" bare
}

# rescue NAME INITRD [WORDS]: boots it, waits for the shell, has it run the job, and judges the volume
rescue() {
  local name=$1 initrd=$2 words=${3:-} passed
  make_image "$name.img" 100M
  expect_success box mkfs.ocfs2 -x -q -N 2 -J size=4M -L rescue --cluster-stack=o2cb --cluster-name=lab \
    "$name.img"
  { cat "$share/rescue.sh"; yes '' | head -c 8192; } | head -c 8192 > "$name.script"
  mkfifo keys
  VM_SECONDS=300 VM_INITRD=$initrd VM_KEYS=keys VM_WORDS="quiet $words" boot "$name" none \
    -drive "file=$name.img,format=raw,if=virtio" -drive "file=$name.script,format=raw,if=virtio" \
    -netdev user,id=n0,restrict=on -device virtio-net-pci,netdev=n0,romfile= &
  exec 6<> keys
  within 200 grep -aq "list of built-in commands" "node$name.log" && sleep 1 && echo 'sh /dev/vdb' >&6
  wait
  exec 6>&-
  rm keys
  passed=$(grep -ac '^CASE .*: good$' "node$name.log")
  [ "$(findings "$name.img")" = "" ] && passed=$((passed + 1))
  [ "$passed" = "$wanted" ] || { echo "$name: FAILED"; grep -av ': good$' "node$name.log"; }
  all_passed=$((all_passed + passed)) all_wanted=$((all_wanted + wanted))
}

prepare_vms
{ printf 'cluster:\n\tnode_count = 1\n\tname = lab\n\n'
  printf 'node:\n\tip_port = 7777\n\tip_address = 10.0.0.1\n\tnumber = 0\n\tname = node0\n\tcluster = lab\n'
} > cluster.conf
wanted=$(($(grep -c '^is ' "$share/rescue.sh") + 1)) all_passed=0 all_wanted=0
bare_initrd > bare.gz
rescue bare bare.gz
flock "$vm_work/building" "$ROOT/tests/vm/initramfs.sh" "$vm_work" "$BOX" cluster.conf > debian.gz ||
  fail "mkinitramfs failed"
rescue debian debian.gz break=premount
echo "$all_passed passed, $((all_wanted - all_passed)) failed"
[ "$all_passed" = "$all_wanted" ]
