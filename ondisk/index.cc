// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/index.h"

#include "ondisk/judging.h"

namespace ocfs2 {
namespace {

/// `byte` as C's char would widen it.
u32 widen(char byte, CharSign sign) {
  return sign == CharSign::plain_signed ? static_cast<u32>(static_cast<s32>(static_cast<s8>(byte)))
                                        : u32{static_cast<u8>(byte)};
}

/// The next 16 bytes of a name as four words, padded with the length that is left.
std::array<u32, 4> hash_input(std::string_view rest, CharSign sign) {
  const u32 left = static_cast<u32>(rest.size());
  u32 padding = left | left << 8;
  padding |= padding << 16;
  std::array<u32, 4> words;
  for (u32 word = 0; word < 4; ++word) {
    words[word] = padding;
    for (u32 i = word * 4; i < word * 4 + 4 && i < left; ++i)
      words[word] = (words[word] << 8) + widen(rest[i], sign);
  }
  return words;
}

/// The Tiny Encryption Algorithm, 16 rounds, as a mixing function.
NameHash mix(NameHash state, const std::array<u32, 4>& in) {
  u32 low = state.major;
  u32 high = state.minor;
  u32 sum = 0;
  for (int round = 0; round < 16; ++round) {
    sum += 0x9E3779B9;
    low += ((high << 4) + in[0]) ^ (high + sum) ^ ((high >> 5) + in[1]);
    high += ((low << 4) + in[2]) ^ (low + sum) ^ ((low >> 5) + in[3]);
  }
  return {state.major + low, state.minor + high};
}

void judge_entries(ConstBytes list, u32 capacity, const Place& place, Judgement& judgement) {
  const auto& header = as<IndexEntryList>(list);
  judgement.equal("de_count", header.count, capacity);
  judgement.at_most("de_num_used", header.used, header.count);
  for (const IndexEntry& entry : IndexEntryList::entries(list))
    judge_needed_reference("dx_dirent_blk", entry.entry_block, place, judgement);
}

void judge_root(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  const auto& root = as<IndexRoot>(block);
  judgement.holds(matches(root.signature, IndexRoot::signature_text), "dr_signature", "must be \"DXDIR01\"");
  judgement.equal("dr_blkno", root.block, place.block.value);
  judgement.equal("dr_fs_generation", root.fs_generation, place.volume.generation);
  judge_slot("dr_suballoc_slot", root.suballoc_slot, place, judgement);
  judge_reference("dr_suballoc_loc", root.suballoc_group, place, judgement);
  judgement.holds((root.flags & ~IndexRoot::inline_entries) == 0, "dr_flags", "must have known flags only",
                  root.flags);
  judge_needed_reference("dr_dir_blkno", root.directory_inode, place, judgement);
  judge_reference("dr_free_blk", root.free_block, place, judgement);
  const ConstBytes list = IndexRoot::list_bytes(block);
  if (root.is_inline()) return judge_entries(list, place.geometry().index_root_entries(), place, judgement);
  judge_extent_list(list, {.capacity = place.geometry().extent_records_per_index_root(), .disjoint = false},
                    place, judgement);
  judge_tree_root(list, "dr_last_eb_blk", root.last_extent_block, "dr_clusters", root.clusters, place,
                  judgement);
}

void judge_leaf(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  const auto& leaf = as<IndexLeaf>(block);
  judgement.holds(matches(leaf.signature, IndexLeaf::signature_text), "dl_signature", "must be \"DXLEAF1\"");
  judgement.equal("dl_blkno", leaf.block, place.block.value);
  judgement.equal("dl_fs_generation", leaf.fs_generation, place.volume.generation);
  judge_entries(IndexLeaf::list_bytes(block), place.geometry().index_leaf_entries(), place, judgement);
}

void describe_entries(ConstBytes list, const std::string& prefix, const FieldVisitor& visit) {
  describe_structure<IndexEntryList>(list, prefix, visit);
  describe_records(IndexEntryList::entries(list), prefix + "de_entries", visit);
}

void describe_root(ConstBytes block, const FieldVisitor& visit) {
  if (block.size() < sizeof(IndexRoot)) return;
  constexpr auto rows = fields_of<IndexRoot>;
  describe_fields(rows.first(rows.size() - 1), block, "", visit);
  if (as<IndexRoot>(block).is_inline())
    describe_entries(IndexRoot::list_bytes(block), "dr_entries.", visit);
  else
    describe_extent_list(IndexRoot::list_bytes(block), "dr_list.", visit);
}

void describe_leaf(ConstBytes block, const FieldVisitor& visit) {
  if (block.size() < sizeof(IndexLeaf)) return;
  constexpr auto rows = fields_of<IndexLeaf>;
  describe_fields(rows.first(rows.size() - 1), block, "", visit);
  describe_entries(IndexLeaf::list_bytes(block), "dl_list.", visit);
}

}  // namespace

NameHash index_hash(std::string_view name, const std::array<u32, 4>& seeds, CharSign sign) {
  if (name == "." || name == "..") return {};
  NameHash state{seeds[0], seeds[1]};
  for (std::size_t at = 0; at < name.size(); at += 16) state = mix(state, hash_input(name.substr(at), sign));
  return state;
}

NameHash index_hash(std::string_view name, const VolumeFacts& volume, CharSign sign) {
  const auto& seeds = volume.index_seeds;
  return index_hash(name, std::array<u32, 4>{seeds[0], seeds[1], seeds[2], volume.uuid_hash}, sign);
}

std::span<const IndexEntry> IndexEntryList::entries(ConstBytes list) {
  if (list.size() < sizeof(IndexEntryList)) return {};
  const auto& header = as<IndexEntryList>(list);
  return records_in<IndexEntry>(list, sizeof(IndexEntryList), std::min<u32>(header.used, header.count));
}
std::span<IndexEntry> IndexEntryList::slots(Bytes list) {
  if (list.size() < sizeof(IndexEntryList)) return {};
  return records_in<IndexEntry>(list, sizeof(IndexEntryList), as<IndexEntryList>(list).count);
}

BlockNo index_leaf_block(const ExtentRecord& record, NameHash hash, const Geometry& geometry) {
  const u64 last = record.clusters == 0 ? 0 : u64{record.clusters} - 1;
  const u64 cluster = hash.major > record.cpos ? std::min(u64{hash.major} - record.cpos, last) : 0;
  const u32 blocks = geometry.blocks_per_cluster();
  return BlockNo(record.block + cluster * blocks + (hash.minor & (blocks - 1)));
}

const BlockKind IndexRoot::kind{.name = "directory index root",
                                .check_offset = offsetof(IndexRoot, check),
                                .judge = judge_root,
                                .describe = describe_root};

const BlockKind IndexLeaf::kind{.name = "directory index leaf",
                                .check_offset = offsetof(IndexLeaf, check),
                                .judge = judge_leaf,
                                .describe = describe_leaf};

}  // namespace ocfs2
