// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of directory block trailers and of the list of blocks with room that they form (spec:
// fsck-checks.md B7; ondisk.md 7.4.5, 14, 56 and 57).
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

struct TrailerPlace {
  InodeNo directory;
  BlockNo block;
};

template <class Test>
TrailerPlace trailer_where(Scene& scene, std::string_view what, const Test& test) {
  const auto each_trailer = [&](const BlockRef<Inode>& inode, std::vector<TrailerPlace>& found) {
    Directory directory(scene.volume(), inode_at(inode.block()));
    if (!directory.trailers()) return;
    directory.each_area([&](BlockNo block, ConstBytes) {
      const auto bytes = scene.volume().cache().read<DirectoryBlock>(block).bytes();
      if (test(directory, DirectoryBlock::trailer(bytes))) found.push_back({directory.number(), block});
      return true;
    });
  };
  const InodeNo number = scene.user_directory(what, [&](const BlockRef<Inode>& inode) {
    std::vector<TrailerPlace> found;
    each_trailer(inode, found);
    return !found.empty();
  });
  std::vector<TrailerPlace> found;
  each_trailer(scene.volume().inode(number), found);
  return scene.pick(found, what);
}

DirectoryTrailer& edit_trailer(Scene& scene, BlockNo block) {
  return DirectoryBlock::trailer(scene.edit_bytes(block, DirectoryBlock::kind));
}
DirectoryTrailer& any_trailer(Scene& scene) {
  const auto place = trailer_where(scene, "directory block with a trailer",
                                   [](const Directory&, const DirectoryTrailer&) { return true; });
  return edit_trailer(scene, place.block);
}
TrailerPlace listed(Scene& scene) {
  return trailer_where(scene, "indexed directory with room in a block",
                       [](const Directory& at, const auto& trailer) {
                         return at.indexed() && trailer.free_record_length != 0;
                       });
}

constexpr Damage table[] = {
    {{},
     "DIR_TRAILER_INODE",
     "DIR_TRAILER_INODE",
     "A trailer names an inode",
     [](Scene& scene) { any_trailer(scene).compat_inode = 100; }},
    {{},
     "DIR_TRAILER_NAME_LEN",
     "DIR_TRAILER_NAME_LEN",
     "A trailer has a name",
     [](Scene& scene) { any_trailer(scene).compat_name_length = 2; }},
    {{},
     "DIR_TRAILER_REC_LEN",
     "DIR_TRAILER_REC_LEN",
     "A trailer has another length than 64",
     [](Scene& scene) { any_trailer(scene).compat_record_length = 60; }},
    {{},
     "DIR_TRAILER_BLKNO",
     "DIR_TRAILER_BLKNO",
     "A trailer names another block than its own",
     [](Scene& scene) { any_trailer(scene).block += 1; }},
    {{},
     "DIR_TRAILER_PARENT_INODE",
     "DIR_TRAILER_PARENT_INODE",
     "A trailer names another directory",
     [](Scene& scene) { any_trailer(scene).parent_inode += 1; }},
    {{},
     "DIR_TRAILER_SIGNATURE",
     "DIR_TRAILER_SIGNATURE",
     "A trailer has lost its signature",
     [](Scene& scene) { any_trailer(scene).signature[0] = '!'; }},
    {{},
     "DIR_TRAILER_FREE_LEN",
     "DIR_TRAILER_FREE_LEN",
     "A trailer promises more room than its block has",
     [](Scene& scene) { edit_trailer(scene, listed(scene).block).free_record_length += 16; }},
    {{},
     "DIR_TRAILER_FREE_LIST",
     "DIR_TRAILER_FREE_LIST",
     "The list of blocks with room is lost",
     [](Scene& scene) {
       const u64 root = scene.edit_inode(listed(scene).directory).index_root;
       scene.edit<IndexRoot>(BlockNo(root)).free_block = 0;
     }},
    {{},
     "DIR_TRAILER_FREE_LOOP",
     "DIR_TRAILER_FREE_LIST",
     "The list of blocks with room leads in a circle",
     [](Scene& scene) {
       const BlockNo block = listed(scene).block;
       edit_trailer(scene, block).free_next = block.value;
     }},
};

}  // namespace

std::span<const Damage> trailer_damages() { return table; }

}  // namespace ocfs2
