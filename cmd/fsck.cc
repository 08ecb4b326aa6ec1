// SPDX-License-Identifier: GPL-2.0-or-later
//
// fsck.ocfs2: finds what is wrong with a volume and mends it (spec: commands.md 2). The order of a run is in
// FsckRun::run: who uses the device, who has the volume, then journals, then passes, then a verdict that is
// true whatever happened in between.
#include "cmd/fsck.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "cmd/applets.h"
#include "cmd/fsck_console.h"
#include "cmd/fsck_json.h"
#include "cmd/version.h"
#include "cmd/volume_guard.h"
#include "engine/io/in_use.h"
#include "engine/io/open_image.h"
#include "engine/io/probe.h"

namespace ocfs2 {
namespace {

constexpr std::string_view mounted_warning =
    "\nWARNING!!! Running fsck.ocfs2 (read-only) on a mounted filesystem may detect invalid errors.\n";
constexpr std::string_view mounted_refusal =
    "\nRunning fsck.ocfs2 on a mounted filesystem may cause SEVERE filesystem damage, abort.\n";
constexpr std::string_view force_warning =
    "\nWARNING!!! You have disabled the cluster check. Continue only if you\n"
    "are absolutely sure that NO node has this filesystem mounted or is\n"
    "otherwise accessing it. If unsure, do NOT continue.\n";
constexpr std::string_view really = "Do you really want to continue (y/N): ";

/// The user, asked before anything was begun, did not want to.
class Canceled {};

Console::Manner manner_of(const FsckWords& words) {
  Console::Manner manner;
  manner.output = words.json ? Console::Output::json : Console::Output::text;
  manner.verbosity = words.verbosity;
  manner.headings = true;
  if (words.progress || words.progress_file == 0) manner.progress = Console::Progress::shown;
  if (words.progress_file.value_or(0) != 0) manner.progress = Console::Progress::hidden;
  return manner;
}

CheckOptions options_of(const FsckWords& words) {
  CheckOptions options;
  options.read_only = words.no;
  options.force = words.force || words.compact;
  options.stale_generations = words.generations;
  options.compact_directories = words.compact;
  options.memory_bytes = words.memory_bytes;
  return options;
}

/// Where old bytes are kept while no journal can be trusted, if the user named no place.
std::string spare_undo_path() {
  const char* const folder = std::getenv("TMPDIR");
  return fmt::format("{}/fsck.ocfs2-{}.undo", folder && *folder ? folder : "/var/tmp", getpid());
}

u64 seconds_since_1970() { return static_cast<u64>(std::time(nullptr)); }

/// Which superblock is meant. A block number means nothing without a block size: the one that fits is looked
/// for.
SuperWish super_wish(BlockDevice& device, const FsckWords& words) {
  SuperWish wish{.backup = words.backup,
                 .block_size = words.block_size,
                 .super_block = words.super_block,
                 .backup_option = "-r",
                 .holds_something_else = [path = words.device] {
                   return std::ranges::any_of(probe_content(path), [](const FoundContent& content) {
                     return content.type != "ocfs2";
                   });
                 }};
  if (wish.super_block == 0 || wish.block_size != 0) return wish;
  for (wish.block_size = block_size_min; wish.block_size < block_size_max; wish.block_size *= 2) try {
      find_super(device, wish);
      return wish;
    } catch (const Error&) {  // another size, then; the last one's complaint is the one that is shown
    }
  return wish;
}

class FsckRun {
 public:
  FsckRun(const FsckWords& words, const std::string& program)
      : words_(words), console_(program, manner_of(words)), talk_(console_, words) {
    record_.device = words.device;
  }

  int run() try {
    if (!test_use()) return end(FsckStatus::sound);
    open_device();
    check();
    return end(record_.status);
  } catch (const Canceled&) {
    console_.say("Aborting operation.\n");
    record_.error = "canceled";
    forget_undo();
    return end(FsckStatus::canceled);
  } catch (const Error& error) {
    record_.error = error.what();
    if (error.kind() == ErrorKind::not_found) record_.error += content_instead();
    forget_undo();
    if (words_.json) end(status_of(error));
    throw Error(error.kind(), record_.error);
  }

