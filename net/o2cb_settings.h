// SPDX-License-Identifier: GPL-2.0-or-later
//
// /etc/sysconfig/o2cb or /etc/default/o2cb: what the cluster's service does at boot, and the times by which a
// node counts as dead (spec: cluster.md A4). The file is a piece of shell script; we read its assignments and
// change them where they stand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/kernel_files.h"

namespace ocfs2 {

/// A time that all nodes must agree on: the variable, and the file of the kernel that it goes to, below the
/// cluster's folder in configfs.
struct O2cbTime {
  std::string_view variable, kernel_file;
  unsigned usual, least;
  std::string_view words;  ///< "heartbeat dead threshold"
};

inline constexpr O2cbTime o2cb_times[] = {
    {"O2CB_HEARTBEAT_THRESHOLD", "heartbeat/dead_threshold", 31, 7, "heartbeat dead threshold"},
    {"O2CB_IDLE_TIMEOUT_MS", "idle_timeout_ms", 30000, 5000, "network idle timeout in ms"},
    {"O2CB_KEEPALIVE_DELAY_MS", "keepalive_delay_ms", 2000, 1000, "network keepalive delay in ms"},
    {"O2CB_RECONNECT_DELAY_MS", "reconnect_delay_ms", 2000, 2000, "network reconnect delay in ms"},
};

class O2cbSettings {
 public:
  explicit O2cbSettings(std::string_view text);

  /// What a variable says, without quotes; empty when it says nothing or is not there.
  std::string get(std::string_view variable) const;
  void set(std::string_view variable, std::string_view value);
  std::string text() const;

  bool enabled() const { return get("O2CB_ENABLED") == "true"; }
  std::string stack() const;  ///< "o2cb" unless said otherwise
  /// The number, or nothing when the variable says nothing; a word that is no number counts as nothing, too,
  /// and is in faults().
  std::optional<unsigned> time(const O2cbTime& time) const;
  /// What is wrong, a line each: "line 3: O2CB_HEARTBEAT_THRESHOLD is \"x\": it must be …".
  std::vector<std::string> faults() const;

 private:
  struct Line {
    std::string text;
    std::string variable;  ///< empty when it assigns nothing
    std::string value;
  };
  const Line* find(std::string_view variable) const;
  std::vector<Line> lines_;
};

/// Which of the two files counts on this host. `root` is put in front; tests give their own.
std::string o2cb_settings_path(const std::string& root = "");
/// The settings on this host; empty ones when there is no file.
O2cbSettings read_o2cb_settings(const std::string& root = "");

}  // namespace ocfs2
