// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inodes of all kinds whose attributes are changed, and what they must be then.
#pragma once

#include <fmt/core.h>

#include <map>
#include <random>

#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/xattr_edit.h"
#include "tests/worlds/random_bytes.h"

namespace ocfs2 {

/// What lies in front of a room for attributes inside the inode.
enum class Bearer {
  empty_file,
  small_file,
  large_file,
  fast_link,
  slow_link,
  small_directory,
  large_directory,
  device
};
inline constexpr Bearer all_bearers[] = {Bearer::empty_file,      Bearer::small_file, Bearer::large_file,
                                         Bearer::fast_link,       Bearer::slow_link,  Bearer::small_directory,
                                         Bearer::large_directory, Bearer::device};

using Attributes = std::map<std::string, std::vector<u8>>;

/// Name `number` of its kind: of any prefix and length, letters beyond ASCII included.
inline std::string attribute_name(u32 number) {
  std::mt19937 dice(number);
  const u32 kind = dice() % 40;
  if (kind == 0) return "system.posix_acl_access";
  if (kind == 1) return "system.posix_acl_default";
  const std::string_view prefix = kind < 26 ? "user." : kind < 33 ? "trusted." : "security.";
  std::string name = fmt::format("{}n{}", prefix, number);
  if (dice() % 8 == 0) name += "-\xc3\xa9t\xc3\xa9";
  const u32 longest = dice() % 6 == 0 ? 255 : 20;
  const std::size_t length = prefix.size() + 1 + dice() % longest;
  while (name.size() < length) name += static_cast<char>('a' + dice() % 26);
  return name;
}

/// A value for it: mostly some bytes, now and then some clusters.
inline std::vector<u8> attribute_value(std::string_view name, std::mt19937& dice, u32 large_bytes) {
  if (name.starts_with("system.")) return random_bytes(8 * (1 + dice() % 40), dice());
  switch (dice() % 16) {
    case 0:
      return random_bytes(dice() % (large_bytes + 1), dice());
    case 1:
    case 2:
      return random_bytes(77 + dice() % 8, dice());  // around what is kept beside the name
    default:
      return random_bytes(dice() % 60, dice());
  }
}

/// Makes such an inode with a name in the root directory.
inline InodeNo make_bearer(Transaction& transaction, Space& space, Bearer bearer, std::string_view name) {
  const Geometry& geometry = space.volume().geometry();
  const auto add_clusters = [&](InodeNo inode, u32 times) {
    for (u32 i = 0; i < times; ++i) {
      const BitRun run = space.allocate_clusters(transaction, 1);
      const BlockNo block = geometry.first_block_of(ClusterNo(run.first));
      transaction.zero_data(block, geometry.blocks_per_cluster());
      ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(inode))))
          .insert({.cpos = 2 * i, .clusters = 1, .block = block});
    }
    transaction.edit<Inode>(block_of(inode)).size = (2 * u64{times} - 1) << geometry.cluster_bits;
  };
  const InodeBirth file{.mode = file_mode::regular | 0644, .seconds = 1'800'000'000};
  InodeNo made;
  switch (bearer) {
    case Bearer::empty_file:
    case Bearer::large_file:
      made = create_inode(transaction, space, file);
      if (bearer == Bearer::large_file) add_clusters(made, 40);
      break;
    case Bearer::small_file: {
      made = create_inode(transaction, space, file);
      if (!space.volume().has(feature::inline_data)) break;
      const Bytes block = transaction.edit_as(block_of(made), Inode::kind);
      std::ranges::fill(Inode::body(block), 0);
      as<Inode>(block).dynamic_features = dynamic_feature::inline_data;
      as<Inode>(block).inline_data.count = static_cast<u16>(geometry.inline_data_bytes());
      as<Inode>(block).size = 100u;
      std::ranges::fill(InlineData::data(Inode::body(block)).first(100), 'd');
      break;
    }
    case Bearer::fast_link:
    case Bearer::slow_link:
      made = create_symlink(transaction, space, {.mode = file_mode::symlink | 0777},
                            std::string(bearer == Bearer::fast_link ? 50 : 4000, 't'));
      break;
    case Bearer::device:
      made = create_device(transaction, space, {.mode = file_mode::char_device | 0600}, device_number(1, 3));
      break;
    case Bearer::small_directory:
      return make_directory(transaction, space, space.volume().root(), name, {.mode = 0755});
    case Bearer::large_directory:
      made = make_directory(transaction, space, space.volume().root(), name, {.mode = 0755});
      for (u32 i = 0; i < 40; ++i) {
        const InodeNo child = create_inode(transaction, space, file);
        link_inode(transaction, space, made, fmt::format("a-child-with-a-name-of-some-length-{}", i), child);
      }
      return made;
  }
  link_inode(transaction, space, space.volume().root(), name, made);
  return made;
}

/// What the volume says that the inode has.
inline Attributes attributes_of(Volume& volume, InodeNo inode) {
  Attributes found;
  XattrSet set(volume, volume.inode(inode));
  for (const XattrItem& item : set.list()) {
    const auto value = set.get(item.name);
    if (value) found.emplace(item.name, *value);
  }
  return found;
}

}  // namespace ocfs2
