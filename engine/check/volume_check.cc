// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/volume_check.h"

#include <algorithm>

#include "engine/check/cluster_info.h"
#include "engine/check/finishing.h"
#include "engine/check/journals_check.h"
#include "engine/check/passes.h"
#include "engine/check/problems/volume.h"
#include "engine/check/recovery.h"
#include "engine/check/super_choice.h"
#include "engine/error.h"
#include "engine/journal/way_to_write.h"

namespace ocfs2 {
namespace {

OpenOptions open_options(const CheckOptions& options) {
  OpenOptions open;
  open.read_only = options.read_only;
  open.unfinished_change = true;
  open.cache_bytes = options.main_cache_bytes();
  return open;
}

/// -n looks at the volume through a view, which shows what a replay would make of it.
std::unique_ptr<ReplayedView> view_of(BlockDevice& device, const SuperChoice& choice, bool read_only) {
  if (!read_only) return nullptr;
  return std::make_unique<ReplayedView>(device, static_cast<u32>(choice.super.bytes.size()));
}

}  // namespace

struct VolumeCheck::State {
  State(BlockDevice& device, const SuperWish& wish, const CheckOptions& check_options,
        CheckSurroundings check_surroundings)
      : options(check_options),
        surroundings(std::move(check_surroundings)),
        super_wish(wish),
        choice(choose_super(device, wish)),
        view(view_of(device, choice, options.read_only)),
        volume(Volume::open(view ? static_cast<BlockDevice&>(*view) : device, choice.super,
                            open_options(options))),
        examiner(surroundings.ask),
        way(device, volume->geometry().block_size(), surroundings.undo, surroundings.undo_path),
        mender(options.read_only ? nullptr : std::make_unique<Mender>(volume->cache(), way)),
        source(volume->cache(), mender.get()),
        journals(*volume, examiner, surroundings.reporter, surroundings.now_seconds) {
    if (mender) mender->tell_of_commits([this] { examiner.settle(); });
  }

  Reporter& reporter() { return surroundings.reporter; }

  /// What all passes share; made when the superblock is what it will be.
  Checkup& shared() {
    if (!checkup)
      checkup.reset(new Checkup{*volume, options, surroundings.reporter, examiner, mender.get(), source,
                                Survey(volume->facts(), options.claims_max()), surroundings.now_seconds()});
    return *checkup;
  }

  void look_at_end();
  u64 clusters_of_bitmap();
  void replay_journals();
  void tell_of_replay();
  void replay_sound_journals();
  void choose_super_again();
  void look_at_beginnings();
  void recover_slots();
  void delete_orphans();
  bool attempt(std::string_view what, const std::function<void()>& work, bool last_chance = true);
  bool run_pass(const CheckPass& pass);
  void distrust_shared_journals();
  void examine_late_journals(const CheckPass& search);
  void write_conclusion();
  bool sound() const { return examiner.total().left() == 0 && failures == 0 && !interrupted; }

