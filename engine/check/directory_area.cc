// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/directory_area.h"

#include "ondisk/inode.h"

namespace ocfs2 {

EntryArea area_inside(AnyPatient& inode) {
  const ConstBytes data = InlineData::data(Inode::body(inode.bytes()));
  const u64 size = std::min<u64>(data.size(), as<Inode>(inode.bytes()).size);
  return {inode, static_cast<u32>(data.data() - inode.bytes().data()), static_cast<u32>(size)};
}

void each_area(const Survey& survey, const DirectoryFact& directory, BlockSource& source,
               const std::function<bool(EntryArea&)>& use) {
  if (directory.in_inode) {
    auto inode = source.look<Inode>(block_of(directory.inode), directory.inode);
    if (!inode) return;
    EntryArea area = area_inside(*inode);
    use(area);
    return;
  }
  const BlockKind& kind = directory_block_kind(directory.trailers);
  for (const DirectoryRun& run : survey.runs_of(directory.inode)) {
    for (u32 i = 0; i < run.blocks; ++i) {
      auto block = source.look(run.block + i, kind, directory.inode);
      if (!block) continue;
      const u32 size = static_cast<u32>(directory_area(block->bytes(), directory.trailers).size());
      EntryArea area{*block, 0, size};
      if (!use(area)) return;
    }
  }
}

void each_entry(const Survey& survey, const DirectoryFact& directory, BlockSource& source,
                const std::function<bool(EntryArea&, u32 at)>& use) {
  each_area(survey, directory, source, [&](EntryArea& area) {
    u32 length = 0;
    for (u32 at = 0; at < area.size && is_entry(area.bytes(), at); at += length) {
      length = area.entry(at).record_length;
      const std::string_view name = area.name(at);
      if (area.entry(at).free() || name == "." || name == "..") continue;
      if (!use(area, at)) return false;
    }
    return true;
  });
}

}  // namespace ocfs2
