#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# o2cb push and o2cb join, with a program in the place of ssh that keeps a folder for each host; and what
# o2cb why-reboot finds on the disk of a dead host.
. "$(dirname "$0")/lib.sh"

conf=$TMP/etc/cluster.conf
mkdir etc bin hosts
o2cb() { "$BOX" o2cb --config-file="$conf" "$@"; }
# The other hosts: their commands run here, with their own cluster.conf, and o2cb is there under its name.
cat > bin/ssh << END
#!/bin/bash
host=\${1#root@}; echo "\$host" >> $TMP/called
[ "\$host" != 10.0.0.4 ] || exit 255
mkdir -p $TMP/hosts/\$host
export PATH=$TMP/bin:\$PATH HERE=$TMP/hosts/\$host
bash -c "\$(sed "s,$TMP/etc,$TMP/hosts/\$host,g" <<< "\$2")"
END
printf '#!/bin/bash\nexec "%s" o2cb --config-file=$HERE/cluster.conf "$@"\n' "$BOX" > bin/o2cb
chmod +x bin/ssh bin/o2cb
says() { grep -qF -- "$1" out || fail "does not say '$1' but: $(cat out)"; }

# push: to all nodes but this host, by their addresses
o2cb add-cluster prod
o2cb add-node --ip 10.0.0.1 prod "$(hostname)"
o2cb add-node --ip 10.0.0.2 prod two
o2cb add-node --ip 10.0.0.3 prod three
echo '# our own comment' >> "$conf"
o2cb push --ssh="$TMP/bin/ssh" > out 2>&1 || fail "push: $(cat out)"
says 'two (10.0.0.2): written'
says 'three (10.0.0.3): written'
for host in 10.0.0.2 10.0.0.3; do cmp "$conf" hosts/$host/cluster.conf || fail "$host has another file"; done
[ ! -e hosts/10.0.0.1 ] || fail "pushed to this host"
o2cb push --ssh="$TMP/bin/ssh" two > out 2>&1 || fail "push again: $(cat out)"
says 'two (10.0.0.2): same'
grep -q three out && fail "push to one node: $(cat out)"
o2cb add-node --ip 10.0.0.4 prod four
o2cb push --ssh="$TMP/bin/ssh" > out 2>&1 && fail "a host that was not reached is no failure"
says 'four (10.0.0.4): ssh did not reach it'
says 'three (10.0.0.3): written'
: > called
o2cb push --ssh="$TMP/bin/ssh" -- -oProxyCommand=id@x > out 2>&1 && fail "an option as a host is taken"
grep -q -- "-oProxyCommand" called && fail "an option reached ssh"
o2cb push --ssh="$TMP/none" two > out 2>&1 && fail "ssh is not there, and all is well"
says 'cannot be run; is it installed?'
echo 'no configuration' >> "$conf"
o2cb push --ssh="$TMP/bin/ssh" > out 2>&1 && fail "a broken file is pushed"
says 'run: o2cb check-config'
cmp -s "$conf" hosts/10.0.0.2/cluster.conf && fail "a broken file arrived"

# join: this host is new to their cluster; settings go to /etc, which is a folder of the test's
if unshare -m true 2> /dev/null; then
  rm "$conf"
  sed -i "s/^\tname = $(hostname)/\tname = one/; /# our own/d" hosts/10.0.0.2/cluster.conf
  "$BOX" o2cb --config-file=hosts/10.0.0.2/cluster.conf remove-node prod four
  for host in 10.0.0.1 10.0.0.3; do mkdir -p hosts/$host; cp hosts/10.0.0.2/cluster.conf hosts/$host; done
  mkdir default
  join() { unshare -m bash -c "mount --bind '$TMP/default' /etc/default && shift && exec \"\$@\"" - - \
    "$BOX" o2cb --config-file="$conf" join --ssh="$TMP/bin/ssh" "$@" > out 2>&1; }
  join --ip 10.0.0.9 10.0.0.2 || fail "join: $(cat out)"
  says "Joined cluster 'prod' as node '$(hostname)', number 3, 10.0.0.9:7777"
  says 'Next: o2cb enable'
  o2cb list-nodes --oneline prod > out
  says "node: 3 $(hostname) 10.0.0.9:7777 prod"
  for host in 10.0.0.1 10.0.0.2 10.0.0.3; do
    "$BOX" o2cb --config-file=hosts/$host/cluster.conf list-nodes --oneline prod > out
    says "node: 3 $(hostname) 10.0.0.9:7777 prod"
  done
  grep -q '^O2CB_BOOTCLUSTER=prod' default/o2cb || fail "the settings: $(cat default/o2cb)"
  join 10.0.0.2 || fail "joined twice: $(cat out)"
  says "number 3, 10.0.0.9:7777"
  join --cluster other 10.0.0.2 && fail "joined a cluster that is not there"
  says '10.0.0.2 knows the clusters prod; say which with --cluster'
  join 10.0.0.4 && fail "joined a host that is not reached"
  says 'could not read'
  o2cb add-cluster mine
  join 10.0.0.2 && fail "a cluster of our own is lost"
  says "has the cluster 'mine', which would be lost"
else
  echo "no mount namespace can be had here: join is not tried"
fi

# why-reboot, of a host whose disk is mounted here
mkdir -p dead/var/log dead/var/lib/systemd/pstore/1
why() { "$BOX" o2cb why-reboot --root=dead "$@" > out 2>&1; }
why && fail "an empty disk tells why"
"$BOX" o2cb why-reboot --root=none > out 2>&1 && fail "a folder that is not there tells why"
says "none is no folder"
why || true
says 'Nothing is left that tells why.'
echo 'blk_update_request: I/O error, dev sdb, sector 8' > dead/var/log/kern.log
echo 'ERROR: Heartbeat write timeout to device sdb after 60000 milliseconds' \
  > dead/var/lib/systemd/pstore/1/dmesg-efi-1
why || fail "what the firmware kept is not seen"
says 'dead/var/lib/systemd/pstore/1/dmesg-efi-1:'
says 'This host fenced itself: its heartbeat could not be written'
says 'I/O error, dev sdb'
why --json || fail "in JSON: $(cat out)"
python3 -c 'import json; assert json.load(open("out"))["cause"] == "heartbeat-write"' ||
  fail "JSON: $(cat out)"
