#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# o2cb and cluster.conf: editing, listing in the formats that scripts know, checking, and what is said when
# something is not possible.
. "$(dirname "$0")/lib.sh"

conf=$TMP/etc/cluster.conf
o2cb() { "$BOX" o2cb --config-file="$conf" "$@"; }
# refuses WORDS COMMAND...: exit 1, these words on standard error, and the file stays as it is
refuses() { local words=$1 status=0; shift
  cp "$conf" before 2> /dev/null || true
  o2cb "$@" > out 2> err || status=$?
  [ $status = 1 ] || fail "o2cb $*: status $status"
  grep -qF "$words" err || fail "o2cb $*: does not say '$words' but: $(cat err)"
  [ ! -e before ] || cmp -s before "$conf" || fail "o2cb $*: changed the file"
}
# shows TEXT COMMAND...
shows() { local text=$1; shift
  o2cb "$@" > out || fail "o2cb $*: status $?"
  diff <(printf "$text") out || fail "o2cb $*: shows something else"
}

# nothing there yet
shows '' list-clusters
refuses "Unknown cluster 'prod'" list-cluster prod
refuses 'Cluster name is invalid ; only alpha-numeric characters allowed' add-cluster my-san
refuses 'Cluster name is invalid ; max 16 characters' add-cluster abcdefghijklmnopq
refuses 'CLUSTER is missing' add-cluster
refuses "did you mean 'add-cluster'" add-clutser prod

# a cluster grows
o2cb add-cluster prod || fail "add-cluster"
[ "$(stat -c %a "$conf")" = 644 ] || fail "mode of $conf"
refuses "Cluster 'prod' already exists" add-cluster prod
o2cb add-node --ip 10.0.0.1 prod alpha || fail "add-node"
o2cb add-node --ip=10.0.0.2 --port 7000 --number 20 prod beta || fail "add-node with a number"
refuses "Node 'alpha' already exists" add-node --ip 10.0.0.9 prod alpha
refuses "Choose another node number as '20' is in use" add-node --ip 10.0.0.9 --number 20 prod gamma
refuses 'Nodenum should be >=0 and < 255 but is 255' add-node --ip 10.0.0.9 --number 255 prod gamma
refuses "Bad IP Address '10.0.0'" add-node --ip 10.0.0 prod gamma
refuses "speaks IPv4 only" add-node --ip fe80::1 prod gamma
refuses "is that of node 'beta' already" add-node --ip 10.0.0.2 prod gamma
refuses "no other node can reach it; give --ip" add-node prod localhost
refuses "Bad IP Address 'no-such-host.invalid'" add-node prod no-such-host.invalid
refuses "Could not change heartbeat mode to 'both'" heartbeat-mode prod both
o2cb heartbeat-mode prod global || fail "heartbeat-mode"
make_image volume.img 100M
expect_success box mkfs.ocfs2 -q -x -U 632A924FDD844190BDA93C0DF6B94899 volume.img
o2cb add-heartbeat prod volume.img || fail "add-heartbeat of a device"
refuses "Heartbeat region '632A924FDD844190BDA93C0DF6B94899' already exists" \
  add-heartbeat prod 632a924f-dd84-4190-bda9-3c0df6b94899
refuses 'is neither a device that is here nor the UUID of a volume' add-heartbeat prod /dev/none
shows 'prod\n' list-clusters
shows 'heartbeat: 632A924FDD844190BDA93C0DF6B94899 prod
node: 0 alpha 10.0.0.1:7777 prod
node: 20 beta 10.0.0.2:7000 prod
cluster: 2 global prod\n' list-cluster --oneline prod
shows 'node:\n\tnumber = 0\n\tname = alpha\n\tip_address = 10.0.0.1\n\tip_port = 7777\n\tcluster = prod\n
node:\n\tnumber = 20\n\tname = beta\n\tip_address = 10.0.0.2\n\tip_port = 7000\n\tcluster = prod\n\n' \
  list-nodes prod
shows 'heartbeat:\n\tregion = 632A924FDD844190BDA93C0DF6B94899\n\tcluster = prod\n\n' list-heartbeats prod

# the reference reads what we wrote; it asks no kernel for that
if reference=$(command -v o2cb || ls /sbin/o2cb 2> /dev/null); then
  "$reference" --config-file="$conf" list-cluster --oneline prod 2> /dev/null | sort > theirs || true
  o2cb list-cluster --oneline prod | sort > ours
  [ ! -s theirs ] || diff theirs ours || fail "the reference reads the file otherwise"
fi

# and shrinks
o2cb remove-heartbeat prod 632A924FDD844190BDA93C0DF6B94899 || fail "remove-heartbeat"
refuses 'Unknown heartbeat region' remove-heartbeat prod 632A924FDD844190BDA93C0DF6B94899
o2cb remove-node prod alpha || fail "remove-node"
refuses "Unknown node 'alpha'" remove-node prod alpha
shows 'node: 20 beta 10.0.0.2:7000 prod\ncluster: 1 global prod\n' list-cluster --oneline prod
o2cb remove-cluster prod || fail "remove-cluster"
shows '' list-clusters

# as it is pasted from a page: understood, complained about, and mended by the first change
printf '%s\r\n' '# our hosts' cluster: 'name = cloud' 'node_count = 2' node: 'cluster = cloud' 'number = 1' \
  'ip_port = 7777' 'ip_address = 10.0.0.1' 'name = kvm1' > "$conf"
o2cb check-config > out || fail "check-config of a pasted file: $(cat out)"
grep -q "$conf:4: warning: node_count is 2, but cluster \"cloud\" has 1 nodes" out ||
  fail "check-config: $(cat out)"
o2cb add-node --ip 10.0.0.2 cloud kvm2 || fail "add-node to a pasted file"
o2cb check-config > out || fail "check-config afterwards"
grep -qx '0 errors, 0 warnings' out || fail "not mended: $(cat out)"
head -1 "$conf" | grep -qx '# our hosts' || fail "the comment is lost"

# copies
sed 's/10.0.0.2/10.0.0.3/' "$conf" > other.conf
o2cb check-config "$conf" other.conf > out && fail "copies that differ are called good"
grep -q 'node kvm2 of cluster cloud is 0 at 10.0.0.2:7777 here and 0 at 10.0.0.3:7777 in other.conf' out ||
  fail "what differs: $(cat out)"

# what makes no sense is not written over
echo 'this is no configuration' >> "$conf"
refuses 'to see all that is wrong, run: o2cb check-config' add-cluster test
printf 'cluster:\n\tnaem = x\n' > "$conf"
o2cb check-config > out && fail "a misspelt key is called good"
grep -q 'unknown key "naem", did you mean "name"?' out || fail "misspelt key: $(cat out)"

mkdir folder
o2cb check-config folder > out && fail "a folder is called a good configuration"
grep -q 'folder: error: .* cannot be read: Is a directory' out || fail "a folder: $(cat out)"

# many at a time: nothing is lost
printf 'cluster:\n\tname = prod\n\tnode_count = 0\n\n' > "$conf"
for number in $(seq 0 19); do o2cb add-node --ip 10.0.1.$number --number "$number" prod "n$number" & done
wait
there=$(o2cb list-nodes --oneline prod | wc -l)
[ "$there" = 20 ] || fail "$there of 20 nodes"

# without a kernel that knows clusters
if [ ! -d /sys/kernel/config/cluster ]; then
  refuses 'Unable to access cluster service' register-cluster prod
  o2cb cluster-status prod > out && fail "online without a kernel"
  grep -qx "Cluster 'prod' is offline" out || fail "cluster-status: $(cat out)"
fi
