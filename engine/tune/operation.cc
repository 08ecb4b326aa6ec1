// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/operation.h"

#include <algorithm>

#include "engine/error.h"

namespace ocfs2 {

void sort_by_turn(std::vector<Operation>& operations) {
  std::ranges::stable_sort(operations, {}, &Operation::turn);
}

void require_clean_journals(Volume& volume) {
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot)
    if (volume.journal_dirty(slot))
      fail(ErrorKind::busy,
           "{}: the journal of slot {} has uncommitted changes. Run \"fsck.ocfs2 {}\" to replay all dirty "
           "journals, then try again",
           volume.name(), slot, volume.name());
}

}  // namespace ocfs2
