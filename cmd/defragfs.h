// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of defragfs.ocfs2: the kernel's way on a mounted volume, file by file, and ours on one that
// nobody has.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/cluster/guard.h"

namespace ocfs2 {

class JsonWriter;

struct DefragWords {
  bool count = false;    ///< -c: change nothing
  bool verbose = false;  ///< -v
  bool gentle = false;   ///< -l: pause between files
  bool resume = false;   ///< -g
  bool json = false;
  bool offline = false;
  std::optional<std::string> undo;
  std::optional<OfflineClaim> absent;  ///< --assume-offline
  std::vector<std::string> targets;
};

/// Does what the words ask for to one volume that is not mounted. Returns whether every file that was in
/// pieces lies together now, or would be counted. Throws Error, when it was interrupted after telling how far
/// it got.
bool defragment_device(const DefragWords& words, const std::string& device, const std::string& program,
                       JsonWriter* json);

/// How far a run on mounted volumes got: what is needed to go on.
struct DefragRecord {
  bool verbose = false, gentle = false;
  std::string last_file;             ///< the last one that is done, of the first target; may be empty
  std::vector<std::string> targets;  ///< that are not
};
/// Throws Error when the record is missing, damaged, or somebody else's.
DefragRecord load_defrag_record();
void store_defrag_record(const DefragRecord& record);
void remove_defrag_record();

/// Does what the words ask for to files, directories and devices on mounted volumes, in order. Returns
/// whether all went well; an interruption is none. `last_file`: files up to there are done.
bool defragment_mounted(const DefragWords& words, const std::string& last_file, JsonWriter* json);

}  // namespace ocfs2
