#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# --json writes one document to standard output, which tells the truth about the volume.
source "$(dirname "$0")/lib.sh"

# value EXPRESSION: of the document `d` in the file volume.json
value() { python3 -c "import json; d = json.load(open('volume.json')); print($1)"; }

make_image image 100M
label='quote " and \ é'
expect_success box mkfs.ocfs2 --json -N 3 -L "$label" --cluster-stack=o2cb --cluster-name=prod image
equals "$err" ''
printf '%s\n' "$out" > volume.json
python3 -m json.tool volume.json > /dev/null || fail 'this is no JSON'
equals "$(value 'd["device"], d["dry_run"], d["heartbeat_device"]')" 'image False False'
equals "$(value 'd["label"]')" "$label"
equals "$(value '*d["cluster"].values()')" 'o2cb prod False'

# Against the superblock.
expect_success box debugfs.ocfs2 -R stats image
contains "$out" "UUID: $(value 'd["uuid"].replace("-", "").upper()')"
contains "$out" "Label: $label"
contains "$out" "Max Node Slots: $(value 'd["node_slots"]')"
contains "$out" "Block Size Bits: $(value 'd["block_size"].bit_length() - 1')   "
contains "$out" "Cluster Size Bits: $(value 'd["cluster_size"].bit_length() - 1')"
contains "$out" "Clusters: $(value 'd["clusters"]')"
contains "$out" "Root Blknum: $(value 'next(f["inode"] for f in d["files"] if f["path"] == "/")')   "
sizes='d["clusters"] * d["cluster_size"] == d["volume_bytes"] == d["blocks"] * d["block_size"]'
equals "$(value "$sizes")" True
told=$(sed -nE 's/^\tFeature [A-Za-z ]+: [0-9]+ //p' <<< "$out" | tr ' ' '\n' | sort | xargs)
equals "$(value 'd["features"]' | tr -d "[],'" | tr ' ' '\n' | sort | xargs)" "$told"

# Against the files.
expect_success box debugfs.ocfs2 -R 'stat //journal:0002' image
journal='next(f for f in d["files"] if f["path"] == "//journal:0002")'
contains "$out" "Inode: $(value "$journal[\"inode\"]") "
contains "$out" "Size: $(value "$journal[\"size_bytes\"]")"
equals "$(value "$journal[\"size_bytes\"] == d[\"journal_bytes\"]")" True
clusters="sum(r[\"count\"] for r in $journal[\"cluster_runs\"])"
equals "$(value "$clusters * d[\"cluster_size\"] == d[\"journal_bytes\"]")" True
expect_success box debugfs.ocfs2 -R 'stat //global_bitmap' image
contains "$out" "Used: $(value 'd["clusters_in_use"]') "

# A dry run describes the same volume; where a question is asked, it is not on standard output.
expect_success box mkfs.ocfs2 --json -n -N 3 image
printf '%s\n' "$out" > volume.json
equals "$(value 'd["dry_run"]')" True
run box mkfs.ocfs2 --json image < /dev/null
equals "$status" 1
equals "$out" ''
contains "$err" 'Proceed (y/N): '
