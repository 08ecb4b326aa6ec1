// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a damage did, told from the bytes before and after and not from what the damage meant to do.
#include <fmt/format.h>

#include <unordered_map>

#include "engine/wreck/scene.h"
#include "engine/field_text.h"

namespace ocfs2 {
namespace {

struct Told {
  std::string path, text;
  std::size_t offset, size;
};

std::vector<Told> fields_told(const BlockKind& kind, ConstBytes block) {
  std::vector<Told> told;
  if (kind.describe == nullptr) return told;
  describe(block, kind, [&](const std::string& path, const Field& field, ConstBytes value) {
    if (value.data() < block.data() || value.data() + value.size() > block.data() + block.size()) return;
    told.push_back({path, field_text(field, value), static_cast<std::size_t>(value.data() - block.data()),
                    value.size()});
  });
  return told;
}

/// What no field told of, run by run.
void add_rest(std::vector<Alteration>& changes, BlockNo block, const BlockKind& kind, ConstBytes before,
              ConstBytes after, const std::vector<bool>& covered) {
  const auto differs = [&](std::size_t at) { return before[at] != after[at] && !covered[at]; };
  for (std::size_t first = 0; first < before.size(); ++first) {
    if (!differs(first)) continue;
    std::size_t end = first + 1;
    while (end < before.size() && (differs(end) || (end + 8 < before.size() && differs(end + 8)))) ++end;
    changes.push_back({block, kind.name, fmt::format("bytes {} to {}", first, end - 1),
                       short_hex(before.subspan(first, end - first)),
                       short_hex(after.subspan(first, end - first))});
    first = end;
  }
}

}  // namespace

void add_changes(std::vector<Alteration>& changes, BlockNo block, const BlockKind& kind, ConstBytes before,
                 ConstBytes after) {
  const std::vector<Told> old_fields = fields_told(kind, before);
  std::unordered_map<std::string, const Told*> known;
  for (const Told& told : old_fields) known.emplace(told.path, &told);
  std::vector<bool> covered(before.size());
  for (const Told& told : fields_told(kind, after)) {
    const auto found = known.find(told.path);
    if (found == known.end() || found->second->offset != told.offset || found->second->size != told.size)
      continue;
    for (std::size_t at = told.offset; at < told.offset + told.size; ++at) covered[at] = true;
    if (!std::equal(before.begin() + told.offset, before.begin() + told.offset + told.size,
                    after.begin() + told.offset))
      changes.push_back({block, kind.name, told.path, found->second->text, told.text});
  }
  add_rest(changes, block, kind, before, after, covered);
}

}  // namespace ocfs2
