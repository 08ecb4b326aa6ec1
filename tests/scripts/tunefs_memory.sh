#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# No change of a volume with 200,000 inodes, each of which belongs to another user and group, takes more than
# 64 MiB of memory, nor does checking all their quotas.
. "$(dirname "$0")/lib.sh"

make_image image 6G
expect_success box mkfs.ocfs2 -q -M local -N 2 -J size=16M image
"$(dirname "$BOX")/tests/populate" image 200000 7 200000 > /dev/null || fail 'cannot be populated'

cat > measured.py << 'END'
import resource, subprocess, sys
run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
if run.returncode != 0:
    print(f"ends with status {run.returncode}: {run.stdout}")
if peak > 64 * 1024:
    print(f"takes {peak} KiB")
END

passed=0 failed=0
while read -r words; do
  # shellcheck disable=SC2086
  wrong=$(python3 measured.py "$BOX" $words 2>&1 < /dev/null)
  if [ -z "$wrong" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    sed "s/^/$words: /" <<< "$wrong"
  fi
done << 'END'
tunefs.ocfs2 --fs-features=usrquota,grpquota image
fsck.ocfs2 -fn image
tunefs.ocfs2 -S image 3G
tunefs.ocfs2 --fs-features=noindexed-dirs image
tunefs.ocfs2 --fs-features=metaecc image
tunefs.ocfs2 -N 1 image
tunefs.ocfs2 --fs-features=noinline-data image
tunefs.ocfs2 --fs-features=nousrquota,nogrpquota image
END
expect_success box fsck.ocfs2 -fn image
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
