// SPDX-License-Identifier: GPL-2.0-or-later
//
// One run of tunefs on a device in memory, and what must hold afterwards: the volume is sound, and what users
// have there is as it was.
//
//     const TuneRun run = tune(device, change_label("new"));
//     expect_survives_crashes(world.device, [] { return change_slots(4); });
#pragma once

#include <cstdlib>

#include "engine/tune/bitmap_audit.h"
#include "engine/tune/operations.h"
#include "engine/volume/volume_journal.h"
#include "engine/wreck/furnish.h"
#include "tests/worlds/repair_crash.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {

struct TuneWish {
  bool dry_run = false;
  std::optional<ClusterIdentity> running_cluster{};
  std::string undo_path{};  ///< empty: a scratch directory's
};

struct TuneRun {
  std::vector<std::string> changes;  ///< "label: old -> new"
  std::vector<std::string> settled;
  std::string error;  ///< why it was refused
};

/// Looks at all operations, then carries them out, as the command does.
inline TuneRun tune(BlockDevice& device, std::vector<Operation> operations, const TuneWish& wish = {}) {
  TuneRun run;
  SilentReporter reporter;
  ScratchDirectory scratch;
  const auto now = [] { return u64{1'900'000'000}; };
  try {
    const auto volume = Volume::open(device, {.read_only = wish.dry_run});
    require_clean_journals(*volume);
    require_sound_bitmap(*volume);
    WayToWrite way(device, volume->geometry().block_size(), nullptr,
                   wish.undo_path.empty() ? scratch / "undo" : wish.undo_path);
    for (u32 slot = 0; slot < volume->facts().max_slots; ++slot)
      way.trust(open_slot_journal(*volume, slot, now), false);
    Tuning tuning(*volume, wish.dry_run ? nullptr : &way,
                  {reporter, now, [&] { return wish.running_cluster; },
                   [] {
                     return std::array<u32, 3>{1, 2, 3};
                   }});
    sort_by_turn(operations);
    std::vector<Change> changes;
    for (const Operation& operation : operations) {
      Plan plan = operation.plan(tuning);
      if (!plan.change) {
        run.settled.push_back(plan.settled);
        continue;
      }
      tuning.prospect = plan.change->after;
      run.changes.push_back(
          fmt::format("{}: {} -> {}", plan.change->what, plan.change->from, plan.change->to));
      changes.push_back(std::move(*plan.change));
    }
    if (wish.dry_run) return run;
    for (const Change& change : changes) change.carry_out();
    way.finish(false);
    require_sound_bitmap(*volume);
  } catch (const Error& error) {
    run.error = error.what();
  }
  return run;
}

inline TuneRun tune(BlockDevice& device, const Operation& operation, const TuneWish& wish = {}) {
  return tune(device, std::vector<Operation>{operation}, wish);
}

/// --fs-features.
inline std::vector<Operation> features(std::string_view list) {
  return change_features(std::get<FeatureRequest>(parse_feature_list(list)));
}

/// Something of every kind that a user can have, from the allocators of one slot.
inline void furnish(VolumeWorld& world, u32 slot = 0) {
  OpenOptions options;
  options.read_only = false;
  const auto volume = Volume::open(world.device, options);
  const auto journal = open_slot_journal(*volume, 0, [] { return u64{1'850'000'000}; });
  furnish(*volume, *journal, slot);
  journal->close();
  check_volume(world.device, {.force = true});  // which counts quota
}

/// A cluster of this name with heartbeat on devices of its own, as it runs on this host.
inline ClusterIdentity global_cluster(std::string name) {
  ClusterIdentity cluster;
  cluster.stack = "o2cb";
  cluster.cluster = std::move(name);
  cluster.global_heartbeat = true;
  return cluster;
}

inline void expect_sound(BlockDevice& device) {
  const CheckRun check = check_volume(device, {.read_only = true, .force = true});
  CHECK(check.texts == std::vector<std::string>());
  CHECK(check.warnings == std::vector<std::string>());
}

/// At how many moments a change dies: CRASH_MOMENTS, if that is set, lets it die at every one.
inline std::size_t crash_moments(std::size_t usual) {
  const char* const wished = std::getenv("CRASH_MOMENTS");
  return wished ? std::strtoul(wished, nullptr, 10) : usual;
}

/// Carries operations out with an undo file: whenever that dies, the file brings back the identical bytes.
inline void expect_way_back(const MemoryDevice& before, const std::function<std::vector<Operation>()>& wished,
                            const TuneWish& wish, std::size_t moments_max) {
  constexpr std::size_t until_undo_file_begun = 4;
  const auto timeline = std::make_shared<Timeline>();
  RecordingDevice volume(before, timeline), store(MemoryDevice(256 << 20, "undo"), timeline);
  {
    UndoDevice device(volume, store);
    REQUIRE(tune(device, wished(), wish).error == "");
  }
  REQUIRE_FALSE(volume.now().same_content(before));
  const std::size_t step = timeline->size() / moments_max + 1;
  for (std::size_t moment = timeline->size(); moment > until_undo_file_begun;
       moment -= std::min(moment, step)) {
    INFO("with an undo file dead at write " << moment << " of " << timeline->size());
    MemoryDevice left = volume.after_power_loss(moment, moment);
    MemoryDevice kept = store.after_power_loss(moment, moment);
    if (left.same_content(before)) continue;
    UndoReader(kept).restore(left);
    CHECK(left.same_content(before));
  }
}

/// Carries operations out and lets that die at up to `usual_moments` moments. Whatever is left, a check
/// brings it to a sound volume, and the same operations to what was wished; or an undo file, where there is
/// one, to what it was. `mended`: the check may have to.
inline void expect_survives_crashes(const MemoryDevice& before,
                                    const std::function<std::vector<Operation>()>& wished,
                                    const TuneWish& wish = {}, bool mended = false,
                                    std::size_t usual_moments = 80) {
  const std::size_t moments_max = crash_moments(usual_moments);
  RecordingDevice device(before);
  REQUIRE(tune(device, wished(), wish).error == "");
  REQUIRE(device.events() > 0);
  MemoryDevice after = device.now();
  expect_sound(after);
  const TreeDigest expected = tree_digest(after);
  const std::size_t step = device.events() / moments_max + 1;
  for (std::size_t moment = 0; moment <= device.events(); moment += step)
    for (const bool power_loss : {false, true}) {
      INFO("dead at write " << moment << " of " << device.events() << (power_loss ? ", power lost" : ""));
      MemoryDevice left = power_loss ? device.after_power_loss(moment, moment) : device.after(moment);
      const CheckRun check = check_volume(left, {.force = true});
      if (!mended) CHECK(check.texts == std::vector<std::string>());
      const TuneRun again = tune(left, wished(), wish);
      REQUIRE(again.error == "");
      expect_sound(left);
      const TreeDigest found = tree_digest(left);
      CHECK(lost_of(expected, found) == "");
      CHECK(found.size() == expected.size());
      CHECK(tune(left, wished(), wish).changes == std::vector<std::string>());
    }
  expect_way_back(before, wished, wish, moments_max / 2);
}

}  // namespace ocfs2
