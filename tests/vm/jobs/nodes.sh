# SPDX-License-Identifier: GPL-2.0-or-later
# nodes.sh -- what the jobs of several nodes share; sourced, with $nodes set to how many there are.

{ printf 'cluster:\n\tnode_count = %d\n\tname = lab\n\theartbeat_mode = local\n\n' $nodes
  for number in $(seq 0 $((nodes - 1))); do
    printf 'node:\n\tip_port = 7777\n\tip_address = 10.0.0.%d\n\tnumber = %d\n' $((number + 1)) $number
    printf '\tname = node%d\n\tcluster = lab\n\n' $number
  done; } > /etc/ocfs2/cluster.conf

# all NAME: the place in the script that the other nodes have to reach, too (never longer than 3 minutes)
all() { local turn
  echo "$(cut -d" " -f1 /proc/uptime) at $1" > /dev/console
  touch "/host/$1.$node"
  for turn in $(seq 900); do
    [ "$(ls /host/$1.[0-9] | wc -l)" = $nodes ] && return
    usleep 200000
  done
  echo "another node never came to $1"; exit 1; }
# is NAME COMMAND...: counted in /host/cases.NODE
is() { local name=$1; shift
  echo "$name" >> /host/cases.$node
  if "$@" > /tmp/is 2>&1; then echo "CASE $name: good"; return; fi
  echo "CASE $name: $* FAILED: $(tail -20 /tmp/is)"; }
# says WORDS COMMAND...: these words exactly
says() { local words=$1; shift; [ "$("$@" 2>&1)" = "$words" ] || { "$@"; return 1; }; }
# ends STATUS WORDS COMMAND...: with this status, and says this
ends() { local wanted=$1 words=$2 status=0; shift 2
  "$@" > /tmp/said 2>&1 < /dev/null || status=$?
  cat /tmp/said
  [ $status = "$wanted" ] && grep -q "$words" /tmp/said || { echo "status $status"; return 1; }; }

# kernel_troubles: what the kernel's log complains of since it was last asked. o2dlm calls it an ERROR when a
# node joins or leaves while another one hands over, purges or masters a lock, and then it tries again: what
# would be amiss shows in the cases, not in its log.
kernel_troubles() {
  dmesg -c | grep -E 'ERROR|error|corrupt|BUG|WARNING|Oops|Call Trace' |
    grep -vE ':dlm_[a-z_]+:[0-9]+ ERROR' |
    head -5; }
