#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mounted.ocfs2 tells whether the nodes in a slot map live: by the time of their last beat, or by watching
# them for certain. What scripts parse stays as it is, and nobody waits who did not ask for it.
source "$(dirname "$0")/lib.sh"
source "$ROOT/tests/scripts/shared/heartbeat.sh"

make_image image 300M
expect_success box mkfs.ocfs2 -q -b 4K -C 4K -N 4 --cluster-stack=o2cb --cluster-name=prod image
# Node 3 in slot 1, as a node that mounted the volume (or died with it) leaves it.
block=$(box debugfs.ocfs2 -R 'stat //slot_map' image | awk '/Flags$/ { getline; print $4; exit }')
printf '\1\0\0\0\3\0\0\0' | dd of=image bs=1 seek=$((block * 4096 + 8)) conv=notrunc status=none
table=$'Device   Stack  Cluster  F  Nodes\nimage    o2cb   prod        3'

# tells WORDS OPTION...: on standard error, beside the table
tells() {
  local words=$1
  shift
  expect_success box mounted.ocfs2 "$@" image
  equals "$out" "$table"
  [[ $err =~ $words ]] || fail "expected \"$words\" in: $err"
}
# json EXPRESSION: of the volume v
json() {
  box mounted.ocfs2 -f --json ${watch:-} image |
    python3 -c 'import json, sys; v = json.load(sys.stdin)["volumes"][0]; print(eval(sys.argv[1]))' "$1"
}
now() { date +%s; }

began=$(now)
expect_success box mounted.ocfs2 -f image
equals "$out" "$table"
equals "$err" ''
equals "$out" "$(mounted.ocfs2 -f image 2> /dev/null)"
tells 'image: slot 1 says node 3, which never beat here' -f -v
equals "$(json 'v["nodes"], v["slots"][0]["slot"], v["slots"][0]["node"], v["slots"][0]["heartbeat"]')" \
  "([3], 1, 3, 'never')"

# It died 90 seconds ago, or lives.
FIRST_BEAT=$(($(now) - 90)) beat 3 0x1234567890 60000
tells 'image: slot 1 says node 3, no beat for 9[0-9] s$' -f -v
equals "$(json '85 < v["slots"][0]["last_beat_seconds_ago"] < 100, v["slots"][0]["heartbeat"]')" \
  "(True, 'silent')"
FIRST_BEAT=$(now) beat 3 0x1234567890 60000
tells 'image: slot 1 says node 3, last beat before [0-9] s$' -f -v
FIRST_BEAT=$(($(now) + 500)) beat 3 0x1234567890 60000
tells 'node 3, whose last beat is (49[0-9]|500) s ahead of this host.s clock$' -f -v
beat 3 0 60000
tells 'node 3, which left cleanly$' -f -v
equals "$(json 'v["slots"][0]["heartbeat"]')" left
[ $(($(now) - began)) -lt 20 ] || fail 'somebody waited'

# Watching proves it, whatever the clocks say.
start_node 3 0x1234567890 60000
tells 'image: slot 1 says node 3, which is alive$' --watch=3
equals "$(watch=--watch=3 json 'v["slots"][0]["heartbeat"], v["slots"][0]["watched_seconds"]')" "('alive', 3)"
stop_node
began=$(now)
tells 'image: slot 1 says node 3, no beat for [0-9]* s; none in the [56] s that were watched$' --watch
[ $(($(now) - began)) -ge 5 ] && [ $(($(now) - began)) -le 9 ] || fail 'it did not watch for five seconds'

# A node that has not taken a slot.
start_node 2 0x1234567890 60000
tells 'image: no slot says node 2, which is alive$' --watch=3
equals "$(watch=--watch=3 json '[n["node"] for n in v["beating_without_slot"]]')" '[2]'
stop_node

# Damage, volumes without a heartbeat, and one that is elsewhere.
printf damage | dd of=image bs=1 seek=$(($(region) + 3 * 512 + 20)) conv=notrunc status=none
tells 'node 3, whose last beat is damaged' -f -v
expect_success box mkfs.ocfs2 -x -q -M local image < /dev/null
expect_success box mounted.ocfs2 -f -v image
equals "$err" 'Probing device image'
expect_success box mkfs.ocfs2 -x -q -N 2 --cluster-stack=o2cb --cluster-name=prod --global-heartbeat image
expect_success box mounted.ocfs2 -f -v image
contains "$err" 'beat on other devices (global heartbeat)'
expect_exit 1 box mounted.ocfs2 --watch=0 image
contains "$err" '--watch'
