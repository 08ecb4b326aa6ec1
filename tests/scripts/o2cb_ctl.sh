#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# o2cb_ctl, as scripts of old call it. It has no option for another file, so the test sees a folder of its own
# as /etc/ocfs2, in a name space of its own.
if [ -z "${INSIDE:-}" ]; then
  unshare -m mount -t tmpfs none /mnt 2> /dev/null ||
    { echo "there can be no mounts of its own here: nothing is tried"; exit 0; }
  mkdir -p /etc/ocfs2
  INSIDE=1 exec unshare -m sh -c 'mount -t tmpfs none /etc/ocfs2 && exec "$0"' "$0"
fi
. "$(dirname "$0")/lib.sh"

ctl() { expect_success box o2cb_ctl "$@"; }
refuses() { local status=$1 words=$2
  shift 2
  expect_exit "$status" box o2cb_ctl "$@"
  contains "$err" "$words"; }

ctl -C -n prod -t cluster
equals "$out" 'Cluster prod created'
refuses 234 'Cluster "prod" already exists' -C -n prod -t cluster
ctl -C -n alpha -t node -a cluster=prod -a ip_address=10.0.0.1 -a ip_port=7777 -a number=3
equals "$out" 'Node alpha created'
ctl -C -n beta -t node -a cluster=prod -a ip_address=10.0.0.2 -a ip_port=7777
refuses 234 'a node needs -a ip_port=VALUE' -C -n gamma -t node -a cluster=prod -a ip_address=10.0.0.3
refuses 254 "Unknown cluster 'test'" -C -n gamma -t node -a cluster=test -a ip_address=10.0.0.3 \
  -a ip_port=7777

ctl -I -o -t node
equals "$out" '#name:cluster:number:ip_address:ip_port:status
alpha:prod:3:10.0.0.1:7777:configured
beta:prod:0:10.0.0.2:7777:configured'
ctl -I -z -t node -a number=3
equals "$out" 'alpha:prod:3:10.0.0.1:7777:configured'
ctl -I -o -t cluster
equals "$out" '#name:count:status
prod:2:configured'
ctl -I -n alpha
equals "$out" "$(printf 'node:\n\tname = alpha\n\tcluster = prod\n\tnumber = 3\n'
                 printf '\tip_address = 10.0.0.1\n\tip_port = 7777\n\tstatus = configured\n')"
refuses 254 'Node "gamma" does not exist' -I -n gamma

ctl -H -n alpha -a ip_address=10.0.0.7
ctl -I -z -n alpha
equals "$out" 'alpha:prod:3:10.0.0.7:7777:configured'
refuses 234 'number "0" is taken already' -H -n alpha -a number=0
refuses 234 'is no IPv4 address' -H -n alpha -a ip_address=nowhere
ctl -D -n beta
ctl -I -z -t node
equals "$out" 'alpha:prod:3:10.0.0.7:7777:configured'
refuses 234 'one of -C, -D, -I and -H is needed' -n alpha
