// SPDX-License-Identifier: GPL-2.0-or-later
//
// Another host of the cluster, as an administrator reaches it: over ssh, or whatever program is named
// instead, called as ssh is. Words that it writes to standard error, and questions for passwords, are the
// user's to see; what the remote command writes to its standard output comes back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ocfs2 {

struct RemoteAnswer {
  int status;  ///< of the command; 255: ssh did not come through; 128 + a signal's number
  std::string output;
  bool good() const { return status == 0; }
};

class RemoteShell {
 public:
  /// `program`: words of the command that is called, "ssh -p 2222".
  explicit RemoteShell(std::string_view program = "ssh");

  /// Runs `command` by the shell of `host`, "root@10.0.0.1", with `input` as its standard input.
  RemoteAnswer run(const std::string& host, const std::string& command, std::string_view input = {}) const;

 private:
  std::vector<std::string> program_;
};

/// A word as a shell takes it, whatever is in it.
std::string shell_word(std::string_view word);

}  // namespace ocfs2
