// SPDX-License-Identifier: GPL-2.0-or-later
//
// tunefs.ocfs2: changes a volume (spec: commands.md 3). The order of a run is in TuneRun::run: who uses the
// device, who has the volume, what would change, may it; and only then the first write.
#include "cmd/tunefs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "cmd/applets.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/refusal.h"
#include "engine/format/identity.h"
#include "engine/io/file_device.h"
#include "engine/io/in_use.h"
#include "engine/io/open_image.h"
#include "engine/journal/single_blocks.h"
#include "engine/tune/bitmap_audit.h"
#include "engine/volume/volume_journal.h"
#include "net/mounted_file_system.h"
#include "net/running_cluster.h"

namespace ocfs2 {
namespace {

constexpr std::string_view restore_backup = "fsck.ocfs2 -r";  ///< what to do with an intact superblock

Console::Manner manner_of(const TuneWords& words) {
  Console::Manner manner;
  manner.output = words.json      ? Console::Output::json
                  : words.quiet() ? Console::Output::quiet
                                  : Console::Output::text;
  manner.answers = words.yes  ? Console::Answers::yes
                   : words.no ? Console::Answers::no
                              : Console::Answers::ask;
  manner.verbosity = words.verbosity - words.quietness;
  manner.dialogue_aside = true;
  return manner;
}

TuneProgress::Bar bar_of(const TuneWords& words) {
  if (words.json) return TuneProgress::Bar::hidden;
  if (words.progress) return TuneProgress::Bar::always;
  return words.quiet() ? TuneProgress::Bar::hidden : TuneProgress::Bar::when_long;
}

/// Where old bytes are kept while the only journal is being changed itself, if the user named no place.
std::string spare_undo_path() {
  const char* const folder = std::getenv("TMPDIR");
  return fmt::format("{}/tunefs.ocfs2-{}.undo", folder && *folder ? folder : "/var/tmp", getpid());
}

u64 seconds_since_1970() { return static_cast<u64>(std::time(nullptr)); }

std::optional<ClusterIdentity> cluster_of_host() {
  const std::optional<RunningCluster> running = running_cluster();
  if (!running || running->name.empty()) return std::nullopt;
  ClusterIdentity cluster;
  cluster.stack = running->stack;
  cluster.cluster = running->name;
  cluster.global_heartbeat = running->global_heartbeat;
  return cluster;
}

std::array<u32, 3> random_seeds() { return new_identity({}, {}).index_seeds; }

class TuneRun {
 public:
  TuneRun(const TuneWords& words, const std::string& program)
      : words_(words),
        console_(program, manner_of(words)),
        progress_(console_, bar_of(words), Console::standard_surroundings(), program) {}

  void run() try {
    if (!words_.operations.empty()) change_volume();
    if (words_.query || words_.list_sparse || words_.minimum_size) answer();
    if (words_.json) print_json("");
  } catch (const Error& error) {
    forget_undo();
    const Error told = with_next_step(error);
    if (words_.json) print_json(told.what());
    throw told;
  }
  const std::vector<TuneStep>& steps() const { return steps_; }

 private:
  void change_volume() {
    if (const auto mount = mounted_here()) return change_mounted(*mount);
    open_device(words_.dry_run ? Access::read_only : Access::exclusive);
    const std::optional<std::unique_ptr<ClusterGuard>> guard = hold_volume();
    if (!guard) return change_mounted("");
    require_clean_journals(*volume_);
    WayToWrite way(device(), volume_->geometry().block_size(), undo_.get(),
                   words_.undo ? *words_.undo : spare_undo_path());
    if (!words_.dry_run)
      for (u32 slot = 0; slot < volume_->facts().max_slots; ++slot)
        way.trust(open_slot_journal(*volume_, slot, seconds_since_1970), false);
    Tuning tuning(*volume_, words_.dry_run ? nullptr : &way, surroundings());
    const Prospect before = tuning.prospect;
    make_plans(tuning);
    const bool gives_space = tuning.prospect.gives_space(before);
    if (gives_space) require_sound_bitmap(*volume_);
    if (words_.dry_run) return;
    carry_out([&way] { way.finish(false); });
    if (gives_space) require_sound_bitmap(*volume_);
    if (undo_) undo_->finish();
  }

