// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/describe.h"

#include "ondisk/judgement.h"

namespace ocfs2 {

void describe_fields(std::span<const Field> rows, ConstBytes structure, const std::string& prefix,
                     const FieldVisitor& visit) {
  for (const Field& row : rows) {
    if (structure.size() < std::size_t{row.offset} + row.size) return;
    const ConstBytes value = structure.subspan(row.offset, row.size);
    const std::string path = prefix + std::string(row.name);
    if (row.shape == Shape::structure) {
      describe_fields(row.nested(), value, path + ".", visit);
    } else if (row.elements() == 1) {
      visit(path, row, value);
    } else {
      for (u32 i = 0; i < row.elements(); ++i)
        visit(path + "[" + std::to_string(i) + "]", row,
              value.subspan(std::size_t{i} * row.width, row.width));
    }
  }
}

void describe(ConstBytes block, const BlockKind& kind, const FieldVisitor& visit) {
  if (kind.describe != nullptr) kind.describe(block, visit);
}

}  // namespace ocfs2
