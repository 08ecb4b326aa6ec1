// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of ExtentEdit that gives runs and extent blocks other places on the volume (spec: ondisk.md 4).
#include <algorithm>

#include "engine/error.h"
#include "engine/volume/extent_edit.h"

namespace ocfs2 {

void ExtentEdit::relocate(const ExtentRun& piece, BlockNo to) {
  const auto path = leaf_before(piece.cpos + 1);
  if (!path) damaged(root_node, "has lost a run");
  Records records = load(path->back().node);
  const std::size_t at = way_to(records, piece.cpos);
  const ExtentRun run = run_of(records[at]);
  if (piece.cpos < run.cpos || piece.end() > run.end() ||
      part(run, piece.cpos, piece.end()).block != piece.block)
    damaged(path->back().node, "does not hold the run that was there");
  if (!root_.merged) {
    require(piece.cpos == run.cpos && piece.clusters == run.clusters);
    records[at].block = to;
    return store(path->back().node, records);
  }
  replace(records, at, {piece.cpos, piece.clusters, to, run.flags});
  settle(*path, std::move(records));
  mend_right_edge();
  lower();
}

/// The ways to the nodes below `node`, which `way` leads to, that are to move.
void ExtentEdit::find_nodes(const std::function<bool(BlockNo)>& leaves, BlockNo node, Branches& way,
                            std::vector<Branches>& found) const {
  if (depth(node) == 0) return;
  const Records records = load(node);
  for (std::size_t i = 0; i < records.size(); ++i) {
    way.push_back(i);
    const BlockNo below = child(node, records[i]);
    if (leaves(below)) found.push_back(way);
    find_nodes(leaves, below, way, found);
    way.pop_back();
  }
}

/// Moving a node changes nothing but its number, so that the ways to all others stay what they were.
bool ExtentEdit::move_nodes(const std::function<bool(BlockNo)>& leaves, std::size_t blocks_max) {
  std::vector<Branches> found;
  Branches way;
  find_nodes(leaves, root_node, way, found);
  for (const Branches& node : found) {
    if (transaction_.blocks() >= blocks_max) return false;
    move_node(node);
  }
  return true;
}

void ExtentEdit::move_node(const Branches& way) {
  Path path{{root_node}};
  for (const std::size_t index : way) {
    path.back().index = index;
    path.push_back({load(path.back().node)[index].block});
  }
  const BlockNo old = path.back().node;
  const auto block = transaction_.read<ExtentBlock>(old);
  const NewBlock made = space_.allocate_metadata(transaction_);
  const Bytes copy = transaction_.create_bytes(made.block, ExtentBlock::kind);
  std::ranges::copy(block.bytes(), copy.begin());
  auto& node = as<ExtentBlock>(copy);
  set_origin(node, made.origin);
  node.block = made.block.value;

  if (node.list.tree_depth == 0) {
    if (const auto left = left_of(path)) set_next_leaf(left->back().node, made.block);
    if (node.next_leaf == 0) set_last_leaf(made.block);
  }
  const Step& parent = path[path.size() - 2];
  Records records = load(parent.node);
  records[parent.index].block = made.block;
  store(parent.node, records);
  drop_node(old);
}

}  // namespace ocfs2