  /// Some changes do not mind that nodes have the volume mounted. `mount_point`: on this host; empty when it
  /// is mounted on others only.
  void change_mounted(const std::string& mount_point) {
    if (words_.undo)
      throw Error(
          ErrorKind::unsupported,
          fmt::format("{} is mounted: what the kernel writes meanwhile cannot be kept in an undo file",
                      words_.device));
    open_device(words_.dry_run ? Access::read_only : Access::read_write);
    GuardOutcome outcome;
    if (!words_.dry_run) outcome = keep_tools_away(*volume_);
    if (!outcome.refusal.empty()) throw Error(ErrorKind::busy, outcome.refusal);
    std::optional<Refusal> refused;
    const auto kernel = mount_point.empty() ? nullptr : open_mounted(mount_point, refused);
    if (refused) fail_refused(*refused);
    SingleBlocks way(device(), volume_->geometry().block_size());
    Tuning tuning(*volume_, words_.dry_run ? nullptr : &way, kernel.get(), surroundings());
    make_plans(tuning);
    if (!words_.dry_run) carry_out([] {});
  }

  /// Damage that was met on the way is for the checker.
  Error with_next_step(const Error& error) const {
    const std::string words = error.what();
    if (words.find("fsck.ocfs2") != std::string::npos) return error;
    if (error.kind() == ErrorKind::not_found)
      return {error.kind(), words + "; is it the right device? mounted.ocfs2 -d lists all volumes"};
    if (error.kind() == ErrorKind::corrupt)
      return {error.kind(), fmt::format("{}; run: fsck.ocfs2 -f {}", words, words_.device)};
    return error;
  }

  TuneSurroundings surroundings() { return {progress_, seconds_since_1970, cluster_of_host, random_seeds}; }

  bool may_be_mounted() const { return std::ranges::all_of(words_.operations, &Operation::while_mounted); }

  /// Where this host has the volume mounted, when it may stay so.
  std::optional<std::string> mounted_here() {
    for (const Use& use : uses_of(words_.device)) {
      const bool mounted = use.what == Use::What::mounted && use.type == "ocfs2" && !use.read_only;
      if (mounted && may_be_mounted()) return use.where;
      if (!words_.dry_run)
        fail(ErrorKind::busy, "Device is busy: {}; {}", use_text(use),
             mounted ? fmt::format("{} is changed while no node has the volume mounted: umount it everywhere",
                                   needs_unmounting())
                     : "a volume is changed while nobody else uses its device: end that use first");
    }
    return std::nullopt;
  }

  /// The first of what was asked for that minds.
  const std::string& needs_unmounting() const {
    return std::ranges::find(words_.operations, false, &Operation::while_mounted)->name;
  }

  void open_device(Access access) {
    volume_.reset();
    file_.reset();
    file_ = FileDevice::open(words_.device, access);
    if (words_.undo && !words_.dry_run) {
      undo_store_ = FileDevice::create(*words_.undo);
      undo_ = std::make_unique<UndoDevice>(*file_, *undo_store_);
    }
    OpenOptions options;
    options.read_only = words_.dry_run;
    options.super.backup_option = restore_backup;
    volume_ = Volume::open(device(), options);
  }
  BlockDevice& device() { return undo_ ? static_cast<BlockDevice&>(*undo_) : *file_; }

  /// A run that failed before it wrote anything leaves no undo file.
  void forget_undo() {
    if (undo_ && undo_->saved_bytes() == 0) unlink(words_.undo->c_str());
  }

  /// Nothing when nodes have the volume mounted and may keep it. A null guard: none is needed.
  std::optional<std::unique_ptr<ClusterGuard>> hold_volume() {
    const bool needed = std::ranges::any_of(words_.operations, &Operation::cluster);
    if (!needed || words_.dry_run) return nullptr;
    GuardOutcome outcome = look_for_others(*volume_, {.writing = true, .offline = words_.offline}, progress_);
    if (outcome.guard) return std::move(outcome.guard);
    if (outcome.mounted_elsewhere && may_be_mounted()) return std::nullopt;
    // Whoever moves a volume to another cluster cannot lock it in the old one.
    const bool may_move = std::ranges::all_of(words_.operations, &Operation::other_cluster);
    if (may_move && outcome.other_cluster && outcome.evidence.living().empty()) return nullptr;
    throw Error(ErrorKind::busy, outcome.refusal);
  }

