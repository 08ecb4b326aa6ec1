# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A command on a terminal of its own, with somebody who types.

# terminal KEYS box APPLET ARGUMENT...: types KEYS (with printf's escapes) at the first question, which ends
# in "<y> " or "<n> "; sets status and out. Behind the output it says "terminal as it was" if it is.
terminal() {
  local keys
  keys=$(printf '%b.' "$1")
  shift 2
  ran="on a terminal: $*"
  status=0
  KEYS=${keys%.} python3 - "$BOX" "$@" > "$TMP/.out" 2> "$TMP/.err" << 'END' || status=$?
import os, pty, re, select, sys, termios, time

keys = os.environ["KEYS"].encode()
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
before = termios.tcgetattr(terminal)
seen, typed, deadline = b"", False, time.monotonic() + 60
while time.monotonic() < deadline:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    if not typed and re.search(rb"<[yn]> $", seen):
        time.sleep(0.3)  # so that it waits for the key
        os.write(terminal, keys)
        typed = True
sys.stdout.write(seen.decode(errors="replace").replace("\r\n", "\n"))
if termios.tcgetattr(terminal) == before:
    print("terminal as it was")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
END
  out=$(cat "$TMP/.out")
  err=$(cat "$TMP/.err")
}
