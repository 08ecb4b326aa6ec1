// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of a run of fsck goes into its JSON document.
#pragma once

#include "cmd/fsck_console.h"

namespace ocfs2 {

struct FsckRecord {
  std::string device;
  bool skipped = false;                 ///< mounted, and so not checked (-M)
  bool checked = false;                 ///< the passes ran
  std::optional<CheckOutcome> outcome;  ///< nothing when it did not come so far
  std::string error;                    ///< what ended the run; empty when nothing did
  int status = 0;                       ///< exit status
};

/// `volume` is null when it could not be opened.
std::string fsck_json(const FsckRecord& record, const FsckConsole& console, Volume* volume);

}  // namespace ocfs2
