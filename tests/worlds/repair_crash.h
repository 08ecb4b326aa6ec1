// SPDX-License-Identifier: GPL-2.0-or-later
//
// A repair that dies, at every moment that there is. Whatever it left must be mended by the next run, which
// must not lose anything that a repair without a crash would have kept.
//
//     expect_repair_survives_crashes(damaged);
#pragma once

#include <catch2/catch.hpp>

#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "ondisk/check.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/recording_device.h"

namespace ocfs2 {

/// Every path of a volume, with a fingerprint of what it leads to: type, permissions, owner, size, data.
using TreeDigest = std::map<std::string, std::string>;

inline std::string digest_of(Volume& volume, InodeNo number) try {
  const BlockRef<Inode> inode = volume.inode(number);
  u32 sum = 0;
  if (inode->is_regular())
    FileData(volume, inode).each_piece([&](u64 offset, ConstBytes piece) {
      const bool zeros = std::ranges::all_of(piece, [](u8 byte) { return byte == 0; });
      if (!zeros) sum = crc32(piece, sum ^ static_cast<u32>(offset));
      return true;
    });
  const std::string target = inode->is_symlink() ? symlink_target(volume, inode) : "";
  return fmt::format("{:o} {}:{} {} {:08x} {}", u32{inode->mode}, u32{inode->uid}, u32{inode->gid},
                     inode->is_directory() ? 0 : u64{inode->size}, sum, target);
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

/// Finishes what a crash left: one run that mends, one that has nothing to find. Then everything that
/// `expected` has must be there.
inline void expect_converges(MemoryDevice left, const CheckWish& wish, const TreeDigest& expected) {
  check_volume(left, wish);
  const CheckRun second = check_volume(left, wish);
  CHECK(second.codes == std::vector<std::string>());
  CHECK(second.warnings == std::vector<std::string>());
  REQUIRE(second.outcome.clean());
  const TreeDigest found = tree_digest(left);
  for (const auto& [path, digest] : expected) {
    INFO(path);
    REQUIRE(found.contains(path));
    CHECK(found.at(path) == digest);
  }
}

/// Repairs `damaged`, then lets that repair die at up to `moments_max` moments, spread over all of it: once
/// with every write before the moment on the medium, once with those lost or torn that were not flushed.
inline void expect_repair_survives_crashes(const MemoryDevice& damaged,
                                           const CheckWish& wish = {.force = true},
                                           std::size_t moments_max = 60) {
  RecordingDevice device(damaged);
  const CheckRun run = check_volume(device, wish);
  REQUIRE(run.outcome.clean());
  REQUIRE(device.events() > 0);
  MemoryDevice repaired = device.now();
  const TreeDigest expected = tree_digest(repaired);
  const std::size_t step = device.events() / moments_max + 1;
  for (std::size_t moment = 0; moment <= device.events(); moment += step) {
    INFO("dead at write " << moment << " of " << device.events());
    expect_converges(device.after(moment), wish, expected);
    expect_converges(device.after_power_loss(moment, moment), wish, expected);
  }
}

}  // namespace ocfs2
