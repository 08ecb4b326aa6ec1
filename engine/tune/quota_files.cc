// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/quota_files.h"

#include "engine/volume/extent_edit.h"
#include "engine/volume/new_blocks.h"

namespace ocfs2 {
namespace {

/// Gives an empty quota file room for so many blocks. Returns where they are.
std::vector<BlockNo> make_room(Transaction& transaction, Space& space, InodeNo number, u32 blocks) {
  const Geometry& geometry = space.volume().geometry();
  std::vector<BlockNo> places;
  while (places.size() < blocks) {
    const auto inode = transaction.read<Inode>(block_of(number));
    const u64 wanted = geometry.clusters_for((blocks - places.size()) << geometry.block_bits);
    const BitRun run = space.allocate_clusters(transaction, static_cast<u32>(std::min<u64>(wanted, 0xFFFF)));
    const BlockNo first = geometry.first_block_of(ClusterNo(run.first));
    ExtentEdit(transaction, space, ExtentRoot::of(inode))
        .insert({.cpos = inode->clusters, .clusters = run.count, .block = first});
    for (u64 i = 0; i < run.count * geometry.blocks_per_cluster(); ++i) places.push_back(first + i);
  }
  for (; places.size() > blocks; places.pop_back()) transaction.zero_data(places.back(), 1);
  transaction.edit<Inode>(block_of(number)).size = u64{blocks} << geometry.block_bits;
  return places;
}

void write_block(Transaction& transaction, const Volume& volume, BlockNo at, const BlockKind& kind,
                 ConstBytes bytes) {
  std::vector<u8> sealed(bytes.begin(), bytes.end());
  seal(kind, volume.facts(), sealed);
  transaction.write_data(at, sealed);
}

}  // namespace

void fill_global_quota(Transaction& transaction, Space& space, InodeNo number, const QuotaEntries& entries,
                       QuotaType type) {
  const u32 block_size = space.volume().geometry().block_size();
  const u32 blocks = quota_blocks_for(entries, block_size);
  const std::vector<BlockNo> places = make_room(transaction, space, number, blocks);
  const GlobalQuotaInfo times{.block_grace = quota_grace_default,
                              .inode_grace = quota_grace_default,
                              .sync_ms = quota_sync_default_ms,
                              .blocks = 0,
                              .free_block = 0,
                              .free_leaf = 0};
  lay_out_quota(entries, type, times, blocks, block_size,
                [&](u32 block, const BlockKind& kind, ConstBytes bytes) {
                  write_block(transaction, space.volume(), places[block], kind, bytes);
                });
}

void fill_local_quota(Transaction& transaction, Space& space, InodeNo number, QuotaType type) {
  const std::vector<BlockNo> places = make_room(transaction, space, number, local_quota_blocks);
  std::vector<u8> bytes(space.volume().geometry().block_size());
  write_block(transaction, space.volume(), places[1], LocalQuotaChunk::kind, bytes);
  format_local_quota(type, bytes);
  write_block(transaction, space.volume(), places[0], LocalQuotaHead::kind, bytes);
}

}  // namespace ocfs2
