# SPDX-License-Identifier: GPL-2.0-or-later
#
# The reference checker as a witness. Its exit status says nothing and it is wrong about a few things on
# healthy volumes, so this is the one place that says which of its words count.
#
#     reference_findings IMAGE [fresh]
#
# prints what is wrong with IMAGE, one finding a line, and nothing for a clean volume. Whatever the checker
# says that a run over a clean volume does not say is a finding: problem codes, errors of its library, a
# crash, an early end. Four false alarms are known and left out, unless the volume is "fresh" from mkfs,
# where none of them may occur:
#   DX_TREE_MISSING            a directory without an index: legal, the kernel searches it linearly
#   INODE_SPARSE_SIZE          space preallocated beyond the end of a file; the kernel's global quota files
#   XATTR_FREE_START_INVALID   a bucket whose free space starts below its lowest pair: the kernel leaves such
#                              a hole when it removes an attribute or keeps a pair within one block. Starting
#                              above is a finding.
#   XATTR_VALUE_LEN_INVALID    a bucket that counts more bytes than its pairs have: the kernel goes on
#                              counting what a value had before it got shorter. Counting less is a finding.

export REFERENCE_FSCK=${REFERENCE_FSCK:-fsck.ocfs2}
PATH=$PATH:/usr/sbin:/sbin

# reference_fsck OPTION... IMAGE. It takes as much memory for its cache as it can get, up to the size of the
# volume, and spends ten seconds on having it zeroed; with less to be had it is content with less. Only the
# bitmaps of the largest volumes do not fit.
reference_fsck() {
  ( [ "$(stat -c %s "${!#}")" -gt $((1 << 36)) ] || ulimit -v 100000
    LC_ALL=C exec timeout "${FSCK_SECONDS:-300}" "$REFERENCE_FSCK" "$@" 2>&1 < /dev/null)
} 2> /dev/null  # what bash says when it crashes

reference_findings() { local image=$1 fresh=${2:-} words status alarms='^$'
  # -n opens read-only, joins no cluster, and asks nothing; what it would ask is answered "no" by the end of
  # input
  words=$(reference_fsck -fn "$image")
  status=$?
  if [ "$fresh" != fresh ]; then
    alarms='^\[(DX_TREE_MISSING|INODE_SPARSE_SIZE)\] '
    words=$(without_bucket_holes <<< "$words")
  fi
  grep -vE "$alarms" <<< "$words" | grep -vE \
    -e '^$|^fsck\.ocfs2 1\.|^Checking OCFS2 filesystem in ' \
    -e '^  (Label|UUID|Number of|Block size|Cluster size)' \
    -e '^\*\* Skipping slot recovery because -n was given\. \*\*$|was run with -f, check forced\.$' \
    -e '^Pass (0[abc]|[123]|4[abcd]|5): |^All passes succeeded\.$'
  grep -q '^All passes succeeded\.$' <<< "$words" || echo "the reference checker did not reach its end"
  [ "$status" -lt 124 ] || echo "the reference checker ended with status $status"; }

# leaves out XATTR_FREE_START_INVALID where the claimed start is not above the start that the checker
# believes in, and XATTR_VALUE_LEN_INVALID where the claimed length is not below
without_bucket_holes() {
  awk '/^\[XATTR_FREE_START_INVALID\] Extended attribute in bucket / {
         match($0, /start at [0-9]+/); claimed = substr($0, RSTART + 9, RLENGTH - 9)
         match($0, /believes it is [0-9]+/); believed = substr($0, RSTART + 15, RLENGTH - 15)
         if (RSTART > 0 && claimed + 0 <= believed + 0) next
       }
       /^\[XATTR_VALUE_LEN_INVALID\] Extended attribute in bucket / {
         match($0, /length [0-9]+ of/); claimed = substr($0, RSTART + 7, RLENGTH - 10)
         match($0, /believes it is [0-9]+/); believed = substr($0, RSTART + 15, RLENGTH - 15)
         if (RSTART > 0 && claimed + 0 >= believed + 0) next
       }
       { print }'; }
export -f reference_fsck reference_findings without_bucket_holes
