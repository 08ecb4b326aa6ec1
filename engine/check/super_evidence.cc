// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/super_evidence.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "engine/error.h"
#include "engine/volume/directory.h"
#include "engine/volume/volume.h"
#include "ondisk/group.h"

namespace ocfs2 {
namespace {

using WrongField = SuperChoice::Field;

/// How far behind the first cluster group a root or system directory that was lost is looked for: mkfs puts
/// both into the first group of the system inode allocator.
constexpr u64 search_bytes = 16 << 20;
/// Reads single blocks; what cannot be read is not there.
class Witness {
 public:
  Witness(BlockDevice& device, u32 block_size) : device_(device), bytes_(block_size) {}

  template <class T>
  const T* find(BlockNo block) try {
    const u64 blocks = device_.size_bytes() / bytes_.size();
    if (block.value <= super_block_no.value || block.value >= blocks) return nullptr;
    device_.read(block.value * bytes_.size(), bytes_);
    const T& structure = as<T>(ConstBytes(bytes_));
    return matches(structure.signature, T::signature_text) && structure.block == block.value ? &structure
                                                                                             : nullptr;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    return nullptr;
  }
  /// The generation of a directory; nothing when there is none.
  std::optional<u32> directory_generation(u64 block) {
    const Inode* inode = find<Inode>(BlockNo(block));
    if (inode == nullptr || !inode->is_directory()) return std::nullopt;
    return u32{inode->fs_generation};
  }

 private:
  BlockDevice& device_;
  std::vector<u8> bytes_;
};

/// Puts a field right and notes it.
class FieldMender {
 public:
  template <class T>
  void set(std::string_view name, T& field, u64 expected) {
    if (field == expected) return;
    fields_.push_back({name, field, expected});
    field = static_cast<decltype(field + 0)>(expected);
  }
  void note(std::string_view name, u64 found, u64 expected) { fields_.push_back({name, found, expected}); }
  std::vector<WrongField> fields() { return std::move(fields_); }

