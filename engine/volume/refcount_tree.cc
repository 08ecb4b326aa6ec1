// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/refcount_tree.h"

#include "engine/error.h"

namespace ocfs2 {
namespace {

std::span<const RefcountRecord> records_of(const BlockRef<RefcountBlock>& block) {
  return RefcountList::records(RefcountBlock::list_bytes(block.bytes()));
}

}  // namespace

RefcountTree::RefcountTree(BlockCache& cache, BlockNo root)
    : cache_(cache), root_(cache.read<RefcountBlock>(root)) {
  if (root_->is_leaf())
    fail(ErrorKind::corrupt, "block {} is a leaf of a refcount tree, not its root", root.value);
}

ExtentTree RefcountTree::tree() const {
  return {cache_, RefcountBlock::list_bytes(root_.bytes()),
          fmt::format("refcount tree {}", root_.block().value)};
}

BlockRef<RefcountBlock> RefcountTree::leaf(const ExtentRun& run) const {
  auto block = cache_.read<RefcountBlock>(run.block);
  if (!block->is_leaf() || block->parent != root_.block().value)
    fail(ErrorKind::corrupt, "block {} is not a leaf of refcount tree {}", run.block.value,
         root_.block().value);
  return block;
}

void RefcountTree::each(const std::function<bool(const RefcountRecord&)>& use) const {
  const auto use_all = [&](const BlockRef<RefcountBlock>& block) {
    return std::ranges::all_of(records_of(block), use);
  };
  if (!root_->is_tree()) {
    use_all(root_);
  } else {
    tree().each_run([&](const ExtentRun& run) { return use_all(leaf(run)); });
  }
}

u32 RefcountTree::references(ClusterNo cluster) const {
  auto block = root_;
  if (root_->is_tree()) {
    auto run = tree().last_at_or_before(static_cast<u32>(cluster.value));
    if (!run)  // the first leaf serves all that comes before it
      tree().each_run([&](const ExtentRun& first) { return run = first, false; });
    if (!run) return 0;
    block = leaf(*run);
  }
  for (const RefcountRecord& record : records_of(block))
    if (cluster.value >= record.cluster && cluster.value < record.end()) return record.references;
  return 0;
}

}  // namespace ocfs2
