#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Every command of debugfs.ocfs2 that shows something says the same as JSON: one document a command, read by
# python3, with the values that stand in the text. Of volumes that kernels filled.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/survey.sh"

# commands_for IMAGE: what there is to show on it; needs the lists of the survey
commands_for() {
  printf '%s\n' stats 'stats -h' slotmap hb stat_sysdir gd_free_bits curdev 'logdump 0' 'logdump 1' \
    'icheck 2 5 100 700 5000 50000' 'cd /ext' 'ls' 'cd /'
  sed 's/.*/ls &\nls -l &\ndirblocks &\ndx_dump &\ndx_space &/' dirs
  sed 's/.*/stat &\nencode &\nfrag &/' inodes
  awk 'NR % 7 == 0' inodes | sed 's/.*/xattr -v &\nbmap & 1/'
  sed 's/^/refcount -e /' inodes | awk 'NR % 5 == 0'
  shuf -n 5 --random-source=inodes inodes | sed 's/.*/locate &\nfindpath &/'
  box debugfs.ocfs2 -n -R 'stat //global_bitmap' "$1" |
    awk '/^\t##   Block#/ { on = 1; next } on && NF == 7 { print "group " $2 "\ngrpextents " $2 }
      NF != 7 { on = 0 }'
}

cat > compare.py <<'EOT'
import json, re, sys
texts, current = {}, None
order = []
for line in open("text", encoding="utf-8", errors="surrogateescape"):
    if line.startswith("debugfs: "):
        current = line[9:].rstrip("\n")
        order.append(current)
        texts[current] = []
    else:
        texts[current].append(line.rstrip("\n"))
documents = [json.loads(line) for line in open("json", encoding="utf-8")]
assert [d["command"] for d in documents] == order, "not one document a command"
compared = {}

def same(command, what, text, found):
    assert text == found, f"{command}: {what}: {text!r} in the text, {found!r} in the JSON"

def numbers(lines, pattern):
    return [tuple(int(n, 0) for n in m.groups()) for m in map(re.compile(pattern).match, lines) if m]

def inode(command, lines, node):
    text = "\n".join(lines)
    for label, value in (
            ("Inode", node["i_blkno"]), ("Size", node["i_size"]), ("Clusters", node["i_clusters"]),
            ("Links", node["i_links_count"]),
            ("Generation", node["i_generation"]), ("Refcount Block", node["i_refcount_loc"]),
            ("Last Extblk", node["i_last_eb_blk"]), ("Sub Alloc Bit", node["i_suballoc_bit"])):
        found = re.search(r"(?:^\t|   )%s: (\d+)" % label, text, re.M)
        if label != "Links" or node["i_dyn_features"] & 8 == 0:
            same(command, label, int(found[1]), value)
    same(command, "CRC32", re.search(r"CRC32: (\w+)", text)[1], "%08x" % node["i_check"]["bc_crc32e"])
    same(command, "mtime", re.search(r"mtime: (\w+) ", text)[1], hex(node["i_mtime"]))

def lists(document):
    """Every extent list of the document, in order, but for those of attributes."""
    if isinstance(document, dict):
        if "l_tree_depth" in document:
            yield document
        for name, value in document.items():
            if name != "xattrs":
                yield from lists(value)
    elif isinstance(document, list):
        for value in document:
            yield from lists(value)

def stat(command, lines, d):
    inode(command, lines, d["inode"])
    rows = numbers(lines, r"\t\d+ +(\d+) +(\d+) +(\d+) +0x")
    found = [(r["e_cpos"], r["e_leaf_clusters"], r["e_blkno"])
             for l in lists(d) if l["l_tree_depth"] == 0 for r in l.get("l_recs", [])]
    if d["inode"]["i_flags"] & 0x400 == 0:
        same(command, "extents", rows, found)
    rows = numbers(lines, r"\t\d+ +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)")
    if "groups" in d and not any(lists(d)):
        group(command, lines, d)

def group(command, lines, d):
    rows = numbers(lines, r"\t\d+ +(\d+) +(\d+) +\d+ +(\d+) +(\d+) +(\d+) *$")
    fields = "bg_blkno", "bg_bits", "bg_free_bits_count", "longest_free_run", "bg_size"
    same(command, "groups", rows, [tuple(g[f] for f in fields) for g in d["groups"]])

def entries(command, lines, d):
    rows = [tuple(line.split(None, 4)) for line in lines if line.strip()]
    same(command, "entries", [(int(r[0]), int(r[1]), int(r[2]), int(r[3])) for r in rows],
         [(e["inode"], e["rec_len"], e["name_len"], e["file_type"]) for e in d["entries"]])
    if all(c.isascii() for line in lines for c in line):
        same(command, "names", [r[4] for r in rows if len(r) > 4],
             [e["name"] for e in d["entries"] if e["name"].strip()])

def details(command, lines, d):
    rows = [line.split(None, 8) for line in lines if line.strip()]
    same(command, "details", [(int(r[0]), int(r[2]), int(r[3]), int(r[4]), int(r[5])) for r in rows],
         [(e["inode"], e["links"], e["i_uid"], e["i_gid"], e["i_size"]) for e in d["entries"]])

