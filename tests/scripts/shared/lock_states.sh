# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Compares what debugfs.ocfs2 makes of the kernel's lists of locks with what the reference makes of them.

# older VERSION: the newest list of a file system's locks as an older kernel would have written it; the
# reference knows them up to version 3. The last three numbers came with version 4.
older() { sed "s/^0x4/0x$1/" | awk -F'\t' -v OFS='\t' '{ NF -= 4; print $0 OFS }'; }
# The reference cannot decode the values that kernels write since 2.6.
without_decoded() { sed '/^Decoded LVB/,/Mtime_packed/d'; }

# same_lock_states FOLDER: with files fs_locks, dlm_locks and net_stats as the kernel wrote them
same_lock_states() {
  local folder=$1 version words
  for version in 2 3; do
    older $version < "$folder/fs_locks" > older
    for words in '' -l -B '-B -l'; do
      debugfs.ocfs2 -n -R "fs_locks $words -f older" > theirs 2> /dev/null
      box debugfs.ocfs2 --strict -R "fs_locks $words -f older" > all || fail "fs_locks $words: status $?"
      without_decoded < all > ours
      [ -s ours ] || fail "fs_locks $words shows nothing"
      cmp -s theirs ours || fail "fs_locks $words, version $version: $(diff theirs ours | head -n 10)"
    done
  done
  for words in '' -l; do
    debugfs.ocfs2 -n -R "dlm_locks $words -f $folder/dlm_locks" > theirs 2> /dev/null
    box debugfs.ocfs2 --strict -R "dlm_locks $words -f $folder/dlm_locks" > ours || fail "dlm_locks: $?"
    [ -s ours ] || fail "dlm_locks $words shows nothing"
    # jiffies need more than 32 bits in the minutes around 2^32, with which kernels begin
    grep -q '^Last Used: [0-9]' ours || fail "dlm_locks $words tells no time: $(head -n 3 ours)"
    sed -i 's/^Last Used: [^ ]* */Last Used: /' theirs ours
    cmp -s theirs ours || fail "dlm_locks $words: $(diff theirs ours | head -n 10)"
  done
}
