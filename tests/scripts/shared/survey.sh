# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash

# survey IMAGE: every directory and every inode of a volume, as <N>, in the files dirs and inodes
survey() {
  local level='/ //' next
  printf '%s\n' / // > dirs
  : > inodes
  while [ -n "$level" ]; do
    # shellcheck disable=SC2086
    printf 'ls %s\n' $level > list
    echo quit >> list
    next=$(box debugfs.ocfs2 -n -f list "$1" |
      awk -v known=inodes 'BEGIN { while ((getline line < known) > 0) seen[line] = 1 }
        !seen["<" $1 ">"]++ { print "<" $1 ">" >> known; if ($4 == 2) print "<" $1 ">" }')
    [ -z "$next" ] || echo "$next" >> dirs
    level=$next
  done
}
