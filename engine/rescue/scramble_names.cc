// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/scramble_names.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/extent_tree.h"
#include "ondisk/directory.h"

namespace ocfs2 {
namespace {

constexpr std::size_t directories_known = 16;
/// More than enough for the largest index; who runs out of tries gets a name for another leaf.
constexpr u32 tries_max = 1 << 20;

}  // namespace

Scrambler::NamesOf Scrambler::names_of(InodeNo directory) {
  const std::lock_guard lock(mutex_);
  if (const auto found = known_.find(directory); found != known_.end()) return found->second;
  if (known_.size() >= directories_known) {
    known_.erase(ages_.front());
    ages_.pop_front();
  }
  ages_.push_back(directory);
  return known_[directory] = learn(directory);
}

Scrambler::NamesOf Scrambler::learn(InodeNo directory) {
  auto names = std::make_shared<Names>();
  names->root = directory == seen_.root();
  names->kept = directory == seen_.system_directory();
  names->blocks = ~u64{0};
  names->trailers = facts_.features.has(feature::metaecc);
  try {
    const auto inode = seen_.any_inode(directory);
    names->kept = names->kept ||
                  (inode->suballoc_slot == no_slot && inode->has_flag(inode_flag::system) && !names->root);
    names->trailers = names->trailers || inode->has_dynamic(dynamic_feature::indexed_dir);
    names->blocks = facts_.geometry.blocks_for(std::min<u64>(inode->size, facts_.geometry.bytes()));
    if (inode->index_root != 0 && !names->kept) {
      learn_leaves(inode, *names);
      learn_hashes(directory, *names);
    }
  } catch (const Error&) {  // damaged: what is known by now serves
  }
  return names;
}

void Scrambler::learn_leaves(const BlockRef<Inode>& inode, Names& names) try {
  const auto root = seen_.cache().read<IndexRoot>(BlockNo(inode->index_root));
  const auto note = [&names](ConstBytes list) {
    for (const IndexEntry& entry : IndexEntryList::entries(list)) names.stored.push_back(entry.hash());
  };
  if (root->is_inline()) {
    note(IndexRoot::list_bytes(root.bytes()));
    std::ranges::sort(names.stored);
    return;
  }
  ExtentTree::of(seen_.cache(), root).each_run([&](const ExtentRun& run) {
    ExtentRecord record{};
    record.cpos = static_cast<u32>(run.cpos);
    record.clusters = static_cast<u16>(run.clusters);
    record.block = run.block.value;
    names.leaves.push_back({record.cpos, record});
    const u64 blocks = run.clusters * facts_.geometry.blocks_per_cluster();
    for (u64 i = 0; i < blocks; ++i) {
      const std::vector<u8> leaf = seen_.cache().read_raw(run.block + i, 1);
      if (matches(as<Signature>(ConstBytes(leaf)), IndexLeaf::signature_text))
        note(IndexLeaf::list_bytes(leaf));
    }
    return true;
  });
  std::ranges::sort(names.stored);
} catch (const Error& error) {
  if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::io) throw;
  std::ranges::sort(names.stored);
}

/// Goes through all names once, for the hashes that they are going to have.
void Scrambler::learn_hashes(InodeNo directory, Names& names) {
  const auto pair_up = [&](std::string_view name) {
    const std::string other = other_name(names, name);
    for (const CharSign sign : {CharSign::plain_signed, CharSign::plain_unsigned})
      names.hashes.push_back({index_hash(name, facts_, sign), index_hash(other, facts_, sign)});
  };
  for (const MetadataPiece& piece : pieces_of(directory)) {
    if (piece.role != MetadataRole::directory) continue;
    for (u64 i = 0; i < piece.blocks && piece.position + i < names.blocks; ++i) try {
        const std::vector<u8> block = seen_.cache().read_raw(piece.first + i, 1);
        EntryWalk walk(directory_area(ConstBytes(block), names.trailers));
        while (walk.next())
          if (!walk.entry().free() && walk.entry().name_length > 0) pair_up(walk.name());
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::io) throw;
      }
  }
  std::ranges::sort(names.hashes, {}, &Names::Pair::old);
}

u64 Scrambler::leaf_of(const Names& names, NameHash hash) const {
  if (names.leaves.empty()) return 0;
  const auto behind = std::ranges::upper_bound(names.leaves, hash.major, {}, &Names::Leaves::cpos);
  if (behind == names.leaves.begin()) return 0;
  return index_leaf_block((behind - 1)->record, hash, facts_.geometry).value;
}

/// The hash that the index knows the name by: bytes beyond ASCII have two.
NameHash Scrambler::hash_in_index(const Names& names, std::string_view name, CharSign& sign) const {
  sign = CharSign::plain_unsigned;
  const NameHash hash = index_hash(name, facts_, sign);
  if (std::ranges::binary_search(names.stored, hash)) return hash;
  sign = CharSign::plain_signed;
  return index_hash(name, facts_, sign);
}

std::string Scrambler::other_name(const Names& names, std::string_view name) const {
  const auto stays = [&](std::string_view one) {
    return one == "." || one == ".." || (names.root && one == "lost+found");
  };
  if (names.kept || stays(name)) return std::string(name);
  CharSign sign = CharSign::plain_signed;
  const u64 leaf = names.leaves.empty() ? 0 : leaf_of(names, hash_in_index(names, name, sign));
  std::string other = cipher_.step(name);
  for (u32 tries = 0; tries < tries_max; ++tries, other = cipher_.step(other))
    if (!stays(other) && (names.leaves.empty() || leaf_of(names, index_hash(other, facts_, sign)) == leaf))
      break;
  return other;
}

}  // namespace ocfs2
