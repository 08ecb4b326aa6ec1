#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One binary, many names: it is the command that it is called by, or that its first argument names.
source "$(dirname "$0")/lib.sh"

applets=$("$BOX" --list | awk '{ print $1 }')
[ -n "$applets" ] || fail "the binary knows no command"

# The list: a line each, the name, then words; sorted.
equals "$(sort <<< "$applets")" "$applets"
"$BOX" --list | while read -r name words; do [ -n "$words" ] || fail "$name has no summary"; done

# Help and version answer on standard output with 0.
expect_success "$BOX" --help
contains "$out" "Usage: ocfs2box"
for applet in $applets; do contains "$out" "$applet"; done
expect_success "$BOX" --version
version=${out#ocfs2box }
contains "$version" "."
expect_success "$BOX" -V
equals "$out" "ocfs2box $version"

# Every command knows --help, in 80 columns, and its version under the name it was called by.
for applet in $applets; do
  expect_success "$BOX" "$applet" --help
  contains "$out" "Usage: $applet"
  equals "$err" ""
  longest=$(awk '{ if (length($0) > most) most = length($0) } END { print most }' <<< "$out")
  [ "$longest" -le 80 ] || fail "the help of $applet has a line of $longest columns"
  expect_success "$BOX" "$applet" --version
  equals "$out$err" "$applet $version"
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
  contains "$err" "$applet: unknown option '--hepl', did you mean '--help'?"
  contains "$err" "Usage: $applet"
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
