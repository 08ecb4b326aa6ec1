#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One binary, many names: it is the command that it is called by, or that its first argument names.
source "$(dirname "$0")/lib.sh"

applets=$("$BOX" --list | awk '{ print $1 }')
[ -n "$applets" ] || fail "the binary knows no command"

# Some have no link of their own, so they are called in two words.
name_of() { case $1 in undo | fswreck) echo "ocfs2box $1" ;; *) echo "$1" ;; esac; }
fits_80_columns() {
  [ "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' <<< "$1")" -le 80 ] ||
    fail "more than 80 columns: $1"
}

# The list: a line each, the name, then words; sorted.
equals "$(sort <<< "$applets")" "$applets"
"$BOX" --list | while read -r name words; do [ -n "$words" ] || fail "$name has no summary"; done

# Help and version answer on standard output with 0.
expect_success "$BOX" --help
contains "$out" "Usage: ocfs2box"
for applet in $applets; do contains "$out" "$applet"; done
fits_80_columns "$out"
expect_success "$BOX" --version
version=${out#ocfs2box }
contains "$version" "."
expect_success "$BOX" -V
equals "$out" "ocfs2box $version"

# Every command knows --help, in 80 columns, and its version under the name it was called by.
for applet in $applets; do
  expect_success "$BOX" "$applet" --help
  contains "$out" "Usage: $(name_of "$applet") [OPTION]"
  equals "$err" ""
  fits_80_columns "$out"
  expect_success "$BOX" "$applet" --version
  equals "$out$err" "$(name_of "$applet") $version"
done

# No name, and a wrong one: the commands on standard error, and 2.
expect_exit 2 "$BOX"
for applet in $applets; do contains "$err" "$applet"; done
expect_exit 2 "$BOX" no-such-command
contains "$err" "unknown command 'no-such-command'"
equals "$out" ""
first=$(head -1 <<< "$applets")
expect_exit 2 "$BOX" "${first}x"
contains "$err" "did you mean '$first'?"
ln -s "$BOX" no-such-command
expect_exit 2 ./no-such-command
contains "$err" "no-such-command: unknown command"

# A wrong option: what is wrong, what was meant, the usage line; nothing on standard output.
for applet in $applets; do
  run "$BOX" "$applet" --hepl
  [ "$status" -ne 0 ] || fail "$applet takes --hepl"
  contains "$err" "$(name_of "$applet"): unknown option '--hepl', did you mean '--help'?"
  contains "$err" "Usage: $(name_of "$applet") [OPTION]"
  equals "$out" ""
done
expect_exit 2 "$BOX" --lits
contains "$err" "unknown option '--lits', did you mean '--list'?"

# Words that cannot be written are an error.
if [ -e /dev/full ]; then
  help_to_full() { "$BOX" --help > /dev/full; }
  expect_exit 1 help_to_full
  contains "$err" "cannot write"
fi

# A message never ends up in a file because a caller had closed standard error: the descriptor is not free
# for it.
echo "no undo file" > store
without_stderr() { "$BOX" undo store store 2>&-; }
expect_exit 1 without_stderr
equals "$(cat store)" "no undo file"