  const CheckOptions options;
  CheckSurroundings surroundings;
  SuperWish super_wish;
  SuperChoice choice;
  std::unique_ptr<ReplayedView> view;
  std::unique_ptr<Volume> volume;
  Examiner examiner;
  WayToWrite way;
  std::unique_ptr<Mender> mender;
  BlockSource source;
  JournalsCheck journals;
  std::unique_ptr<Checkup> checkup;
  std::vector<u32> unrecovered;  ///< slots to be recovered after the passes
  u64 journals_replayed = 0;
  u64 failures = 0;                                         ///< passes that did not come to their end
  bool journals_put_off = false, recovery_put_off = false;  ///< until the system files were found
  bool beginnings_damaged = false;
  bool super_usable = true;  ///< block 2 is a superblock that may be written
  bool prepared = false;
  bool checked = false;  ///< all passes ran
  bool interrupted = false;
};

VolumeCheck::VolumeCheck(BlockDevice& device, const SuperWish& wish, const CheckOptions& options,
                         CheckSurroundings surroundings)
    : state_(std::make_unique<State>(device, wish, options, std::move(surroundings))) {}

VolumeCheck::~VolumeCheck() = default;

Volume& VolumeCheck::volume() { return *state_->volume; }
Survey& VolumeCheck::survey() { return state_->shared().survey; }

u64 VolumeCheck::bytes_from_caches() const {
  const u64 workers = state_->checkup ? state_->checkup->bytes_from_workers_caches : 0;
  return state_->volume->cache().bytes_given_again() + workers;
}

/// Does a part of the work. An error ends that part only: it is told, and the volume is not sound. True when
/// there was none.
bool VolumeCheck::State::attempt(std::string_view what, const std::function<void()>& work,
                                 bool last_chance) try {
  work();
  if (mender) mender->commit();
  return true;
} catch (const Error& error) {
  if (mender) {
    mender->transaction().abort();
    examiner.take_back();
  }
  interrupted |= error.kind() == ErrorKind::interrupted;
  if (interrupted) throw;
  if (last_chance) ++failures;
  reporter().warn(fmt::format("while {}: {}", what, error.what()));
  return false;
}

// ---- before the passes ----

/// How long the volume is as the inode of the global bitmap says; as the superblock does where that inode
/// cannot be found.
u64 VolumeCheck::State::clusters_of_bitmap() try {
  const auto number = volume->find_system_file(SystemFile::global_bitmap);
  if (!number) return volume->geometry().clusters;
  const auto block = volume->cache().read_unjudged(block_of(*number), Inode::kind);
  return as<Inode>(ConstBytes(block->bytes)).clusters;
} catch (const Error& error) {
  if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::io) throw;
  return volume->geometry().clusters;
}

/// Where a part of the volume is missing, a repair would be the end of all that had to do with it.
void VolumeCheck::State::look_at_end() {
  const Geometry& geometry = volume->geometry();
  const u64 room = volume->device().size_bytes() >> geometry.cluster_bits;
  if (geometry.clusters <= room || clusters_of_bitmap() <= room) return;  // else it is a wrong number
  examiner.report(problem::DEVICE_TOO_SMALL, {.found = room, .expected = geometry.clusters});
  if (mender)
    fail(ErrorKind::corrupt,
         "{}: nothing is repaired while a part of the volume is missing; give the device its {} MiB again, "
         "or copy the whole volume to one that has them, then run this again; -n shows what is left",
         volume->name(), divide_up(u64{geometry.clusters} << geometry.cluster_bits, 1 << 20));
}

void VolumeCheck::State::replay_journals() {
  journals.read_all();
  if (journals.any_to_replay()) tell_of_replay();
  replay_sound_journals();
  journals.examine(mender.get());
  replay_sound_journals();  // also those whose damage was accepted
  journals.tell_unreplayed();
  if (mender) journals.offer(way);
}

void VolumeCheck::State::tell_of_replay() {
  if (options.read_only)
    return reporter().note("** Journals are replayed in memory only because -n was given. **");
  reporter().note(fmt::format(
      "{} wasn't cleanly unmounted by all nodes.  Attempting to replay the journals for nodes that didn't "
      "unmount cleanly",
      volume->name()));
  reporter().note("Checking each slot's journal.");
}

void VolumeCheck::State::replay_sound_journals() {
  const u64 replayed = mender ? journals.replay(way) : journals.show(*view);
  if (replayed > 0) choose_super_again();
  journals_replayed += replayed;
}

/// A log may have held the superblock.
void VolumeCheck::State::choose_super_again() {
  choice = choose_super(volume->device(), super_wish);
  volume->start_over(choice.super);
  journals.keep_slots(volume->facts().max_slots);
}

