// SPDX-License-Identifier: GPL-2.0-or-later
//
// One run of fsck, in the steps between which its caller shows headings and gets hold of the volume.
//
//     VolumeCheck check(device, super_wish, options, surroundings);  // reads only
//     ... header; ClusterGuard; mounted or not ...
//     check.prepare();                              // journals, replay, slot recovery
//     if (const auto reason = check.reason_to_check()) check.run_passes();
//     const CheckOutcome outcome = check.finish();
#pragma once

#include "engine/check/checkup.h"
#include "engine/check/examiner.h"
#include "engine/io/undo_file.h"
#include "engine/volume/find_super.h"

namespace ocfs2 {

struct CheckSurroundings {
  Reporter& reporter;
  Examiner::Ask ask;
  std::function<u64()> now_seconds;   ///< since 1970
  ReversibleDevice* undo = nullptr;   ///< the device, when it is wrapped in one: all old bytes are kept
  std::string undo_path{};            ///< where to keep old bytes while no journal can be trusted
};

struct CheckOutcome {
  u64 found = 0, mended = 0, left = 0;
  std::map<std::string_view, ProblemCount> by_code;
  u64 journals_replayed = 0;
  u64 failures = 0;  ///< parts of the check that did not come to their end; they count as found and left, too
  bool interrupted = false;
  bool clean() const { return left == 0; }
};

class VolumeCheck {
 public:
  /// Opens the volume as far as it can be opened. Throws what find_super throws when there is no superblock
  /// to be had, Error(unsupported).
  VolumeCheck(BlockDevice& device, const SuperWish& wish, const CheckOptions& options,
              CheckSurroundings surroundings);
  ~VolumeCheck();

  Volume& volume();
  Survey& survey();
  u64 bytes_from_caches() const;  ///< what was asked for so far and needed not be read again

  /// Before `prepare`: asks whether the volume shall belong to the o2cb cluster that runs on this host. True
  /// when it does now.
  bool adopt_cluster(const ClusterIdentity& running);
  /// Journals: their sanity (JOURNAL_…), replay of the dirty ones, recovery of their slots.
  void prepare();
  /// Why all passes must run, in words ("was run with -f"); nothing when the volume is clean.
  std::optional<std::string> reason_to_check();
  /// Why a clean volume will be checked again: "… 20 additional mounts"; empty when it never will.
  std::string next_check();
  void run_passes();
  /// Writes superblock, slot map, journal flags as the outcome allows; a volume with faults left is never
  /// marked clean. Nothing is written afterwards.
  CheckOutcome finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocfs2
