// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/replayed.h"

#include "engine/error.h"
#include "engine/volume/volume_journal.h"

namespace ocfs2 {

std::unique_ptr<ReplayedView> as_replayed(Volume& volume) {
  auto view = std::make_unique<ReplayedView>(volume.device(), volume.geometry().block_size());
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot) try {
      if (!volume.journal_dirty(slot)) continue;
      JournalReader log = open_journal_reader(volume, slot);
      if (const LogScan scan = log.scan(); scan.damage.empty()) view->add(log, scan);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) throw;  // all else is damage of this journal
    }
  return view;
}

}  // namespace ocfs2
