# SPDX-License-Identifier: GPL-2.0-or-later
# drbd.sh -- node 0 is Pinky, node 1 Perky, of the guides; /dev/vda of each is what DRBD keeps the same. Node
# 1 runs this twice: it dies in the middle of the first time, with what its /etc had kept in /host/etc.1.
# Prints "CASE NAME: good" or what went wrong.
nodes=2
. /host/nodes.sh
# busybox has these, too, and would take its own
mount() { /bin/mount "$@"; }
umount() { /bin/umount "$@"; }
address=203.0.113.$([ $node = 0 ] && echo 20 || echo 16)
hostname $([ $node = 0 ] && echo Pinky || echo Perky)
ifconfig eth0 $address netmask 255.255.255.0
mkdir -p /var/lib/drbd /var/run/drbd /var/lock /mnt/shared
ocfs2box --install --systemd / > /dev/null

# drbd_conf WORDS: both may write; the words are how soon each notices that the other is dead
drbd_conf() {
  cat > /etc/drbd.conf <<END
global { usage-count no; }
resource r0 {
  net {
    protocol C;
    allow-two-primaries yes;
    $1
  }
  disk { resync-rate 100M; c-plan-ahead 0; }
  device /dev/drbd0;
  disk /dev/vda;
  meta-disk internal;
  on Pinky { address 203.0.113.20:7788; }
  on Perky { address 203.0.113.16:7788; }
}
END
}
now() { local up idle; read -r up idle < /proc/uptime; echo "${up%.*}${up#*.}"; }  # 1/100 s
reaches() { local turn
  for turn in $(seq 600); do
    grep -q "$1" /proc/drbd && return
    usleep 200000
  done
  cat /proc/drbd; return 1; }
# doctor WORDS: it finds this; healthy CODE: not this
doctor() { o2cb doctor > /tmp/found; cat /tmp/found; grep -qF "$1" /tmp/found; }
healthy() { o2cb doctor > /tmp/found; cat /tmp/found; ! grep -qF "[$1]" /tmp/found; }

if [ -e /host/etc.1 ] && [ $node = 1 ]; then
  cp -a /host/etc.1/. /etc
  until [ -e /host/resumed ]; do usleep 200000; done
  is up_again drbdadm up r0
  is in_step_again reaches ds:UpToDate/UpToDate
  is primary_again drbdadm primary r0
  is starts_again /etc/init.d/o2cb start
  is mounts_again mount -o noatime,nodiratime /dev/drbd0 /mnt/shared
  is reads_what_came_since says "Pinky goes on" cat /mnt/shared/went_on
  is reads_its_own says "before the death" cat /mnt/shared/perky
  is writes_again sh -c 'echo "Perky is back" > /mnt/shared/back && sync'
  all returned
else
  cat > /etc/ocfs2/cluster.conf <<END
node:
  ip_port = 7777
  ip_address = 203.0.113.20
  number = 20
  name = Pinky
  cluster = SharedFS

node:
  ip_port = 7777
  ip_address = 203.0.113.16
  number = 16
  name = Perky
  cluster = SharedFS

cluster:
  node_count = 2
  name = SharedFS
END
  # boot, stack, cluster, threshold; the rest as it stands there
  is configures sh -c 'printf "\n\nSharedFS\n7\n\n\n\n" | /etc/init.d/o2cb configure'
  is status sh -c '/etc/init.d/o2cb status > /tmp/status; cat /tmp/status; diff - /tmp/status <<END
Driver for "configfs": Loaded
Filesystem "configfs": Mounted
Stack glue driver: Loaded
Stack plugin "o2cb": Loaded
Driver for "ocfs2_dlmfs": Loaded
Filesystem "ocfs2_dlmfs": Mounted
Checking O2CB cluster "SharedFS": Online
  Heartbeat dead threshold: 7
  Network idle timeout: 30000
  Network keepalive delay: 2000
  Network reconnect delay: 2000
  Heartbeat mode: Local
