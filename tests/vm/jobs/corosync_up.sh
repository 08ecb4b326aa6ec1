# SPDX-License-Identifier: GPL-2.0-or-later
# corosync_up.sh -- brings up what the stack "pcmk" stands on, corosync and dlm_controld; sourced. The two VMs
# are its nodes 1 and 2, cluster "lab". Fencing is off: nothing here could switch off a node.

# within SECONDS COMMAND...: until it succeeds
within() { local turn turns=$(($1 * 5)); shift
  for turn in $(seq $turns); do "$@" > /dev/null 2>&1 && return; usleep 200000; done
  echo "in vain: $*"; return 1; }

quorate() { corosync-quorumtool -s | grep -q 'Quorate: *Yes'; }

# A token of 5 s, since emulated processors are slow. two_node implies that at first both have to be there.
start_corosync() {
  mkdir -p /etc/corosync /var/lib/corosync /var/log/cluster /var/run /dev/shm
  mount -t tmpfs none /dev/shm  # where its clients talk to it
  { printf 'totem {\n version: 2\n cluster_name: lab\n transport: udpu\n token: 5000\n'
    printf ' crypto_cipher: none\n crypto_hash: none\n}\n'
    printf 'quorum {\n provider: corosync_votequorum\n two_node: 1\n}\nnodelist {\n'
    for number in 1 2; do
      printf ' node {\n  name: node%d\n  nodeid: %d\n' $((number - 1)) $number
      printf '  ring0_addr: 10.0.0.%d\n }\n' $number
    done
    printf '}\nlogging {\n to_stderr: no\n to_syslog: no\n to_logfile: yes\n'
    printf ' logfile: /var/log/cluster/corosync.log\n}\n'; } > /etc/corosync/corosync.conf
  corosync && within 60 quorate; }

start_dlm_controld() { local device
  mkdir -p /etc/dlm /dev/misc
  for device in dlm-control dlm-monitor dlm_plock ocfs2_control; do  # which udev would do
    ln -sf ../$device /dev/misc/$device
  done
  printf 'protocol=tcp\nenable_fencing=0\n' > /etc/dlm/dlm.conf
  dlm_controld && within 30 dlm_tool status; }
