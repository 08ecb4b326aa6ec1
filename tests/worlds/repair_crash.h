// SPDX-License-Identifier: GPL-2.0-or-later
//
// A repair that dies, at every moment that there is. Whatever it left must be mended by the next run, which
// must not lose anything that a repair without a crash would have kept.
//
//     CHECK(crash_repair(damaged).fault == "");
#pragma once

#include <fmt/ranges.h>

#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "engine/volume/xattr_set.h"
#include "ondisk/check.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/file_state.h"
#include "tests/worlds/recording_device.h"

namespace ocfs2 {

/// Every path of a volume, with a fingerprint of what it leads to: type, permissions, owner, size, data,
/// attributes.
using TreeDigest = std::map<std::string, std::string>;

inline u32 attributes_digest(Volume& volume, const BlockRef<Inode>& inode) {
  u32 sum = 0;
  XattrSet attributes(volume, inode);
  for (const XattrItem& item : attributes.list()) {  // in any order
    const std::vector<u8> value = attributes.get(item.name).value_or(std::vector<u8>());
    sum ^= crc32(value, crc32({reinterpret_cast<const u8*>(item.name.data()), item.name.size()}, 0));
  }
  return sum;
}

inline std::string digest_of(Volume& volume, InodeNo number) try {
  const BlockRef<Inode> inode = volume.inode(number);
  const u32 sum = inode->is_regular() ? state_of(volume, inode).digest : 0;
  const std::string target = inode->is_symlink() ? symlink_target(volume, inode) : "";
  return fmt::format("{:o} {}:{} {} {:08x} {:08x} {}", u32{inode->mode}, u32{inode->uid}, u32{inode->gid},
                     inode->is_directory() ? 0 : u64{inode->size}, sum, attributes_digest(volume, inode),
                     target);
} catch (const Error& error) {
  return std::string("damaged: ") + error.what();
}

/// What can be reached from the root; what cannot be read is left out.
inline TreeDigest tree_digest(BlockDevice& device) {
  TreeDigest digest;
  const auto volume = Volume::open(device);
  std::vector<std::pair<std::string, InodeNo>> ahead = {{"", volume->root()}};
  std::set<u64> seen;
  while (!ahead.empty()) {
    const auto [path, number] = ahead.back();
    ahead.pop_back();
    digest[path] = digest_of(*volume, number);
    try {
      if (!volume->inode(number)->is_directory() || !seen.insert(number.value).second) continue;
      Directory(*volume, number).each([&](const DirectoryEntry& entry, std::string_view name) {
        if (name != "." && name != "..")
          ahead.emplace_back(path + "/" + std::string(name), InodeNo(entry.inode));
        return true;
      });
    } catch (const Error&) {
      continue;
    }
  }
  return digest;
}

/// What is missing in `found`, or other than in `expected`; empty: nothing.
inline std::string lost_of(const TreeDigest& expected, const TreeDigest& found) {
  for (const auto& [path, digest] : expected) {
    const auto at = found.find(path);
    if (at == found.end()) return fmt::format("\"{}\" is lost", path);
    if (at->second != digest) return fmt::format("\"{}\" was {}, is {}", path, digest, at->second);
  }
  return {};
}

/// Finishes what a crash left: one run that mends, one that has nothing to find. Then everything that
/// `expected` has must be there. Returns what is wrong with that; empty: nothing.
inline std::string convergence_fault(MemoryDevice left, const CheckWish& wish,
                                     const TreeDigest& expected) try {
  check_volume(left, wish);
  CheckWish again = wish;
  again.force = true;
  const CheckRun second = check_volume(left, again);
  if (!second.texts.empty() || !second.warnings.empty() || !second.outcome.clean())
    return fmt::format("the second run after the crash finds: {} {}", fmt::join(second.texts, "; "),
                       fmt::join(second.warnings, "; "));
  return lost_of(expected, tree_digest(left));
} catch (const Error& error) {
  return error.what();
}

struct CrashTrial {
  std::size_t events = 0;   ///< writes and flushes of the whole repair
  std::size_t moments = 0;  ///< at which it died
  std::string fault{};      ///< of the first moment that did not end well; empty: all did
};

/// Repairs `damaged`, then lets that repair die at up to `moments_max` moments, spread over all of it: once
/// with every write before the moment on the medium, once with those lost or torn that were not flushed.
inline CrashTrial crash_repair(const MemoryDevice& damaged, const CheckWish& wish = {.force = true},
                               std::size_t moments_max = 60) {
  RecordingDevice device(damaged);
  const CheckRun run = check_volume(device, wish);
  CrashTrial trial{.events = device.events()};
  if (!run.outcome.clean()) return trial.fault = "the repair leaves something", trial;
  if (trial.events == 0) return trial.fault = "the repair writes nothing", trial;
  MemoryDevice repaired = device.now();
  const TreeDigest expected = tree_digest(repaired);
  const std::size_t step = divide_up(trial.events, moments_max);
  std::optional<MemoryDevice> seen;  // a flush changes nothing, and after one there is nothing to be lost
  for (std::size_t moment = 0; moment <= trial.events; moment += step, ++trial.moments)
    for (const bool power_lost : {false, true}) {
      MemoryDevice left = power_lost ? device.after_power_loss(moment, moment) : device.after(moment);
      if (seen && seen->same_content(left)) continue;
      const std::string fault = convergence_fault(left, wish, expected);
      if (!fault.empty())
        return trial.fault = fmt::format("dead at write {} of {}{}: {}", moment, trial.events,
                                         power_lost ? ", what was not flushed lost" : "", fault),
               trial;
      if (!power_lost) seen.emplace(std::move(left));
    }
  return trial;
}

}  // namespace ocfs2
