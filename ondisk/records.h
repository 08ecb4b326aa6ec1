// SPDX-License-Identifier: GPL-2.0-or-later
//
// Many structures are a header with a count, followed by records up to the end of a block. These two
// functions are the only way from such a header to its records: they never reach beyond the bytes that are
// there, whatever the count says, so that reading damaged blocks is safe before any judge has spoken.
#pragma once

#include <algorithm>

#include "ondisk/integers.h"

namespace ocfs2 {

/// The `count` records that begin `offset` bytes into `area`, or as many of them as `area` holds whole.
template <class Record>
std::span<const Record> records_in(ConstBytes area, std::size_t offset, std::size_t count) {
  static_assert(alignof(Record) == 1);
  if (area.size() <= offset) return {};
  const std::size_t room = (area.size() - offset) / sizeof(Record);
  return {reinterpret_cast<const Record*>(area.data() + offset), std::min(count, room)};
}
template <class Record>
std::span<Record> records_in(Bytes area, std::size_t offset, std::size_t count) {
  const auto records = records_in<Record>(ConstBytes(area), offset, count);
  return {const_cast<Record*>(records.data()), records.size()};
}

}  // namespace ocfs2
