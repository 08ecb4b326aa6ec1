// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/fresh_quota.h"

#include "engine/volume/new_blocks.h"
#include "ondisk/quota.h"

namespace ocfs2 {
namespace {

QuotaType type_of(SystemFile file) {
  return file == SystemFile::user_quota || file == SystemFile::local_user_quota ? QuotaType::user
                                                                                : QuotaType::group;
}

/// What counts against root: the root directory and lost+found, but not the system files.
QuotaRecord usage_of_root(const Layout& layout) {
  QuotaRecord record{};
  record.inodes = 2;
  const u64 clusters = layout.root.extents.clusters() + layout.lost_and_found->extents.clusters();
  record.space = clusters << layout.geometry().cluster_bits;
  return record;
}

}  // namespace

u32 global_quota_blocks(u32 block_size) {
  return 1 + QuotaGeometry{block_size}.depth() + 1;  // head, one path down the tree, a leaf
}

void fill_global_quota(const Layout& layout, SystemFile file, const QuotaBlockSource& block) {
  const QuotaGeometry quota{layout.geometry().block_size()};
  const u32 leaf = quota_root_file_block + quota.depth();
  GlobalQuotaHead& head = as<GlobalQuotaHead>(block(0, GlobalQuotaHead::kind));
  head.header.magic = quota_global_magic(type_of(file));
  head.info = {.block_grace = quota_grace_default,
               .inode_grace = quota_grace_default,
               .sync_ms = quota_sync_default_ms,
               .blocks = global_quota_blocks(quota.block_size),
               .free_block = 0,
               .free_leaf = leaf};
  for (u32 level = 0; level < quota.depth(); ++level) {  // id 0: always the first reference
    const u32 at = quota_root_file_block + level;
    QuotaTreeBlock::references(block(at, QuotaTreeBlock::kind))[0] = at + 1;
  }
  const Bytes bytes = block(leaf, QuotaLeaf::kind);
  as<QuotaLeaf>(bytes).entries = 1;
  QuotaLeaf::records(bytes)[0] = usage_of_root(layout);
}

void fill_local_quota(SystemFile file, const QuotaBlockSource& block) {
  format_local_quota(type_of(file), block(0, LocalQuotaHead::kind));
  block(1, LocalQuotaChunk::kind);  // what block() gave before may be written by now
}

}  // namespace ocfs2