def count(pattern, total):
    return lambda command, lines, d: same(
        command, pattern, len(re.findall(pattern, "\n".join(lines), re.M)), total(d))

def one(pattern, value):
    return lambda command, lines, d: same(
        command, pattern, re.search(pattern, "\n".join(lines), re.M)[1], str(value(d)))

def xattr(command, lines, d):
    total = re.search(r"in total: (\d+)", "\n".join(lines))
    same(command, "attributes", int(total[1]) if total else 0,
         sum(c["xh_count"] for c in d["containers"]))

def icheck(command, lines, d):
    for line, block in zip(lines[1:], d["blocks"]):
        words = line.split()
        same(command, "block", int(words[0]), block["block"])
        same(command, "owner", words[1], "Unused" if not block["used"] else str(block["inode"] or "Unknown"))

def each(*checks):
    return lambda command, lines, d: [check(command, lines, d) for check in checks]

def runs(command, lines, d):
    counts = re.findall(r"Extent Count: (\d+)", "\n".join(lines))
    same(command, "runs", [int(c) for c in counts], [len(g["free"]) for g in d["groups"]])

def index_entries(d):
    nodes = d.get("leaves", []) + ([d["root"]] if d["root"] else [])
    return sum(len(n.get("dl_list", n.get("dr_list", {})).get("de_entries", [])) for n in nodes)

checks = {
    "stats": each(one(r"Max Node Slots: (\d+)", lambda d: d["id2"]["s_max_slots"]),
                  one(r"Label: (.*)", lambda d: d["id2"]["s_label"]),
                  one(r"UUID: (.*)", lambda d: d["id2"]["s_uuid"].upper())),
    "stat": stat, "group": group, "ls": entries, "xattr": xattr, "icheck": icheck,
    "grpextents": runs,
    "dirblocks": count(r"^\tDirblock: ", lambda d: len(d["blocks"])),
    "dx_dump": count(r"^\t +\d+ +\(0x", index_entries),
    "dx_space": count(r"Trailer Block: ", lambda d: len(d["trailers"])),
    "encode": one(r"\t(\S+) ", lambda d: d["lock"]),
    "frag": one(r"extents: (\d+)", lambda d: d["extents"]),
    "bmap": one(r"\t(\d+)", lambda d: d["block"]),
    "locate": count(r"^\t\d+\t/", lambda d: len(d["names"])),
    "findpath": count(r"^\t\d+\t/", lambda d: len(d["names"])),
    "stat_sysdir": count(r"^  //", lambda d: len(d["files"])),
    "gd_free_bits": count(r"^\t\d+ +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ +\d+", lambda d: len(d["groups"])),
    "logdump": each(
        count(r"^\tBlock \d+: (?!Unknown|Journal Superblock)", lambda d: len(d["blocks"])),
        count(r"Commit Block$", lambda d: sum(b["kind"] == "journal commit" for b in d["blocks"]))),
    "slotmap": count(r"^\t +\d+ +\d+", lambda d: len(d["slots"])),
    "hb": count(r"^\t +\d+: ", lambda d: len(d["nodes"])),
    "refcount": count(r"Reftree Count", lambda d: len(d.get("leaves", [])) + ("root" in d)),
    "curdev": one(r"(.+)", lambda d: d["device"]),
}
for d in documents:
    name = d["command"].split()[0]
    if name in checks and d["command"].split()[1:2] == ["-l"] and name == "ls":
        details(d["command"], texts[d["command"]], d)
    elif name in checks and "error" not in d and (name != "stats" or "-h" not in d["command"]):
        checks[name](d["command"], texts[d["command"]], d)
    else:
        continue
    compared[name] = compared.get(name, 0) + 1
missing = set(checks) - set(compared)
assert not missing, f"never compared: {missing}"
print(compared)
EOT

for image in rich-base rich-base-4k-metaecc; do
  zstd -q -dcf "$ROOT/tests/corpus/$image.img.zst" > image
  survey image
  commands_for image > commands
  box debugfs.ocfs2 -f commands image 2> errors > text
  box debugfs.ocfs2 --json -f commands image 2> json.errors > json
  sed -i '$ { /^$/d }' text
  python3 compare.py || fail "$image: the JSON is not what the text says"
done

# What goes wrong is in the document, and on standard error; commands without a form say so.
printf '%s\n' 'stat /nothing' 'bogus' 'stat' 'cat /x' 'cd /ext' 'ls' > commands
box debugfs.ocfs2 --json -f commands image 2> errors > json
python3 - <<'END' || fail "errors are not in the documents: $(cat json)"
import json
documents = [json.loads(line) for line in open("json")]
assert len(documents) == 6
assert "there is no" in documents[0]["error"]
assert documents[1]["error"] == "command not found"
assert documents[2]["error"].startswith("usage: stat")
assert documents[3]["error"] == "this command has no form in JSON"
assert documents[4] == {"command": "cd /ext"}
assert len(documents[5]["entries"]) > 5
END
equals "$(wc -l < errors)" 5  # one more than failures: the version
expect_exit 1 box debugfs.ocfs2 --json --strict -R 'stat /nothing' image