void VolumeCheck::State::recover_slots() {
  look_at_beginnings();
  if (!mender) return;
  for (const SlotLog& log : journals.logs()) {
    const bool unknown = log.dirty && !log.replayed;
    if (unknown || !SlotRecovery(*volume, *mender, reporter()).recover(log.slot))
      unrecovered.push_back(log.slot);
  }
}

/// What the kernel reads first of all: a volume without that is not clean, whatever its flags say.
void VolumeCheck::State::look_at_beginnings() try {
  for (const InodeNo directory : {volume->root(), volume->system_directory()})
    if (!volume->inode(directory)->is_directory())
      fail(ErrorKind::corrupt, "{}: inode {} should be a directory", volume->name(), directory.value);
  for (const SystemFile file :
       {SystemFile::global_bitmap, SystemFile::global_inode_alloc, SystemFile::slot_map})
    (void)volume->system_file(file);
  for (u32 slot = 0; slot < volume->facts().max_slots; ++slot)
    (void)needs_recovery(*volume, slot);  // throws when it cannot be told
  if (!mender) reporter().note("** Skipping slot recovery because -n was given. **");
} catch (const Error& error) {
  if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::io) throw;
  if (!options.force) reporter().warn(error.what());
  beginnings_damaged = true;
}

/// A superblock that is not sound itself is left to `prepare`.
bool VolumeCheck::adopt_cluster(const ClusterIdentity& running) {
  State& state = *state_;
  bool adopted = false;
  if (!state.mender || !state.choice.sound()) return false;
  state.attempt("changing the cluster", [&] {
    adopted = resolve_cluster(*state.volume, running, state.examiner, *state.mender);
    if (adopted) state.choose_super_again();
  });
  return adopted;
}

void VolumeCheck::State::delete_orphans() {
  for (const SlotLog& log : journals.logs())
    if (!SlotRecovery(*volume, *mender, reporter()).delete_orphans(log.slot, surroundings.now_seconds()))
      unrecovered.push_back(log.slot);
}

void VolumeCheck::prepare() {
  State& state = *state_;
  state.look_at_end();
  state.journals_put_off = !state.attempt(
      "checking the journals", [&] { state.replay_journals(); }, false);
  state.attempt("checking the superblock", [&] {
    state.super_usable =
        resolve_super(state.choice, state.examiner, state.volume->cache(), state.mender.get());
    resolve_unfinished(state.volume->features(), state.examiner);
  });
  state.recovery_put_off = !state.attempt(
      "recovering the slots", [&] { state.recover_slots(); }, false);
  state.prepared = true;
  if (state.mender && !reason_to_check()) state.attempt("deleting orphans", [&] { state.delete_orphans(); });
}

std::optional<std::string> VolumeCheck::reason_to_check() {
  State& state = *state_;
  if (state.options.force) return "was run with -f";
  const SuperBlock& super = state.volume->super();
  if (const auto reason = reason_in_super(super, state.surroundings.now_seconds())) return reason;
  if (state.beginnings_damaged) return "has damaged system files";
  if (!state.unrecovered.empty()) return "has slots that could not be recovered";
  if (state.journals.found_trouble() || state.failures > 0 || state.journals_put_off ||
      state.recovery_put_off)
    return "has trouble with its journals";
  if (state.examiner.total().found > 0) return "has a damaged superblock";
  return std::nullopt;
}

std::string VolumeCheck::next_check() {
  return next_check_of(state_->volume->super(), state_->surroundings.now_seconds());
}

// ---- the passes ----

/// False when it did not come to its end. The passes behind it must not be made then: what it did not learn
/// of, they would take for lost.
bool VolumeCheck::State::run_pass(const CheckPass& pass) {
  if (reporter().interrupted()) {
    interrupted = true;
    fail(ErrorKind::interrupted, "interrupted");
  }
  if (attempt(fmt::format("performing {}", pass.name), [&] { pass.run(shared()); })) return true;
  reporter().warn(
      fmt::format("the check ends here, since what follows builds on {}; what was fixed is safe", pass.name));
  return false;
}

