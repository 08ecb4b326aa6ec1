// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/refcount_repair.h"

#include "engine/check/engine_repair.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/xattr_set.h"

namespace ocfs2 {

/// The slot whose extent allocator has room, and bits that agree with what pass 1 saw in use.
std::optional<u32> RefcountRepair::safe_slot() const {
  const BlockLedger& ledger = checkup_.survey.metadata_blocks;
  std::vector<u64> spare(checkup_.facts().max_slots);
  std::vector<bool> unsafe(checkup_.facts().max_slots);
  for (u32 group = 0; group < ledger.groups().size(); ++group) {
    const LedgerGroup& place = ledger.groups()[group];
    if (place.slot >= spare.size()) continue;
    for (u32 bit = 0; bit < place.bits; ++bit) {
      const auto spot = ledger.spot(group, bit);
      if (!ledger.allocated(spot)) (ledger.claimed(spot) ? unsafe[place.slot] = true : ++spare[place.slot]);
    }
  }
  std::optional<u32> best;
  for (u32 slot = 0; slot < spare.size(); ++slot)
    if (!unsafe[slot] && spare[slot] >= spare_blocks && (!best || spare[slot] > spare[*best])) best = slot;
  return best;
}

/// The engine refuses what is still damaged, and there may be no space: then all stays as it was.
bool RefcountRepair::attempt(const std::function<void()>& repair) {
  return repair_as_one(checkup_, DeviceErrors::end_the_pass, repair);
}

void RefcountRepair::enter_runs(std::span<const CountedRun> wanted) {
  const auto slot = safe_slot();
  if (!slot) fail(ErrorKind::no_space, "no extent allocator can be trusted to have room for refcount blocks");
  Space space(checkup_.volume, *slot);
  for (const CountedRun& run : wanted)
    for (u64 first = run.first; first < run.end; first += RefcountEdit::clusters_max) {
      const u64 count = std::min<u64>(run.end - first, RefcountEdit::clusters_max);
      RefcountEdit(checkup_.mender->transaction(), space, root_)
          .set(ClusterNo(first), static_cast<u32>(count), run.references);
      checkup_.mender->settle();
    }
}

bool RefcountRepair::enter(std::span<const CountedRun> wanted) {
  return attempt([&] { enter_runs(wanted); });
}

bool RefcountRepair::rebuild(std::span<const MetadataClaim> old_blocks, std::span<const CountedRun> wanted) {
  const auto slot = safe_slot();
  if (!slot) return false;
  return attempt([&] {
    Space space(checkup_.volume, *slot);
    for (const MetadataClaim& claim : old_blocks)
      if (claim.block != root_) give_back(claim.block, space);
    reset_root();
    enter_runs(wanted);
  });
}

/// A block that nothing else uses either, as far as its allocator knows it.
void RefcountRepair::give_back(BlockNo block, Space& space) {
  BlockLedger& ledger = checkup_.survey.metadata_blocks;
  const auto spot = ledger.find(block);
  if (!spot || ledger.claimed(*spot) || !ledger.allocated(*spot)) return;
  const LedgerGroup& group = ledger.groups()[spot->group];
  space.free_metadata(checkup_.mender->transaction(), block,
                      {group.slot, static_cast<u16>(spot->bit), group.descriptor});
  ledger.set_allocated(*spot, false);
}

void RefcountRepair::reset_root() {
  auto patient = checkup_.source.look<RefcountBlock>(root_, InodeNo());
  if (!patient) fail(ErrorKind::corrupt, "block {} cannot be read", root_.value);
  const u32 generation = matches((*patient)->signature, RefcountBlock::signature_text)
                             ? u32{(*patient)->generation}
                             : static_cast<u32>(checkup_.now_seconds);
  const Bytes bytes = patient->mend_bytes();
  std::ranges::fill(bytes, u8{0});
  auto& root = as<RefcountBlock>(bytes);
  stamp(root.signature, RefcountBlock::signature_text);
  root.fs_generation = checkup_.facts().generation;
  root.block = root_.value;
  root.generation = generation;
  root.records.count = static_cast<u16>(checkup_.geometry().refcount_records_per_block());
  if (const auto spot = checkup_.survey.metadata_blocks.find(root_)) {
    const LedgerGroup& group = checkup_.survey.metadata_blocks.groups()[spot->group];
    set_origin(root, {group.slot, static_cast<u16>(spot->bit), group.descriptor});
  }
}

void RefcountRepair::clear_marks(const ExtentRoot& tree, Space& space) {
  constexpr u64 keys_end = u64{1} << 32;
  for (u64 end = keys_end; end > 0; checkup_.mender->settle())
    end = ExtentEdit(checkup_.mender->transaction(), space, tree)
              .set_flags(0, end, 0, ExtentRecord::refcounted);
}

bool RefcountRepair::forget(InodeNo inode) {
  const auto slot = safe_slot();
  if (!slot) return false;
  return attempt([&] {
    Space space(checkup_.volume, *slot);
    // first of all: a tree outside the volume would keep everybody from changing the inode
    auto patient = checkup_.source.look<Inode>(block_of(inode), inode);
    if (!patient) fail(ErrorKind::corrupt, "inode {} cannot be read", inode.value);
    patient->mend().refcount_root = 0;
    patient->mend().dynamic_features &= static_cast<u16>(~dynamic_feature::has_refcount);
    checkup_.mender->commit();
    const auto held = checkup_.volume.inode(inode);
    if (held->body_kind() == InodeBody::extent_list) clear_marks(ExtentRoot::of(held), space);
    XattrSet(checkup_.volume, held).each_container([&](BlockNo block, XattrContainer form, ConstBytes bytes) {
      const BlockKind& kind = form == XattrContainer::inline_area ? Inode::kind
                              : form == XattrContainer::block     ? XattrBlock::kind
                                                                  : XattrBucket::kind;
      const u32 offset = form == XattrContainer::inline_area
                             ? checkup_.geometry().block_size() - static_cast<u32>(bytes.size())
                         : form == XattrContainer::block ? XattrBlock::body_offset
                                                         : 0;
      for (const XattrEntry& entry : XattrHeader::entries(bytes)) {
        if (entry.is_local()) continue;
        const u32 root = entry.name_offset + static_cast<u32>(round_up(entry.name_length, 4));
        clear_marks(ExtentRoot::of_value(block, kind, offset + root), space);
      }
      return true;
    });
  });
}

std::vector<BlockNo> RefcountRepair::blocks() {
  BlockCache& cache = checkup_.volume.cache();
  std::vector<BlockNo> all{root_};
  const auto root = cache.read<RefcountBlock>(root_);
  if (!root->is_tree()) return all;
  const ExtentTree tree(cache, RefcountBlock::list_bytes(root.bytes()), "a refcount tree");
  tree.each_block([&](const BlockRef<ExtentBlock>& block) { all.push_back(block.block()); });
  tree.each_run([&](const ExtentRun& run) { return all.push_back(run.block), true; });
  return all;
}

}  // namespace ocfs2