  static int status_of(const Error& error) {
    return error.kind() == ErrorKind::interrupted ? FsckStatus::canceled : FsckStatus::failed;
  }

 private:
  /// False when there is nothing to be done.
  bool test_use() {
    const std::vector<Use> uses = uses_of(words_.device);
    in_use_ = !uses.empty();
    if (!in_use_) return true;
    for (const Use& use : uses) console_.warn(use_text(use));
    if (words_.skip_mounted && uses.front().what == Use::What::mounted) {
      record_.skipped = true;
      return false;
    }
    console_.say(fmt::format("{}\n", words_.writing() ? mounted_refusal : mounted_warning));
    if (words_.writing()) throw Canceled();
    confirm();
    return true;
  }

  /// Asked of a person only: neither -y nor -n has an answer to this.
  void confirm() {
    if (!console_.confirm(really)) throw Canceled();
  }

  void open_device() {
    const Caching caching = words_.buffered ? Caching::buffered : Caching::automatic;
    auto file =
        FileDevice::open(words_.device, words_.writing() ? Access::exclusive : Access::read_only, caching);
    file_ = file.get();
    is_image_ = image_form(*file) != ImageForm::plain;
    if (is_image_ && words_.writing())
      fail(ErrorKind::invalid_argument,
           "{}: is a metadata image, which is only looked at: add -n. To try a repair, make a sparse volume "
           "of it first: o2image -r {} FILE",
           words_.device, words_.device);
    device_ = look_inside(std::move(file));
    if (!words_.writing() && is_being_changed(words_.device))
      console_.warn(
          fmt::format("{}: another program is changing it; some findings may be none", words_.device));
    if (!words_.undo) return;
    undo_store_ = FileDevice::create(*words_.undo);
    undo_ = std::make_unique<UndoDevice>(*device_, *undo_store_);
  }

  /// A run that failed before it wrote anything leaves no undo file.
  void forget_undo() {
    if (undo_store_ && (!undo_ || undo_->saved_bytes() == 0)) unlink(words_.undo->c_str());
  }

  /// "; it holds an xfs file system": it may be the wrong device.
  std::string content_instead() const try {
    std::string words;
    if (file_)
      for (const FoundContent& content : probe_content(words_.device))
        if (content.type != "ocfs2")
          words += fmt::format("{} {}", words.empty() ? "; it holds:" : ",", content_text(content));
    return words;
  } catch (const Error&) {
    return {};
  }

  BlockDevice& device() { return undo_ ? static_cast<BlockDevice&>(*undo_) : *device_; }

  void check() {
    CheckSurroundings surroundings{.reporter = talk_,
                                   .ask = [this](const Finding& finding) { return talk_.answer(finding); },
                                   .now_seconds = seconds_since_1970,
                                   .undo = undo_.get(),
                                   .undo_path = words_.undo ? *words_.undo : spare_undo_path()};
    const CheckOptions options = options_of(words_);
    check_ = std::make_unique<VolumeCheck>(device(), super_wish(device(), words_), options, surroundings);
    const std::unique_ptr<ClusterGuard> guard = hold_volume();
    console_.note(fsck_header(words_.device, check_->volume()));
    begin_costs();
    const bool complete = run_passes();
    record_.outcome = check_->finish();
    if (undo_) undo_->finish();
    record_.outcome->interrupted = record_.outcome->interrupted || !complete;
    conclude();
  }

  /// -n on a volume that is mounted here was confirmed already: its nodes are alive, as everybody knows. An
  /// image has none.
  std::unique_ptr<ClusterGuard> hold_volume() {
    if (words_.no && (in_use_ || is_image_ || words_.ignore_cluster)) return nullptr;
    const GuardWish wish{
        .writing = words_.writing(), .force = words_.ignore_cluster, .offline = words_.offline};
    GuardOutcome outcome = look_for_others(check_->volume(), wish, talk_);
    if (may_adopt(outcome) && check_->adopt_cluster(*outcome.other_cluster)) {
      outcome = look_for_others(check_->volume(), wish, talk_);
      if (!outcome.guard) check_->finish();  // what was changed stays
    }
    if (!outcome.guard) throw Error(ErrorKind::busy, outcome.refusal);
    const bool settled = outcome.guard->basis() != ClusterGuard::Basis::force || outcome.evidence.all_left();
    if (settled) return std::move(outcome.guard);
    console_.say(fmt::format("{}\n", force_warning));
    confirm();
    return std::move(outcome.guard);
  }

