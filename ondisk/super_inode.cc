// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/super_inode.h"

#include "ondisk/judging.h"

namespace ocfs2 {
namespace {

/// True when the superblock's measures of the volume can be at all.
bool has_sound_measures(const SuperBlock& super) {
  return super.block_bits >= 9 && super.block_bits <= 12 && super.cluster_bits >= 12 &&
         super.cluster_bits <= 20 && super.max_slots <= slots_max;
}

void judge_pointers(const Inode& inode, const VolumeFacts& facts, Judgement& judgement) {
  const SuperBlock& super = inode.super;
  const Place place{facts, BlockNo(inode.block)};
  judge_needed_reference("s_root_blkno", super.root_inode, place, judgement);
  judge_needed_reference("s_system_dir_blkno", super.system_dir_inode, place, judgement);
  judge_needed_reference("s_first_cluster_group", super.first_cluster_group, place, judgement);
  judgement.holds(facts.features.has(feature::heartbeat_device) || facts.max_slots >= 1, "s_max_slots",
                  "must be 1 to 255", facts.max_slots);
}

void judge_features(const SuperBlock& super, Judgement& judgement) {
  const Features features = super.features();
  judgement.equal("s_feature_incompat", features.incompat & ~known_features().incompat, 0);
  judgement.holds(missing_dependencies(features).empty(), "s_feature_ro_compat",
                  "unwritten extents need sparse files", features.ro_compat);
}

void judge_super_block(ConstBytes block, const Place& place, Judgement& judgement) {
  judge_super(block, place.block, place.geometry().block_size(), judgement);
  if (!judgement.clean()) return;
  const auto& inode = as<SuperInode>(block);
  judgement.equal("s_clustersize_bits", inode.super.cluster_bits, place.geometry().cluster_bits);
}

}  // namespace

void judge_super(ConstBytes block, BlockNo at, u32 block_size, Judgement& judgement) {
  judgement.equal("block size", block.size(), block_size);
  if (block.size() != block_size || block_size < block_size_min) return;
  const auto& inode = as<SuperInode>(block);
  const SuperBlock& super = inode.super;
  judgement.holds(matches(inode.signature, SuperInode::signature_text), "i_signature", "must be \"OCFSV2\"");
  judgement.equal("i_blkno", inode.block, at.value);
  judgement.equal("s_major_rev_level", super.major_revision, revision_major);
  judgement.equal("s_minor_rev_level", super.minor_revision, revision_minor);
  judgement.at_least("s_blocksize_bits", super.block_bits, 9);
  judgement.at_most("s_blocksize_bits", super.block_bits, 12);
  judgement.at_least("s_clustersize_bits", super.cluster_bits, 12);
  judgement.at_most("s_clustersize_bits", super.cluster_bits, 20);
  judgement.at_most("s_max_slots", super.max_slots, slots_max);
  if (!has_sound_measures(super)) return;
  judgement.equal("s_blocksize_bits", super.block_bits, static_cast<u64>(std::countr_zero(block_size)));
  judge_features(super, judgement);
  judge_pointers(inode, *facts_from(inode), judgement);
}

std::optional<VolumeFacts> facts_from(const Inode& inode) {
  const SuperBlock& super = inode.super;
  if (!has_sound_measures(super)) return std::nullopt;
  return VolumeFacts{
      .geometry = {.block_bits = super.block_bits,
                   .cluster_bits = super.cluster_bits,
                   .clusters = inode.clusters},
      .features = super.features(),
      .generation = inode.fs_generation,
      .max_slots = super.max_slots,
      .uuid_hash = super.uuid_hash,
      .index_seeds = {super.index_seeds[0], super.index_seeds[1], super.index_seeds[2]},
  };
}

const BlockKind SuperInode::kind{.name = "superblock",
                                 .check_offset = Inode::check_offset,
                                 .judge = judge_super_block,
                                 .describe = describe_inode};

}  // namespace ocfs2
