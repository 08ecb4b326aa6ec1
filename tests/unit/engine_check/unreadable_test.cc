// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "tests/worlds/check_world.h"
#include "tests/worlds/exam_world.h"
#include "tests/worlds/faulty_device.h"

namespace ocfs2 {
namespace {

/// An extent block of a file, and the file.
std::pair<BlockNo, InodeNo> an_extent_block(Volume& volume) {
  std::pair<BlockNo, InodeNo> found;
  for (BlockNo block = super_block_no + 1; found.first.value == 0 && volume.geometry().contains(block);
       ++block) {
    const auto cached = volume.cache().read_unjudged(block, Inode::kind);
    const auto& inode = as<Inode>(ConstBytes(cached->bytes));
    if (!matches(inode.signature, Inode::signature_text) || !inode.is_regular()) continue;
    if (!inode.has_flag(inode_flag::valid) || inode.has_flag(inode_flag::system)) continue;
    if (inode.block != block.value) continue;  // a copy in a log
    if (inode.body_kind() != InodeBody::extent_list) continue;
    if (inode.extents.tree_depth != 0) found = {BlockNo(inode.last_extent_block), inode_at(block)};
  }
  return found;
}

TEST_CASE("A block that cannot be read is told of, with its file, and the check goes on", "[fsck]") {
  ExamWorld world(corpus_volume("rich-base"));
  const std::pair<BlockNo, InodeNo> victim = an_extent_block(world.volume());
  const BlockNo block = victim.first;
  const InodeNo file = victim.second;
  FaultyDevice device(world.device);
  device.fail_reads_in(world.geometry().byte_of(block), world.geometry().block_size());

  const CheckRun run = check_volume(device, {.read_only = true, .force = true});

  CHECK(run.found("BLOCK_UNREADABLE"));
  CHECK(std::ranges::any_of(run.texts, [&](const std::string& text) {
    return text.find(fmt::format("{}", block.value)) != text.npos &&
           text.find(fmt::format("{}", file.value)) != text.npos;
  }));
  CHECK(run.outcome.left > 0);
  CHECK_FALSE(run.outcome.clean());
}

}  // namespace
}  // namespace ocfs2