/// After pass 1: a journal whose clusters something else uses, too, is not written to any more.
void VolumeCheck::State::distrust_shared_journals() {
  const Geometry& geometry = volume->geometry();
  std::vector<BlockRun> shared_blocks;
  for (const SlotLog& log : journals.logs())
    for (const BlockRun& run : log.runs) {
      const ClusterNo first = geometry.cluster_of(run.first);
      const ClusterNo end = geometry.cluster_of(run.first + run.blocks);
      if (shared().survey.clusters.next_unexpected(first, end).count > 0) shared_blocks.push_back(run);
    }
  way.distrust(shared_blocks);
}

/// Journals whose names were lost, or that could not be come by, are there again once the system files were
/// found.
void VolumeCheck::State::examine_late_journals(const CheckPass& search) {
  if (!journals_put_off && !recovery_put_off && journals.all_named()) return;
  const u64 before = journals_replayed;
  replay_journals();
  if (recovery_put_off)
    for (const SlotLog& log : journals.logs()) unrecovered.push_back(log.slot);
  journals_put_off = recovery_put_off = false;
  if (journals_replayed == before) return;
  checkup.reset();
  search.run(shared());
}

void VolumeCheck::run_passes() {
  State& state = *state_;
  for (const CheckPass& pass : check_passes()) {
    if (!state.run_pass(pass)) return;
    if (pass.finds_system_files)
      state.attempt("checking the journals", [&] { state.examine_late_journals(pass); });
    if (pass.claims_clusters && state.mender) state.distrust_shared_journals();
  }
  state.attempt("checking the backup superblocks", [&] {
    if (state.super_usable) examine_backups(*state.volume, state.examiner, state.mender.get());
  });
  state.checked = true;
  if (!state.mender) return;
  state.attempt("making new journals", [&] { state.journals.rebuild(*state.mender, state.way); });
  // A slot whose faults were to stay cannot be recovered; that is no failure of its own.
  const bool to_stay = state.examiner.total().left() > 0;
  for (const u32 slot : std::exchange(state.unrecovered, {}))
    if (!SlotRecovery(*state.volume, *state.mender, state.reporter()).recover(slot, true) && !to_stay)
      ++state.failures;
}

// ---- the end ----

void VolumeCheck::State::write_conclusion() {
  if (!sound()) {
    const bool changed = examiner.total().found > 0 || failures > 0;  // else it only was not looked at
    if (super_usable && changed) mark_faulty(*mender);
    mender->commit();
    way.finish(false);
    return;
  }
  journals.clear_flags(*mender);
  clear_slots(*volume, way);
  if (checked) mark_sound(*mender, surroundings.now_seconds());
  if (checked) refresh_backups(*volume, *mender);
  mender->commit();
  const std::vector<InodeNo> cleaned = way.finish(true);
  for (const SlotLog& log : journals.logs()) {
    if (std::ranges::find(cleaned, log.inode) != cleaned.end())
      reporter().note(fmt::format("Slot {}'s journal dirty flag removed", log.slot));
    if (log.error_number != 0)
      reporter().note(
          fmt::format("Clear jbd2 super block errno ({}) on slot {}", log.error_number, log.slot));
  }
}

CheckOutcome VolumeCheck::finish() {
  State& state = *state_;
  state.failures += state.journals_put_off + state.recovery_put_off;  // nobody came to them
  if (state.mender)
    state.attempt("finishing", [&] {
      if (state.prepared)
        state.write_conclusion();
      else
        state.way.finish(false);
    });
  const ProblemCount total = state.examiner.total();
  CheckOutcome outcome;
  outcome.found = total.found + state.failures;
  outcome.mended = total.mended;
  outcome.left = total.left() + state.failures;
  outcome.by_code = state.examiner.counts();
  outcome.journals_replayed = state.journals_replayed;
  outcome.failures = state.failures;
  outcome.interrupted = state.interrupted;
  return outcome;
}

}  // namespace ocfs2
