#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Chance damages the metadata of two rich volumes, 15 times each (LOOKS says otherwise, from SEED on);
# then every command of debugfs.ocfs2 looks at what was damaged, in text and as JSON. None may crash, hang, or
# take more memory than a rescue system has, and each document of JSON must be one.
. "$(dirname "$0")/lib.sh"

cat > mutate.py <<'END'
import json, os, random, re, resource, subprocess, sys

box, image, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
enough = 1 << 30  # bytes of text: a file of zeros
sanitized = b"__asan_init" in open(box, "rb").read()
signatures = (b"INODE01\0", b"EXBLK01\0", b"GROUP01\0", b"XATTR01\0", b"REFCNT1\0", b"DXDIR01\0",
              b"DXLEAF1\0", b"OCFSV2\0\0")
stats = subprocess.run([box, "debugfs.ocfs2", "-R", "stats", image], capture_output=True, text=True).stdout
size = 1 << int(re.search(r"Block Size Bits: (\d+)", stats)[1])
volume = open(image, "r+b", buffering=0)
end = volume.seek(0, os.SEEK_END)

def metadata():
    """Blocks by signature, those of directories by their trailer; holes are passed over."""
    found, at = {}, 0
    while at < end:
        try:
            at = os.lseek(volume.fileno(), at, os.SEEK_DATA)
        except OSError:
            break
        stop = os.lseek(volume.fileno(), at, os.SEEK_HOLE)
        for offset in range(at - at % size, stop, size):
            block = os.pread(volume.fileno(), size, offset)
            kind = block[:8] if block[:8] in signatures else block[-64:-56]
            if kind in signatures or kind == b"DIRTRL1\0":
                found.setdefault(kind, []).append(offset)
        at = stop
    return found

def commands(blocks):
    yield from ("stats", "slotmap", "hb", "stat_sysdir", "gd_free_bits", "logdump 0", "ls -l /", "ls -l //")
    for block in blocks:
        for name in ("group", "grpextents", "extent", "dx_root", "dx_leaf", "icheck", "findpath", "decode"):
            yield f"{name} {block}"
        for name in ("stat", "stat -T", "ls -l", "dirblocks", "dx_dump", "dx_space", "xattr -v", "frag",
                     "encode", "refcount -e"):
            yield f"{name} <{block}>"
        yield f"bmap <{block}> 3"
    for block in blocks:  # last: there may be no end to what a wrong size lets a file have
        yield f"cat <{block}>"

def limits():
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    if not sanitized:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

def look(seed, lines, *options):
    words = [box, "debugfs.ocfs2", "-n", *options, "-f", "lines", image]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=open("errors", "wb"), preexec_fn=limits)
    documents = told = 0
    if options:
        for line in run.stdout:
            json.loads(line)
            documents += 1
    else:
        while told < enough and (part := run.stdout.read(1 << 20)):
            told += len(part)
    if told >= enough:
        run.kill()
        run.wait()
        return None
    if run.wait() != 0 or b"Sanitizer" in open("errors", "rb").read():
        return f"status {run.returncode}: {open('errors', errors='replace').read()[-2000:]}"
    if options and documents != len(lines):
        return f"{documents} documents for {len(lines)} commands"

kinds = metadata()
assert len(kinds) > 6, kinds.keys()
failed = 0
for seed in range(first, first + count):
    chance = random.Random(seed)
    offsets = [chance.choice(kinds[chance.choice(sorted(kinds))]) for _ in range(chance.randint(1, 3))]
    before = {offset: os.pread(volume.fileno(), size, offset) for offset in offsets}
    for offset in before:
        block = bytearray(before[offset])
        for _ in range(chance.randint(1, 6)):
            # mostly in the head and the first records, where the counts are
            at = chance.randrange(chance.choice((0x40, 0x100, 0x200, size)) - 8) & ~1
            length = chance.choice((1, 2, 4, 8))
            value = chance.choice((0, 1, 0xff, (1 << 8 * length) - 1, chance.getrandbits(8 * length)))
            block[at:at + length] = (value & (1 << 8 * length) - 1).to_bytes(length, "little")
        os.pwrite(volume.fileno(), block, offset)
    lines = list(commands([offset // size for offset in before]))
    open("lines", "w").write("\n".join(lines) + "\nquit\n")
    lines.append("quit")
    for options in ((), ("--json",)):
        wrong = look(seed, lines, *options)
        if wrong:
            failed += 1
            print(f"{image}: seed {seed} {options}: {wrong}")
    for offset, block in before.items():
        os.pwrite(volume.fileno(), block, offset)
print(f"{count} seeds of {image}, {failed} failed")
sys.exit(failed > 0)
END

for volume in rich-base-4k-metaecc rich-base; do
  zstd -qdc "$ROOT/tests/corpus/$volume.img.zst" | cp --sparse=always /dev/stdin "$volume.img"
  python3 mutate.py "$BOX" "$volume.img" "${SEED:-1}" "${LOOKS:-15}" || fail "$volume"
done