  /// Nothing is written before every operation was looked at and every question answered.
  void make_plans(Tuning& tuning) {
    for (const Operation& operation : words_.operations) {
      Plan plan = operation.plan(tuning);
      TuneStep step{.name = operation.name, .change = std::move(plan.change), .settled = plan.settled};
      if (!step.change) {
        console_.detail(1, step.settled);
      } else if (words_.dry_run || confirmed(*step.change)) {
        step.state = TuneStep::State::planned;
        tuning.prospect = step.change->after;
        if (words_.dry_run) console_.note(change_text(*step.change));
        for (const std::string& remark : step.change->remarks) console_.detail(1, remark);
      } else {
        step.state = TuneStep::State::declined;
      }
      steps_.push_back(std::move(step));
    }
  }

  bool confirmed(const Change& change) {
    const bool asked = change.critical || words_.interactive || words_.no;
    return !asked || console_.confirm(change.question);
  }

  /// `finish` leaves no journal to be replayed.
  void carry_out(const std::function<void()>& finish) {
    const auto planned =
        static_cast<u64>(std::ranges::count(steps_, TuneStep::State::planned, &TuneStep::state));
    u64 done = 0;
    for (TuneStep& step : steps_) {
      if (step.state != TuneStep::State::planned) continue;
      progress_.operations(done++, planned);
      step.state = TuneStep::State::failed;
      try {
        step.change->carry_out();
      } catch (const Error& error) {
        end_cleanly(finish);
        throw half_way(error);
      }
      step.state = TuneStep::State::done;
    }
    finish();
  }

  /// What room there is can turn out only when it is used up.
  static Error half_way(const Error& error) {
    if (error.kind() != ErrorKind::no_space) return error;
    return {
        error.kind(),
        fmt::format("{}. The volume is sound, and what was done so far stays: make room, or ask for less, "
                    "then run the command again",
                    error.what())};
  }

  /// What was committed stays, if the device lets us.
  static void end_cleanly(const std::function<void()>& finish) try {
    finish();
  } catch (const Error&) {  // the error that is on its way says more
  }

  void answer() {
    volume_.reset();
    file_.reset();
    const auto file = open_to_read(words_.device);
    OpenOptions options;
    options.heartbeat_device = options.unfinished_change = true;
    options.super.backup_option = restore_backup;
    const auto volume = Volume::open(*file, options);
    if (words_.query) std::fputs(query_text(*words_.query, *volume).c_str(), stdout);
    if (words_.minimum_size) std::fputs(minimum_size_text(*volume).c_str(), stdout);
    if (words_.list_sparse) print_sparse_files(*volume);
  }

  void print_json(const std::string& error) {
    std::fputs(tune_json(words_.device, words_.dry_run, steps_, error).c_str(), stdout);
  }

  const TuneWords& words_;
  Console console_;
  TuneProgress progress_;
  std::unique_ptr<FileDevice> file_, undo_store_;
  std::unique_ptr<UndoDevice> undo_;
  std::unique_ptr<Volume> volume_;
  std::vector<TuneStep> steps_;
};

}  // namespace

std::vector<TuneStep> run_operations(const TuneWords& words, const std::string& program) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader of our output who goes away must not end a change
  TuneRun run(words, program);
  try {
    run.run();
  } catch (const Error& error) {
    if (const int signal = InterruptWatch::signal(); signal != 0 && error.kind() == ErrorKind::interrupted)
      throw Error(ErrorKind::interrupted, fmt::format("Caught signal {}, exiting", signal));
    throw;
  }
  return run.steps();
}

int run_tunefs(std::span<char*> arguments) {
  TuneWords words;
  if (const auto status = parse_tunefs(arguments, words)) return *status;
  const std::string_view path = arguments[0];
  const std::string program(path.substr(path.rfind('/') + 1));
  run_operations(words, program);
  return 0;
}

}  // namespace ocfs2
