#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands of debugfs.ocfs2 for locks and traffic print what the reference prints of the lists that a
# kernel wrote, a node of two, one of which waited for the other; and what they say when there are no lists.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/lock_states.sh"

for list in fs_locks dlm_locks net_stats; do zstd -q -d "$ROOT/tests/corpus/locks/$list.zst" -o $list; done
same_lock_states .

# What is newer than the reference: the values of inodes, and when a lock was last used.
expect_success box debugfs.ocfs2 --strict -R 'fs_locks -l -f fs_locks'
contains "$out" 'Decoded LVB:	Version: 5  Clusters: '
contains "$out" ' First Wait: '
equals "$(grep -c '^Lockres: ' <<< "$out")" "$(wc -l < fs_locks)"

# Locks by name, busy locks only, a list that is cut off or too new.
name=$(cut -f 2 fs_locks | sed -n 5p)
busy=$(while read -r _ lock _ flags _; do [ $((flags & 2)) = 0 ] || echo "$lock"; done < fs_locks)
expect_success box debugfs.ocfs2 --strict -R "fs_locks $name -f fs_locks"
equals "$(grep -o '^Lockres: [^ ]*' <<< "$out")" "Lockres: $name"
expect_success box debugfs.ocfs2 --strict -R 'fs_locks -B -f fs_locks'
equals "$(grep -o '^Lockres: [^ ]*' <<< "$out" | cut -d ' ' -f 2)" "$busy"
[ -n "$busy" ] || fail 'no lock was busy'
expect_exit 1 box debugfs.ocfs2 --strict -R "dlm_locks -f dlm_locks $name nonsense"
contains "$err" 'dlm_locks: no such lock: nonsense'
contains "$out" "Lockres: $name"
head -c 3000 fs_locks > cut
expect_exit 1 box debugfs.ocfs2 --strict -R 'fs_locks -f cut'
contains "$err" 'is no lock as versions 1 to 4'
sed 's/^LOCK:1/LOCK:2/' dlm_locks > newer
expect_exit 1 box debugfs.ocfs2 --strict -R 'dlm_locks -f newer'
contains "$err" 'lines are not as version 1 of'
expect_exit 1 box debugfs.ocfs2 --strict -R 'fs_locks -x'
contains "$err" 'usage: fs_locks [-f <file>] [-l] [-B] [lockname ...]'
expect_exit 1 box debugfs.ocfs2 --strict -R 'fs_locks -f /nonexistent'
contains "$err" '/nonexistent: No such file'
expect_exit 1 box debugfs.ocfs2 --strict -R 'fs_locks'
contains "$err" 'fs_locks: No device open'

# Traffic so far, and over an interval.
expect_success box debugfs.ocfs2 --strict -R 'net_stats -f net_stats'
contains "$out" 'Node#  send q       recv q        (acquiry       xmit          wait        ) send  '
sent=$(cut -d , -f 3 net_stats) received=$(cut -d , -f 7 net_stats)
contains "$out" "$(printf '1      %-12s %-12s ' "$sent" "$received")"
expect_success box debugfs.ocfs2 --strict -R 'net_stats -f net_stats 1 2'
equals "$(grep -c '^Node#' <<< "$out")" 2
contains "$out" '1      0            0              0.000         0.000         0.000         0.000  '
expect_exit 1 box debugfs.ocfs2 --strict -R 'net_stats -f net_stats often'
contains "$err" 'usage: net_stats [-f <file>] [interval [count]]'

# The same as JSON, value by value.
box debugfs.ocfs2 --json -R 'fs_locks -f fs_locks' > fs.json
box debugfs.ocfs2 --json -R 'dlm_locks -f dlm_locks' > dlm.json
box debugfs.ocfs2 --json -R 'net_stats -f net_stats' > net.json
python3 - <<'END' || fail 'the JSON does not say what the lists say'
import json
lines = [line.split("\t") for line in open("fs_locks")]
locks = json.load(open("fs.json"))["locks"]
assert len(locks) == len(lines) > 100
for lock, line in zip(locks, lines):
    assert lock["name"] == line[1]
    assert (lock["ro_holders"], lock["ex_holders"]) == (int(line[6]), int(line[7]))
    assert lock["value"] == "".join("%02x" % (int(byte, 16) & 255) for byte in line[10:74])
    assert (lock["pr"]["gets"], lock["ex"]["gets"]) == (int(line[74]), int(line[75]))
    assert lock["first_wait_us"] == int(line[85])
    assert ("Busy" in lock["flags"]) == bool(int(line[3], 16) & 2)
text = open("dlm_locks").read()
resources = json.load(open("dlm.json"))["locks"]
assert [r["name"] for r in resources] == [l[5:] for l in text.splitlines() if l.startswith("NAME:")]
assert sum(len(r["locks"]) for r in resources) == text.count("LOCK:")
assert any(lock["queue"] == "Converting" for r in resources for lock in r["locks"])
node, = json.load(open("net.json"))["rounds"][0]
assert node["sent"] == int(open("net_stats").read().split(",")[2])
END

# The daemon of older stacks: absent, as it should talk, and out of its mind.
expect_exit 1 box debugfs.ocfs2 --strict -R 'controld dump'
contains "$err" 'controld: ocfs2_controld does not run on this host'
expect_exit 1 box debugfs.ocfs2 --strict -R controld
contains "$err" 'controld: Operation required'
cat > daemon.py <<'END'
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.settimeout(20)
listener.bind("\0ocfs2_controld_sock")
listener.listen()
print("ready", flush=True)
connection, _ = listener.accept()
assert connection.recv(256, socket.MSG_WAITALL).rstrip(b"\0") == b"DUMP"
for word in sys.argv[1:]:
    connection.sendall(word.encode().ljust(256, b"\0"))
END
talk() {
  : > ready
  python3 daemon.py "$@" >> ready &
  until grep -q ready ready; do kill -0 $! || fail "no daemon"; sleep 0.1; done
  run box debugfs.ocfs2 --strict -R 'controld dump'
  wait
}
talk 'ITEMCOUNT 2' $'ITEM one line of\n' $'ITEM the buffer\n' 'STATUS 0 OK'
equals "$out" $'one line of\nthe buffer'
talk 'ITEMCOUNT 1' 'ITEM one' 'ITEM two' 'STATUS 0 OK'
contains "$err" 'Protocol error'
talk 'ITEMCOUNT 1'
contains "$err" 'ask ocfs2_controld for its debug buffer'

# Log masks, on a host without the cluster's modules.
if [ ! -e /sys/fs/o2cb/logmask ]; then
  expect_exit 1 box debugfs.ocfs2 -l
  contains "$err" 'modprobe ocfs2_nodemanager'
fi
