// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/local_alloc.h"

#include "ondisk/records.h"

namespace ocfs2 {

ConstBytes LocalAlloc::bitmap(ConstBytes area) {
  if (area.size() < sizeof(LocalAlloc)) return {};
  return records_in<u8>(area, sizeof(LocalAlloc), as<LocalAlloc>(area).bitmap_bytes);
}
Bytes LocalAlloc::bitmap(Bytes area) {
  if (area.size() < sizeof(LocalAlloc)) return {};
  return records_in<u8>(area, sizeof(LocalAlloc), as<LocalAlloc>(area).bitmap_bytes);
}

}  // namespace ocfs2
