// SPDX-License-Identifier: GPL-2.0-or-later
//
// What o2hbmonitor notes on a disk of the host's own, for the time after a fence: the logs may have lost it.
// A line a warning: the boot that it belongs to, the time, the words.
#pragma once

#include <string>
#include <string_view>

namespace ocfs2 {

inline constexpr char late_beats_path[] = "/var/lib/ocfs2/late-heartbeats";

std::string boot_id();  ///< of the running kernel, 36 characters; empty when it does not say
/// Appends a line, which is on the disk when this returns. A file that has grown is begun anew. That it
/// cannot be written is nothing to stop for.
void note_late_beat(const std::string& words, const std::string& path = late_beats_path);
/// The words of the last boot in the notes that is not `running`.
std::string late_beats_of_last_boot(std::string_view notes, const std::string& running);

}  // namespace ocfs2
