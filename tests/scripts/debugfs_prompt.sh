#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The prompt of debugfs.ocfs2, typed at through a pseudo-terminal: editing, history, completion of commands
# and paths, Ctrl-C and Ctrl-D, the pager, a terminal that can do nothing.
. "$(dirname "$0")/lib.sh"

zstd -q -dcf "$ROOT/tests/corpus/rich-base-4k-metaecc.img.zst" > image
cat > type.py <<'END'
import os, pty, re, select, signal, struct, sys, termios, time, fcntl

class Session:
    """debugfs.ocfs2 at a terminal of 80 columns."""
    def __init__(self, terminal="xterm", pager="__none__", device=True, columns=80):
        self.seen = b""
        self.child, self.tty = pty.fork()
        if self.child == 0:
            environment = dict(os.environ, PAGER=pager)
            environment.pop("TERM", None)
            if terminal:
                environment["TERM"] = terminal
            words = [os.environ["BOX"], "debugfs.ocfs2"] + (["image"] if device else [])
            os.execvpe(words[0], words, environment)
        fcntl.ioctl(self.tty, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        able = terminal not in (None, "dumb")
        self.prompt = b"\rdebugfs: \x1b[K" if able else b"debugfs: "
        self.wait_for(self.prompt)

    def read(self, seconds):
        if not select.select([self.tty], [], [], seconds)[0]:
            return False
        try:
            part = os.read(self.tty, 65536)
        except OSError:
            part = b""
        self.seen += part
        return bool(part)

    def wait_for(self, words):
        end = time.time() + 20
        while words not in self.seen:
            if time.time() > end or not self.read(1) and self.gone():
                raise SystemExit(f"waited for {words!r}, saw {self.seen!r}")
        before, _, self.seen = self.seen.partition(words)
        return before

    def type(self, keys, answer):
        """Sends keys; everything up to the answer. Behind a whole line the next prompt is waited for, since
        the terminal edits itself what is typed before."""
        os.write(self.tty, keys)
        text = self.wait_for(answer)
        if keys[-1:] in b"\r\n":
            self.wait_for(self.prompt)
        return text

    def gone(self):
        return os.waitid(os.P_PID, self.child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def ends(self, keys):
        os.write(self.tty, keys)
        while self.read(5):
            pass
        _, status = os.waitpid(self.child, 0)
        if status != 0:
            raise SystemExit(f"ended with {status}: {self.seen!r}")
        os.close(self.tty)

def line(text):
    return b"\n" + text

device = b"\r\nimage\r\n"
s = Session()
# editing: letters in the middle, at the ends, words, the rest of the line
s.type(b"urde\x01c\x05v\r", device)
s.type(b"curdxev\x1b[D\x1b[D\x7f\r", device)
s.type(b"curdxev\x1b[D\x1b[D\x1b[D\x1b[3~\r", device)
s.type(b"nonsense curdev\x01\x1b[1;5C\x15\r", device)
s.type(b"nonsense\x17curdev tail\x1b[1;5D\x0b\x7f\r", device)
s.type(b"curdev tail\x1bb\x0b\r", device)
# history: one up, two up, down again, the new line kept
s.type(b"stat\r", b"usage: stat [-t|-T] <filespec>")
s.type(b"\x1b[A\x1b[A\r", device)
s.type(b"\x10\x0e\x10\x10\r", b"usage: stat")
s.type(b"curd\x1bOA\x1bOBev\r", device)
# completion: the rest of a command, a list, paths, the system directory, relative paths
s.type(b"curd\t\r", device)
listed = s.type(b"dx_\t\t", b"dx_space")
assert all(name in listed for name in (b"dx_dump", b"dx_leaf", b"dx_root")), listed
s.type(b"\x15stat /lost\t", b"stat /lost+found/")
s.type(b"\r", b"Type: Directory")
s.type(b"stat //slot\t\r", b"Flags: Valid System")
s.type(b"cd /lost+found\r", b"\r\n")
s.type(b"stat ../nam\t\r", b"Type: Directory")
s.type(b"cd /\r", b"\r\n")
s.type(b"stat /nothing-begins-so\t\r", b"nothing-begins-so")
# Ctrl-C drops the line; nothing of it is done, or remembered
s.type(b"quit\x03", b"^C")
s.wait_for(s.prompt)
s.type(b"\x1b[A\r", b"nothing-begins-so")
# UTF-8: a character is erased as one, and bytes that are none do no harm
s.type("ls /ö€\x7f\x7f".encode() + b"lost+found\r", b"..")
s.type(b"\xff\xfe\x1b[D\x7f\x01\x0bcurdev\r", device)
# a line longer than the terminal
s.type(b"curdev" + b" " * 200 + b"\x1b[H\x1b[C\x1b[C\x1b[C\x05\r", device)
s.type(b"no" + b"x" * 150 + b"\r", b"x: command not found")
# Ctrl-D deletes, and on an empty line ends
s.type(b"curdevx\x1b[D\x04\r", device)
s.ends(b"\x04")

s = Session(columns=24)
s.type(b"curdev\r", device)
s.ends(b"quit\r")

# the pager may be left before the end, again and again
s = Session(pager="head -n 1")
s.type(b"logdump 0\r", b"Journal Superblock")
s.type(b"stat_sysdir\r", b"Device: image")
s.type(b"curdev\r", device)
s.ends(b"quit\r")

# terminals that cannot move a cursor, and what was typed before the program asked
for terminal in ("dumb", None):
    s = Session(terminal)
    text = s.type(b"curdev\n", device)
    assert b"\x1b" not in text, text
    s.ends(b"quit\n")

# without a device there are commands to complete, but no paths
s = Session(device=False)
s.type(b"stat /lo\t\r", b"No device open")
s.type(b"hel\t\r", b"This information")
s.ends(b"\x04")

# a signal that asks it to stop finds the terminal as it was
s = Session()
before = termios.tcgetattr(s.tty)
os.kill(s.child, signal.SIGTERM)
while s.read(5):
    pass
os.waitpid(s.child, 0)
print("all typed")
END
export BOX
expect_success timeout 120 python3 type.py
equals "$out" 'all typed'
