// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume in memory whose metadata chance damages: one to three blocks are changed at random, half of the
// time with their checksums made right again, so that the damage lies deeper. And the process in which
// somebody has to cope with it, with bounded memory and time. Each trial sees the volume through the copy on
// write of fork.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>

#include "engine/io/memory_device.h"
#include "engine/volume/volume.h"
#include "tests/worlds/file_state.h"

namespace ocfs2 {

class MutatedVolume {
 public:
  /// Reads an image file, and what the files in it hold.
  explicit MutatedVolume(const char* path) : device_(load(path)) { survey(); }

  /// Once in a process: the volume is changed.
  void mutate(u64 seed);
  /// A superblock with other features, its checksum right, and no backup that says otherwise: all that can be
  /// asked for is an end.
  bool is_another_volume();

  MemoryDevice& device() { return device_; }
  const std::map<u64, FileState>& files() const { return files_; }  ///< as they were, by inode
  const std::set<u64>& touched() const { return touched_; }         ///< blocks that were changed
  bool touched(const FileState& file) const {
    return std::ranges::any_of(file.metadata, [&](u64 block) { return touched_.contains(block); });
  }
  const std::string& story() const { return story_; }  ///< what was changed
  /// Says that the trial of `seed` has failed, and how; returns 1.
  int failed(u64 seed, std::string_view how) const;
  /// How many files that were not damaged are not `kept`; each is said, with `words`.
  u64 lost(const std::function<bool(u64 inode, const FileState& file)>& kept, std::string_view words) const;

 private:
  static MemoryDevice load(const char* path);
  void survey();
  std::pair<BlockNo, const BlockKind*> choose(std::mt19937_64& random) const;
  void change(Bytes block, std::mt19937_64& random);

  MemoryDevice device_;
  VolumeFacts facts_;
  std::map<std::string_view, std::vector<std::pair<BlockNo, const BlockKind*>>> metadata_;  ///< by kind
  std::map<u64, FileState> files_;
  std::set<u64> touched_;
  std::string story_;
};

/// A program that is called as "PROGRAM VOLUME FIRST COUNT": tries each seed from FIRST on, in a process of
/// its own, which may die: for want of time, or because it asks for more than `memory_bytes` beside the
/// volume. A trial that does not return 0 has failed, and said why. Prints how many passed; returns the exit
/// status.
int try_seeds(int count, char** arguments, u64 memory_bytes,
              const std::function<int(MutatedVolume& volume, u64 seed)>& trial);

}  // namespace ocfs2
