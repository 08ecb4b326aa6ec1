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
/// Below that there are too few to choose from.
constexpr std::size_t numbered_length_min = 3;

/// A name in an index, which is to have another that belongs in the same leaf.
struct Wanted {
  std::size_t length;
  u64 leaf;
  NameHash old;
  auto operator<=>(const Wanted&) const = default;
};

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

template <class Use>
void Scrambler::each_name(InodeNo directory, const Names& names, const Use& use) {
  for (const MetadataPiece& piece : pieces_of(directory)) {
    if (piece.role != MetadataRole::directory) continue;
    for (u64 i = 0; i < piece.blocks && piece.position + i < names.blocks; ++i) try {
        const std::vector<u8> block = seen_.cache().read_raw(piece.first + i, 1);
        EntryWalk walk(directory_area(ConstBytes(block), names.trailers));
        while (walk.next())
          if (!walk.entry().free() && walk.entry().name_length > 0) use(walk.name());
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::io) throw;
      }
  }
}

/// Takes names by number and gives each to whoever waits for one in its leaf: whatever the leaf, somebody
/// does, as long as many wait. To look for a name to each leaf would take as many tries as there are leaves.
void Scrambler::number_names(InodeNo directory, Names& names) {
  std::vector<Wanted> wanted;
  each_name(directory, names, [&](std::string_view name) {
    CharSign sign = CharSign::plain_signed;
    const NameHash old = hash_in_index(names, name, sign);
    if (name.size() >= numbered_length_min && !stays(names, name))
      wanted.push_back({name.size(), leaf_of(names, old), old});
  });
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  for (auto from = wanted.begin(); from != wanted.end();) {
    const std::size_t length = from->length;
    const auto end = std::ranges::upper_bound(from, wanted.end(), length, {}, &Wanted::length);
    std::map<u64, std::vector<NameHash>> waiting;  // by leaf
    for (; from != end; ++from) waiting[from->leaf].push_back(from->old);
    const u64 numbers = std::min<u64>(NameCipher::numbered_names(length), tries_max);
    for (u64 number = 0; number < numbers && !waiting.empty(); ++number) {
      const auto found = waiting.find(leaf_of(names, index_hash(cipher_.numbered(number, length), facts_)));
      if (found == waiting.end()) continue;
      names.numbered.push_back({found->second.back(), number});
      found->second.pop_back();
      if (found->second.empty()) waiting.erase(found);
    }
  }
  std::ranges::sort(names.numbered, {}, &Names::Numbered::old);
}

/// Goes through all names once more, for the hashes that they are going to have.
void Scrambler::learn_hashes(InodeNo directory, Names& names) {
  if (!names.leaves.empty()) number_names(directory, names);
  each_name(directory, names, [&](std::string_view name) {
    const std::string other = other_name(names, name);
    for (const CharSign sign : {CharSign::plain_signed, CharSign::plain_unsigned})
      names.hashes.push_back({index_hash(name, facts_, sign), index_hash(other, facts_, sign)});
  });
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

bool Scrambler::stays(const Names& names, std::string_view name) const {
  return names.kept || name == "." || name == ".." || (names.root && name == "lost+found");
}

/// A name that the index does not know may be one of an older log: it gets one on its own.
std::string Scrambler::other_name(const Names& names, std::string_view name) const {
  if (stays(names, name)) return std::string(name);
  CharSign sign = CharSign::plain_signed;
  const NameHash old = names.leaves.empty() ? NameHash{} : hash_in_index(names, name, sign);
  const auto known = std::ranges::lower_bound(names.numbered, old, {}, &Names::Numbered::old);
  if (known != names.numbered.end() && known->old == old) return cipher_.numbered(known->number, name.size());
  const u64 leaf = leaf_of(names, old);
  std::string other = cipher_.step(name);
  for (u32 tries = 0; tries < tries_max; ++tries, other = cipher_.step(other))
    if (!stays(names, other) && leaf_of(names, index_hash(other, facts_, sign)) == leaf) break;
  return other;
}

}  // namespace ocfs2