Checking O2CB heartbeat: Not active
Debug file system at /sys/kernel/debug: mounted
END'
  all configured

  # with the times that DRBD has by itself the survivor would fence itself; doctor says what to write instead
  drbd_conf ""
  is creates drbdadm create-md r0 --force
  [ $node = 0 ] || all pinky_waits
  is up drbdadm up r0
  if [ $node = 0 ]; then
    is doctor_apart doctor "[DRBD_APART] error: /dev/drbd0 is not connected to its peer"
    all pinky_waits
  fi
  is connects reaches cs:Connected
  is doctor_slow doctor "[DRBD_SLOW] error: DRBD notices a dead peer after up to 21 s and holds all writes \
back meanwhile, the heartbeat's, too; this host then fences itself after 12 s"
  # on a busy machine an answer may take longer than a second, though
  drbd_conf "$(sed -n "s/^ *mend: in DRBD's net section: \(.*\); or a larger .*/\1;/p" /tmp/found |
    sed 's/ping-timeout 10/ping-timeout 30/')"
  is adjusts drbdadm adjust r0
  is doctor_fast healthy DRBD_SLOW
  is doctor_not_dual doctor "[DRBD_NOT_DUAL] warning: /dev/drbd0 is not primary on both sides"
  [ $node = 1 ] || is declares_equal drbdadm new-current-uuid --clear-bitmap r0/0
  is in_step reaches ds:UpToDate/UpToDate
  is primary drbdadm primary r0
  is both_primary reaches ro:Primary/Primary
  is doctor_dual healthy DRBD_NOT_DUAL
  all primary

  [ $node = 1 ] || is formats mkfs.ocfs2 -N 2 -L Shared /dev/drbd0
  all formatted
  is mounts mount /dev/drbd0 /mnt/shared
  all mounted
  is crosses sh -c "echo from $node > /mnt/shared/from$node"
  all wrote
  is reads says "from $((1 - node))" cat /mnt/shared/from$((1 - node))
  all read
  if [ $node = 1 ]; then
    mkdir /host/etc.1 && cp -a /etc/drbd.conf /etc/ocfs2 /etc/default /host/etc.1
    echo "before the death" > /mnt/shared/perky && sync
  fi
  dmesg -c > /dev/null
  # both work in one folder, so that locks travel at each turn; then Perky is gone, in the middle of it, with
  # the lock of a file that Pinky wants at once
  mkdir -p /mnt/shared/both
  [ $node = 0 ] || echo "held by Perky" > /mnt/shared/held
  longest=0 turn=0 last=$(now) until=$(($(now) + 9000))
  all loaded
  while [ $last -lt $until ]; do
    turn=$((turn + 1))
    echo $turn > /mnt/shared/both/$node.$turn && mv /mnt/shared/both/$node.$turn /mnt/shared/both/$node
    [ $node = 1 ] && [ $turn = 20 ] && touch /host/dying && echo b > /proc/sysrq-trigger
    [ $node = 0 ] && [ -e /host/dying ] && echo "had by Pinky" > /mnt/shared/held
    took=$(($(now) - last)) last=$((last + took))
    if [ $took -gt $longest ]; then longest=$took; fi
    [ $longest -lt 500 ] || break
  done
  echo "held up for $longest / 100 s"
  is is_held_up [ $longest -ge 500 ]
  is goes_on_by_itself [ $longest -le 4000 ]
  is goes_on sh -c 'echo "Pinky goes on" > /mnt/shared/went_on && sync'
  is recovered_its_journal sh -c 'dmesg | grep "Begin replay journal (node 16"'
  dmesg -c > /dev/null  # of the death it may complain
  touch /host/resumed
  all returned
  is reads_the_returned says "Perky is back" cat /mnt/shared/back
fi
all end

# ---- the link alone breaks: each goes on with a disk of its own; then one side's writes are given up
if [ $node = 1 ]; then
  ifconfig eth0 down
  is writes_apart sh -c 'echo "Perky alone" > /mnt/shared/lost && sync'
  touch /host/perky_apart
  until [ -e /host/pinky_apart ]; do usleep 200000; done
  ifconfig eth0 up
  is parted reaches cs:StandAlone
  is doctor_parted doctor "[DRBD_APART] error: /dev/drbd0 is not connected to its peer"
  is offers_way_back grep -q "drbdadm connect --discard-my-data RESOURCE on the side that loses" /tmp/found
  is gives_up umount /mnt/shared
  drbdadm disconnect r0
  is gives_up_primary drbdadm secondary r0
  is gives_up_writes drbdadm -- --discard-my-data connect r0
  all reconnected
  is in_step_at_last reaches ds:UpToDate/UpToDate
  is primary_at_last drbdadm primary r0
  is mounts_at_last mount -o noatime,nodiratime /dev/drbd0 /mnt/shared
  is has_what_was_kept sh -c '[ "$(cat /mnt/shared/kept)" = "Pinky alone" ] && [ ! -e /mnt/shared/lost ]'
else
  is keeps_writing sh -c 'until [ -e /host/perky_apart ]; do usleep 200000; done
    echo "Pinky alone" > /mnt/shared/kept && sync'
  touch /host/pinky_apart
  is parted reaches "cs:[SW][tF][aC]"
  all reconnected
  drbdadm connect r0
fi
dmesg -c > /dev/null  # of that it may complain, too
all together
# one after the other: kernels that leave at once talk past each other
[ $node = 1 ] || all perky_left
is unmounts umount /mnt/shared
is stops /etc/init.d/o2cb stop
[ $node = 0 ] || all perky_left
all unmounted
is secondary drbdadm secondary r0
is down drbdadm down r0
kernel_troubles > /tmp/troubles
is kernel_is_content sh -c 'cat /tmp/troubles; [ ! -s /tmp/troubles ]'
