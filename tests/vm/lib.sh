# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the VM tests share; sourced after scripts/lib.sh. A test whose VMs are the nodes of a cluster says
# "# cluster" in a line of its own: much of its time they wait for each other, or for one that is dead.
. "$ROOT/tests/scripts/shared/reference_fsck.sh"

# prepare_vms: builds what VMs boot from, and makes $share, the folder that this test's VMs see as /host
prepare_vms() {
  vm_work=$(dirname "$BOX")/vm
  mkdir -p "$vm_work"
  exec 7> "$vm_work/building"
  flock 7
  ln -sf /sbin/tunefs.ocfs2 "$vm_work/reference.tunefs"  # beside ours
  "$ROOT/tests/vm/build.sh" "$vm_work" "$vm_work/reference.tunefs" "$BOX" ||
    fail "cannot build what the VMs boot from"
  share=$TMP/share vm_port=$((20000 + RANDOM % 20000))
  cp -r "$vm_work/share" "$share"
  exec 7>&-
}

# add_programs "PACKAGE..." FILE...: FILEs of Debian packages that are not installed here, for this test's VMs
add_programs() { add_archive overlay.sh "$@"; }
# add_modules MODULE...: of the kernel
add_modules() { add_archive modules.sh "$@"; }

add_archive() {
  local script=$ROOT/tests/vm/$1
  shift
  [ -e "$TMP/initrd.gz" ] || cp "$vm_work/initrd.gz" "$TMP/initrd.gz"
  flock "$vm_work/building" "$script" "$vm_work" "$@" >> "$TMP/initrd.gz" ||
    fail "cannot add to what the VMs boot from: $*"
  export VM_INITRD=$TMP/initrd.gz
}

# make_shared_image FILE SIZE: sparse, but for its first block. qemu learns there in which units it may write,
# and a hole would let it read a single byte: then it takes pages, reads what the host has around a block of
# 1 KiB, and writes it back over what another VM has written meanwhile.
make_shared_image() {
  make_image "$1" "$2"
  dd if=/dev/zero of="$1" bs=4096 count=1 conv=notrunc,fsync status=none
}

# boot NODE JOB [qemu arguments]: runs the job in a VM; what it says is added to $share/output.<NODE>, and the
# console goes to node<NODE>.log
boot() {
  local node=$1 job=$2
  shift 2
  "$ROOT/tests/vm/boot.sh" "$vm_work" "$share" "$node" "$job" "$@" 2>&1 |
    sed -u 's,\r,,g' > "$TMP/node$node.log"
}

# boot_node NODE JOB [IMAGE...]: a VM with these images as its disks, which it shares, and a private network,
# with the other nodes
boot_node() {
  local node=$1 job=$2 image drives=()
  shift 2
  for image; do
    drives+=(-drive "file=$TMP/$image,cache=none,file.locking=off,format=raw,if=virtio")
  done
  VM_SECONDS=${VM_SECONDS:-600} boot "$node" "$job" "${drives[@]}" -pidfile "$TMP/node$node.pid" \
    -netdev "socket,id=n0,mcast=230.0.0.1:$vm_port,localaddr=127.0.0.1" \
    -device "virtio-net-pci,netdev=n0,romfile=,mac=52:54:00:00:00:0$node"
}

# boot_nodes COUNT JOB [IMAGE...]: so many of them, with first.img, second.img and these, until all have ended
boot_nodes() {
  local node
  for node in $(seq 0 $(($1 - 1))); do boot_node "$node" "$2" first.img second.img "${@:3}" & done
  wait
}

# kill_node NODE: its sudden death
kill_node() { kill -9 "$(cat "$TMP/node$1.pid")"; }

# within SECONDS COMMAND...: waits until the command succeeds
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

# judge_cases NODES [IMAGE...]: the jobs counted their cases in cases.NODE, said "CASE NAME: good" and came to
# their end, and both checkers find nothing in the images; false when not, with all that was said
judge_cases() {
  local nodes=$1 node image found passed failed
  shift
  passed=$(cat "$share"/output.* | grep -ac '^CASE .*: good$')
  failed=$(($(cat "$share"/cases.* | wc -l) - passed))
  for ((node = 0; node < nodes; node++)); do
    grep -q '^=== exit 0' "$share/output.$node" && continue
    failed=$((failed + 1))
    echo "node $node: FAILED to come to its end"
  done
  for image; do
    found=$(findings "$image")
    [ -z "$found" ] || { failed=$((failed + 1)); echo "$image: FAILED: $found"; }
  done
  [ $failed -eq 0 ] || tell_all
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ] && [ "$passed" -gt 0 ]
}

# findings IMAGE: what our checker and the reference find in a volume that is sound, and how ours ended
findings() {
  local words status
  words=$("$BOX" fsck.ocfs2 -fn "$1" 2>&1 < /dev/null)
  status=$?
  { grep '^\[' <<< "$words"
    [ $status -eq 0 ] || echo "status $status: $(tail -n 1 <<< "$words")"; } | sed 's/^/ours: /'
  reference_findings "$1"
}

# judge_volumes [NODES]: the verdict on each volume of the files volumes* in $share (DEVICE NAME ...), of
# which each of NODES jobs (default 1) said "VOLUME NAME: good" and in whose image NAME.img both checkers
# find nothing; false when one fails
judge_volumes() {
  local passed=0 failed=0 name verdict found
  while read -r _ name _; do
    verdict=$(cat "$share"/output.* | sed -n "s/^VOLUME $name: //p" | uniq -c | sed 's/^ *//')
    found=$(findings "$name.img")
    if [ "$verdict" = "${1:-1} good" ] && [ -z "$found" ]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      echo "$name: in the VM: ${verdict:-nothing was heard of it}"
      head -n 20 <<< "$found" | sed "s/^/$name: /"
    fi
  done < <(cat "$share"/volumes*)
  [ $failed -eq 0 ] || tell_all
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ] && [ $passed -gt 0 ]
}

# tell_all: the consoles, and what the jobs said that was not good
tell_all() {
  local from
  for from in node[0-9]*.log "$share"/output.*; do
    echo "$(basename "$from"):"
    grep -avE '^(CASE|VOLUME) .*: good$' "$from" | tail -n 60
  done
}