 private:
  std::vector<WrongField> fields_;
};

u64 number_of(const Signature& signature) { return as<le64>(bytes_of(signature)); }

void mend_by_place(SuperInode& inode, u32 block_size, FieldMender& mender) {
  Signature right;
  stamp(right, SuperInode::signature_text);
  if (number_of(inode.signature) != number_of(right))
    mender.note("i_signature", number_of(inode.signature), number_of(right));
  inode.signature = right;
  mender.set("i_blkno", inode.block, super_block_no.value);
  mender.set("s_major_rev_level", inode.super.major_revision, revision_major);
  mender.set("s_minor_rev_level", inode.super.minor_revision, revision_minor);
  mender.set("s_blocksize_bits", inode.super.block_bits, static_cast<u64>(std::countr_zero(block_size)));
}

/// What features demand of each other and of other fields (spec: ondisk.md 14.8, 9).
void mend_by_features(SuperBlock& super, FieldMender& mender) {
  const Features wanted = super.features() | missing_dependencies(super.features());
  mender.set("s_feature_incompat", super.feature_incompat, wanted.incompat);
  mender.set("s_feature_ro_compat", super.feature_ro_compat, wanted.ro_compat);
  const u32 area = super.xattr_inline_size;
  if (super.features().has(feature::xattr) && (area < xattr_inline_size_default || area % 16 != 0))
    mender.set("s_xattr_inline_size", super.xattr_inline_size, xattr_inline_size_default);
}

/// True when the first group of the global bitmap lies where clusters of this size would have it, and the
/// bitmap's own inode measures the volume in such clusters.
bool clusters_fit(Witness& witness, const SuperInode& super, u32 cluster_bits) {
  const Geometry geometry{super.super.block_bits, cluster_bits, super.clusters};
  const auto* group = witness.find<GroupDescriptor>(geometry.cluster_group_block(0));
  if (group == nullptr || group->generation != super.fs_generation) return false;
  const auto* bitmap = witness.find<Inode>(BlockNo(group->parent_inode));
  return bitmap != nullptr && bitmap->clusters != 0 && bitmap->size == u64{bitmap->clusters} << cluster_bits;
}

void mend_cluster_size(Witness& witness, SuperInode& inode, FieldMender& mender) {
  SuperBlock& super = inode.super;
  const auto possible = [&](u32 bits) { return bits >= 12 && bits <= 20; };
  std::vector<u32> fitting;
  for (u32 bits = 12; bits <= 20; ++bits)
    if (clusters_fit(witness, inode, bits)) fitting.push_back(bits);
  const bool fits = std::ranges::find(fitting, u32{super.cluster_bits}) != fitting.end();
  if (!fits && fitting.size() == 1) mender.set("s_clustersize_bits", super.cluster_bits, fitting.front());
  if (!possible(super.cluster_bits)) return;
  const Geometry geometry{super.block_bits, super.cluster_bits, inode.clusters};
  const BlockNo group = geometry.cluster_group_block(0);
  if (witness.find<GroupDescriptor>(group) != nullptr)
    mender.set("s_first_cluster_group", super.first_cluster_group, group.value);
}

/// The volume's generation stands in every block: where none of those that the superblock leads to has its
/// own, two that agree on another are believed. The first group lies where clusters put it, too.
void mend_generation(Witness& witness, SuperInode& inode, FieldMender& mender) {
  std::map<u32, u32> votes;
  for (const u64 directory : {u64{inode.super.root_inode}, u64{inode.super.system_dir_inode}})
    if (const auto generation = witness.directory_generation(directory)) ++votes[*generation];
  std::set<BlockNo> groups{BlockNo(inode.super.first_cluster_group)};
  if (inode.super.cluster_bits >= inode.super.block_bits && inode.super.cluster_bits <= 20)
    groups.insert(
        Geometry{inode.super.block_bits, inode.super.cluster_bits, inode.clusters}.cluster_group_block(0));
  for (const BlockNo block : groups)
    if (const auto* group = witness.find<GroupDescriptor>(block)) ++votes[group->generation];
  if (votes.contains(inode.fs_generation)) return;
  const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  if (most != votes.end() && most->second >= 2)
    mender.set("i_fs_generation", inode.fs_generation, most->first);
}

/// What the name leads to; nothing where it or the directory cannot be made out.
std::optional<InodeNo> look_up(Volume& volume, InodeNo directory, std::string_view name) try {
  return Directory(volume, directory).search(name);
} catch (const Error& error) {
  if (error.kind() == ErrorKind::io || error.kind() == ErrorKind::corrupt ||
      error.kind() == ErrorKind::invalid_argument)
    return std::nullopt;
  throw;
}

/// True when `..` of the directory is the directory itself: there are two such, the root and the system
/// directory, which has the system files in it.
bool is_top(Volume& volume, InodeNo number, bool system) {
  return look_up(volume, number, "..") == number &&
         look_up(volume, number, "global_bitmap").has_value() == system;
}

/// The one inode near the volume's begin that is such a directory.
std::optional<InodeNo> search_top(Volume& volume, Witness& witness, bool system) {
  const Geometry& geometry = volume.geometry();
  const BlockNo first = geometry.cluster_group_block(0);
  const u64 last = std::min(geometry.blocks(), first.value + search_bytes / geometry.block_size());
  std::optional<InodeNo> found;
  for (BlockNo block = first; block.value < last; block += 1) {
    const auto generation = witness.directory_generation(block.value);
    if (generation != volume.facts().generation || !is_top(volume, inode_at(block), system)) continue;
    if (found) return std::nullopt;
    found = inode_at(block);
  }
  return found;
}

OpenOptions tolerant() {
  OpenOptions options;
  options.unknown_features = options.unfinished_change = options.heartbeat_device = true;
  return options;
}

/// Slots that the system directory has files of, counted up to the highest.
struct NamedSlots {
  u32 any = 0;   ///< with at least one file
  u32 most = 0;  ///< with most of their six
};
NamedSlots slots_with_files(Volume& volume) {
  constexpr SystemFile files[] = {SystemFile::orphan_dir, SystemFile::extent_alloc, SystemFile::inode_alloc,
                                  SystemFile::journal,    SystemFile::local_alloc,  SystemFile::truncate_log};
  std::array<u8, slots_max> named{};
  Directory(volume, volume.system_directory()).each([&](const DirectoryEntry&, std::string_view name) {
    u32 slot = slots_max;
    if (const auto colon = name.rfind(':'); colon != name.npos)
      std::from_chars(name.data() + colon + 1, name.data() + name.size(), slot);
    for (const SystemFile file : files)
      if (slot < slots_max && name == system_file_name(file, slot)) ++named[slot];
    return true;
  });
  NamedSlots slots;
  for (u32 slot = 0; slot < slots_max; ++slot) {
    if (named[slot] >= 1) slots.any = slot + 1;
    if (named[slot] >= 4) slots.most = slot + 1;
  }
  return slots;
}

bool slots_possible(const SuperBlock& super) { return super.max_slots >= 1 && super.max_slots <= slots_max; }

/// The volume as the superblock in `block` describes it; null where nothing can be made of that.
std::unique_ptr<Volume> open_guess(BlockDevice& device, ConstBytes block) {
  FoundSuper guess{super_block_no, {block.begin(), block.end()}};
  SuperBlock& super = as<SuperInode>(Bytes(guess.bytes)).super;
  if (!slots_possible(super)) super.max_slots = slots_max;
  return facts_from(guess.inode()) ? Volume::open(device, guess, tolerant()) : nullptr;
}

/// Files for more slots than the superblock counts: what belongs to the others would be taken for lost. Slots
/// without a single file are none: files are made before slots are counted.
void mend_slots(BlockDevice& device, Bytes block, FieldMender& mender) try {
  SuperBlock& super = as<SuperInode>(block).super;
  const auto volume = open_guess(device, block);
  if (!volume) return;
  const NamedSlots named = slots_with_files(*volume);
  const u32 counted = slots_possible(super) ? u32{super.max_slots} : 0;
  if (named.most > 0)
    mender.set("s_max_slots", super.max_slots, std::max(named.most, std::min(counted, named.any)));
} catch (const Error&) {  // the system directory has faults of its own, which come later
}

/// The two directories to which the superblock leads. `block` is sound but for these fields and the slots.
void mend_directories(BlockDevice& device, Bytes block, FieldMender& mender) {
  SuperInode& inode = as<SuperInode>(block);
  Witness witness(device, static_cast<u32>(block.size()));
  const auto volume = open_guess(device, block);
  if (!volume) return;
  const auto wrong = [&](u64 number) {
    return witness.directory_generation(number) != inode.fs_generation ||
           look_up(*volume, InodeNo(number), "..").value_or(InodeNo(number)).value != number;
  };
  le64 &system = inode.super.system_dir_inode, &root = inode.super.root_inode;
  const bool one = root == system, system_wrong = one || wrong(system), root_wrong = one || wrong(root);
  if (system_wrong)
    if (const auto found = search_top(*volume, witness, true))
      mender.set("s_system_dir_blkno", system, found->value);
  if (root_wrong)
    if (const auto found = search_top(*volume, witness, false))
      mender.set("s_root_blkno", root, found->value);
}

}  // namespace

bool looks_like_super_of(ConstBytes block, u32 block_size) {
  const auto& inode = as<SuperInode>(block);
  const int signs = matches(inode.signature, SuperInode::signature_text) +
                    (inode.block == super_block_no.value && inode.has_flag(inode_flag::super_block)) +
                    (inode.super.minor_revision == revision_minor &&
                     inode.super.block_bits == static_cast<u32>(std::countr_zero(block_size)));
  return signs >= 2;
}

std::vector<SuperChoice::Field> mend_super_fields(BlockDevice& device, Bytes block) {
  SuperInode& inode = as<SuperInode>(block);
  const u32 block_size = static_cast<u32>(block.size());
  FieldMender mender;
  mend_by_place(inode, block_size, mender);
  mend_by_features(inode.super, mender);
  if (inode.super.features().has(feature::heartbeat_device)) return mender.fields();
  Witness witness(device, block_size);
  mend_generation(witness, inode, mender);
  mend_cluster_size(witness, inode, mender);
  mend_directories(device, block, mender);
  mend_slots(device, block, mender);
  return mender.fields();
}

bool volume_agrees(BlockDevice& device, ConstBytes block) {
  const auto& inode = as<SuperInode>(block);
  if (inode.super.features().has(feature::heartbeat_device)) return true;
  Witness witness(device, static_cast<u32>(block.size()));
  const auto* group = witness.find<GroupDescriptor>(BlockNo(inode.super.first_cluster_group));
  const bool group_fits = group != nullptr && group->generation == inode.fs_generation;
  return group_fits + (witness.directory_generation(inode.super.root_inode) == inode.fs_generation) +
             (witness.directory_generation(inode.super.system_dir_inode) == inode.fs_generation) >=
         2;
}

bool cluster_groups_agree(BlockDevice& device, ConstBytes block) {
  constexpr u32 looked_at_max = 64;
  const auto& inode = as<SuperInode>(block);
  const auto facts = facts_from(inode);
  if (!facts) return false;
  Witness witness(device, static_cast<u32>(block.size()));
  const u32 groups = facts->geometry.cluster_groups();
  const u32 step = std::max<u32>(1, groups / looked_at_max);
  u32 looked_at = 0, right = 0;
  for (u32 index = 1; index < groups; index += step, ++looked_at) {
    const auto* group = witness.find<GroupDescriptor>(facts->geometry.cluster_group_block(index));
    if (group != nullptr && group->generation == inode.fs_generation) ++right;
  }
  return 2 * right > looked_at;
}

}  // namespace ocfs2
