#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What scripts and people rely on in tunefs.ocfs2: options, texts, questions, JSON, undo, exit status.
source "$(dirname "$0")/lib.sh"

tune() { box tunefs.ocfs2 "$@"; }
query() { box tunefs.ocfs2 -Q "$1" image; }
json() { python3 -c 'import json, sys; d = json.load(open(".out")); print(eval(sys.argv[1]))' "$1"; }

make_image image 100M
expect_success box mkfs.ocfs2 -q -M local -N 2 -b 4K -C 4K -L demo -J size=4M image 20000
cp --sparse=always image before
again() { cp --sparse=always before image; }
untouched() { cmp -s image before || fail 'the volume was changed'; }

# Usage.
for words in '' 'image' '-L' '-L x' '-L a -L b image' '-N image' '-N x image' '-N 0 image' '-N 256 image' \
  '-L x image 100M' '-S image 10X' '-S image 1 2' '-J image' '-J size=x image' '-J fast image' '-Uxyz image' \
  '-Q %Z image' '-Q %d image' '-Q % image' '--fs-features=quick image' '--fs-features=sparse,nosparse image' \
  '-M both image' '-y -n -L x image' '--usrquota-sync-interval 99 image' '-z image' '--json -Q %V image'; do
  # shellcheck disable=SC2086
  expect_exit 1 tune $words
  contains "$err" Usage:
  equals "$out" ''
done
expect_exit 1 tune -L "$(printf 'x%.0s' {1..64})" image
expect_exit 1 tune -Q '%Z' image
contains "$err" 'Unknown type specifier in the query format: "%Z"'
expect_success tune --version
contains "$err" 'tunefs.ocfs2 2.'
expect_success tune --help
contains "$out" assume-offline
# What the help text offers is in the manual page, and the other way round.
options_in() { grep -oE -e '--[a-z][a-z-]+' | sort -u; }
plain_page() { sed 's/\\-/-/g; s/\\f[A-Z]//g' "$ROOT/man/tunefs.ocfs2.8"; }
equals "$(plain_page | grep -E '^\.(BR?|BI)' | options_in)" "$(options_in <<< "$out")"
expect_exit 20 tune -L x nothing
truncate -s 10M empty
expect_exit 20 tune -L x empty
untouched

# Queries.
equals "$(query '%B %T %N %V\n')" '4096 4096 2 demo'
equals "$(query '[%10V|%-10V|%3N]')" '[      demo|demo      |  2]'
equals "$(query '%R %Y %P')" '5 6 3'
equals "$(query 'a\tb\\c%%\n')" "$(printf 'a\tb\\c%%')"
equals "$(query '%M')" 'backup-super strict-journal-super'
contains "$(query '%H')" 'local sparse'
equals "$(query '%O')" unwritten
equals "$(query '%U')" "$(box mounted.ocfs2 -d image | awk 'END { print $(NF - 1) }')"
expect_success tune --list-sparse image
equals "$(sed -n 2p <<< "$out")" "$(printf '#inode\tcluster nums\tfilepath')"
contains "$out" 'Total hole clusters in orphan_dir:0001: 0'
contains "$out" 'clusters in the volume.'
untouched

# Questions: to standard error, and none but the dangerous ones unless they are wished.
expect_success tune -i -L new image <<< n
contains "$err" 'Change the label on device "image" from "demo" to "new"? '
equals "$out" ''
untouched
expect_success tune -n -L new image
contains "$err" 'to "new"? n'
untouched
expect_success tune --cloned-volume image < /dev/null
contains "$err" 'DANGER'
untouched
expect_success tune -i -L new image <<< y
equals "$(query %V)" new
again
expect_success tune -y --cloned-volume=copy image
equals "$(query %V)" copy
[ "$(query %U)" = "$(box tunefs.ocfs2 -Q %U before)" ] && fail 'a clone with the UUID of its original'
again
expect_success tune -y -U59d4d4c0-66b4-4520-9b29-5c92950c3925 image
contains "$err" 'WARNING!!!'
equals "$(query %U)" 59D4D4C066B445209B295C92950C3925
expect_success tune --uuid-reset image
equals "$err" ''

# What is so already is left alone.
again
expect_success tune -v -L demo -N 2 -J size=4M,block32 -M local --fs-features=sparse,nousrquota image
contains "$err" 'already has the label "demo"; nothing to do'
contains "$err" 'nothing to enable'
contains "$err" 'nothing to disable'
untouched

# A dry run, in words and as a document.
expect_success tune --dry-run -L x -N 4 -S image
equals "$out" "$(printf '%s\n' 'size: 20000 clusters -> 25600 clusters' 'label: demo -> x' 'slots: 2 -> 4')"
expect_success tune --dry-run --json -L x -N 2 image
equals "$(json 'd["dry_run"], [(o["operation"], o["state"]) for o in d["operations"]]')" \
  "(True, [('label', 'planned'), ('slots', 'unchanged')])"
untouched

# All of it, with a way back.
expect_success tune --json --undo=back -L x -N 4 -S -J size=6M --fs-features=noappend-dio image
equals "$(json 'set(o["state"] for o in d["operations"]), d["operations"][0]["to"]')" \
  "({'done'}, '25600 clusters')"
equals "$(query '%V %N')" 'x 4'
lacks "$(query %H)" append-dio
expect_success box fsck.ocfs2 -fn image
lacks "$out" '['
expect_success box undo back image
untouched
rm back

# Refusals name the reason, leave everything alone and no undo file, and do not exit with 0.
refused() {
  local words=$1
  shift
  expect_exit 20 tune --undo=back -L written "$@"
  contains "$err" "$words"
  [ ! -e back ] || fail 'an undo file without content'
  untouched
}
refused 'cannot hold more than 25600 clusters (104857600 bytes)' -S image 1G
refused 'cannot be shrunk to 2560 clusters' -S image 10M
refused 'too small' -J size=1M image
refused 'are free' -J size=60M image
refused 'Unable to find available bit' -N 200 image
refused 'no cluster runs' -M cluster image
refused 'The user quota is not enabled' --usrquota-sync-interval=200 image
expect_exit 20 tune --json -N 200 image
contains "$(json 'd["error"]')" 'Unable to find available bit'

again
expect_success tune --fs-features=nobackup-super image
expect_exit 20 tune --backup-super image
contains "$err" 'too small to contain backup superblocks'

# Progress.
again
expect_success tune -p -N 3 image
contains "$out" '[tunefs.ocfs2   0% > Adding slots 100%]'

# In use on this host: another program of ours has it.
again
mkfifo hold
python3 - << 'END' &
import fcntl
image = open("image", "r+b")
fcntl.flock(image, fcntl.LOCK_EX)
open("hold").read()
END
holder=$!
exec 7> hold
sleep 1
expect_exit 20 tune -L x image
contains "$err" image
exec 7>&-
wait $holder
untouched

# A clustered volume whose cluster does not run: somebody must vouch for its nodes.
make_image clustered 60M
expect_success box mkfs.ocfs2 -q -x -N 2 --cluster-stack=o2cb --cluster-name=prod clustered
expect_exit 20 tune -L x clustered
contains "$err" assume-offline
expect_success tune --assume-offline -L x clustered
equals "$(box tunefs.ocfs2 -Q %V clustered)" x
expect_success tune -y --cloned-volume clustered
equals "$(box tunefs.ocfs2 -Q %V clustered)" x-cloned
expect_success tune --assume-offline -M local clustered
contains "$(box tunefs.ocfs2 -Q %H clustered)" local