  /// The volume's nodes could be seen, and nobody was; all that is missing is the right cluster.
  static bool may_adopt(const GuardOutcome& outcome) {
    return !outcome.guard && outcome.other_cluster && outcome.evidence.visible &&
           outcome.evidence.living().empty();
  }

  void begin_costs() {
    began_ = pass_began_ = costs_so_far(*file_, check_.get());
    if (words_.statistics < 2) return;
    talk_.pass_done = [this](std::string_view) {
      const FsckCosts now = costs_so_far(*file_, check_.get());
      console_.note(now.since(pass_began_).text());
      pass_began_ = now;
    };
  }

  /// False when the user stopped it.
  bool run_passes() try {
    check_->prepare();
    const std::optional<std::string> reason = check_->reason_to_check();
    if (!reason) {
      const std::string next = check_->next_check();
      console_.note(fmt::format("{} is clean.{}", words_.device,
                                next.empty() ? "" : fmt::format("  It will be checked {}.", next)));
      return true;
    }
    console_.note(fmt::format("{} {}, check forced.", words_.device, *reason));
    check_->run_passes();
    record_.checked = true;
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) throw;
    return false;
  }

  void conclude() {
    const CheckOutcome& outcome = *record_.outcome;
    talk_.stage_done("done");
    if (outcome.interrupted && talk_.abort() == FsckConsole::Abort::none)
      console_.note("\nProcess Interrupted.");
    if (record_.checked && !outcome.interrupted && outcome.failures == 0)
      console_.note("All passes succeeded.\n");
    if (words_.statistics > 0) {
      console_.note(fmt::format("  Cache size: {}MB", options_of(words_).cache_bytes() >> 20));
      console_.note(costs_so_far(*file_, check_.get()).since(began_).text());
      console_.note(inode_statistics_text(check_->survey().statistics));
    }
    if (record_.checked || outcome.found > 0 || outcome.interrupted)
      console_.note(fsck_verdict(words_.device, outcome, words_.answering()));
    record_.status = status_for(outcome);
  }

  /// Who does not answer a question gets the status that scripts know for it; the verdict has the rest.
  int status_for(const CheckOutcome& outcome) const {
    if (talk_.abort() == FsckConsole::Abort::none) return fsck_status(outcome);
    const bool closed = talk_.abort() == FsckConsole::Abort::closed;
    return closed ? FsckStatus::failed : FsckStatus::failed | FsckStatus::canceled;
  }

  int end(int status) {
    record_.status = status;
    if (words_.json)
      std::fputs(fsck_json(record_, talk_, check_ ? &check_->volume() : nullptr).c_str(), stdout);
    const bool heard = std::fflush(stdout) == 0 && !std::ferror(stdout);
    return heard ? status : status | FsckStatus::failed;
  }

  const FsckWords& words_;
  Console console_;
  FsckConsole talk_;
  FsckSignals signals_;
  FsckRecord record_;
  bool in_use_ = false, is_image_ = false;
  std::unique_ptr<BlockDevice> device_;
  FileDevice* file_ = nullptr;  ///< what is read by the system: what device_ is, or the image is in
  std::unique_ptr<FileDevice> undo_store_;
  std::unique_ptr<UndoDevice> undo_;
  std::unique_ptr<VolumeCheck> check_;
  FsckCosts began_, pass_began_;
};

}  // namespace

int run_fsck(std::span<char*> arguments) {
  FsckWords words;
  if (const auto status = parse_fsck(arguments, words)) return *status;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // a log shows it in the order in which it happened
  const std::string_view path = arguments[0];
  const std::string program(path.substr(path.rfind('/') + 1));
  if (!words.no_title && !words.json) fmt::print(stderr, "{}\n", version_line(program));
  return FsckRun(words, program).run();
}

}  // namespace ocfs2
