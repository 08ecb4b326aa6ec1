// SPDX-License-Identifier: GPL-2.0-or-later
//
// defragfs.ocfs2 on mounted volumes: every regular file below the targets is handed to the kernel, which
// moves its extents (spec: commands.md 13).
//
// Directories are walked in the order of names, so that a record of the last file done tells where to go on,
// whatever was made or deleted meanwhile. What the kernel would harm is left alone: files whose clusters are
// shared, each of which would get a copy of its own, and swap files, which are written behind its back.
#include <fcntl.h>
#include <fmt/format.h>
#include <fts.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

#include "cmd/console.h"
#include "cmd/defragfs.h"
#include "cmd/json.h"
#include "engine/error.h"
#include "engine/refusal.h"
#include "engine/io/in_use.h"
#include "engine/io/open_file.h"
#include "net/kernel_files.h"
#include "net/mounted_extents.h"
#include "net/mounted_info.h"

namespace ocfs2 {
namespace {

constexpr long ocfs2_magic = 0x7461636f;
constexpr u32 files_between_records = 50;
constexpr u64 refresh_ms = 125;
constexpr u64 pause_max_ms = 10'000;
constexpr u64 bytes_of_opening = 4096;  ///< a file costs as much as so many bytes, however small

struct Failure {
  std::string path, reason;
};

/// What became of one target.
struct Outcome {
  u64 files = 0, bytes = 0;  ///< found
  u64 processed = 0, succeeded = 0, skipped = 0;
  u64 in_pieces = 0;  ///< counted only
  u64 pieces_before = 0, pieces_after = 0, sharing = 0;
  bool stopped = false;
  bool by_walk = false;  ///< not a file that was named
  std::vector<Failure> failures{};
};

/// Order of a walk: what is in a directory comes behind the directory and before what follows that.
bool comes_before(std::string_view path, std::string_view other) {
  const auto rank = [](char letter) { return letter == '/' ? 0 : 1 + static_cast<unsigned char>(letter); };
  return std::ranges::lexicographical_compare(path, other, {}, rank, rank);
}

int by_name(const FTSENT** one, const FTSENT** other) {
  return std::strcmp((*one)->fts_name, (*other)->fts_name);
}

bool is_on_ocfs2(const std::string& path) {
  struct statfs facts {};
  return statfs(path.c_str(), &facts) == 0 && facts.f_type == ocfs2_magic;
}

bool is_mount_point(const std::string& folder) {
  struct stat here {
  }, above{};
  if (stat(folder.c_str(), &here) != 0 || stat((folder + "/..").c_str(), &above) != 0) return false;
  return here.st_dev != above.st_dev || here.st_ino == above.st_ino;
}

bool is_lost_found(const std::filesystem::path& path) {
  return path.filename() == "lost+found" && is_mount_point(path.parent_path());
}

using FileKey = std::pair<dev_t, ino_t>;
std::set<FileKey> swap_files() {
  std::set<FileKey> files;
  const std::string table = whole_file("/proc/swaps").value_or("");
  for (std::size_t at = table.find('\n'); at != table.npos; at = table.find('\n', at + 1)) {
    const std::string path = table.substr(at + 1, table.find(' ', at + 1) - at - 1);
    struct stat status {};
    if (stat(path.c_str(), &status) == 0) files.emplace(status.st_dev, status.st_ino);
  }
  return files;
}

/// Clusters that others may take meanwhile.
constexpr u64 spare_bytes = 16 << 20;

/// A kernel (6.1) that runs out of clusters while it moves extents waits for itself for ever: it holds the
/// truncate log, and wants to empty it for room. So it is asked only where it cannot run out, though all that
/// it moves away from stays taken until the end.
bool has_room(int file, const struct stat& status) {
  struct statfs space {};
  if (fstatfs(file, &space) != 0) return false;
  return u64{space.f_bfree} * static_cast<u64>(space.f_bsize) >=
         static_cast<u64>(status.st_blocks) * 512 + spare_bytes;
}

/// What a refusal comes down to for the user.
std::string reason_text(const Refusal& refusal) {
  switch (refusal.number) {
    case ENOSPC:
      return "too little is free, or no free run is long enough; make room, or unmount the volume everywhere "
             "and run "
             "\"defragfs.ocfs2 --offline\" on its device, which gathers free space";
    case EPERM:
      return "it may not be changed: lsattr shows whether it is immutable or append-only";
    case EROFS:
      return "the volume is mounted read-only, or the kernel has stopped writing to it after an error";
    case ETXTBSY:
      return "it is a program that is being run";
    case ENOTTY:
    case EOPNOTSUPP:
      return "this kernel cannot move extents";
    default:
      return refusal_text(refusal);
  }
}

class MountedTarget {
 public:
  using FileDone = std::function<void(const std::string&)>;

  /// Files up to `last_file` are done; `file_done` is told of each that follows. Both words and swap files
  /// outlive this.
  MountedTarget(const DefragWords& words, const std::set<FileKey>& swaps, std::string last_file,
                FileDone file_done)
      : words_(words), swaps_(swaps), last_file_(std::move(last_file)), file_done_(std::move(file_done)) {}

  Outcome& outcome() { return outcome_; }

  void count(const std::string& path) {
    ask_cluster_size(path);
    each_file(path, [&](const std::string& file, const struct stat& status) {
      ++outcome_.files;
      outcome_.bytes += cost(status);
      if (words_.count) count_pieces(file, status);
    });
  }

  void defragment(const std::string& path) {
    outcome_.by_walk = true;
    began_ms_ = monotonic_ms();
    each_file(path, [&](const std::string& file, const struct stat& status) { take(file, status); });
    make_room();
  }

  /// The same for one that was named itself.
  void defragment_file(const std::string& path, const struct stat& status) {
    outcome_.files = 1;
    ask_cluster_size(path);
    words_.count ? count_pieces(path, status) : take(path, status);
  }

  void fail_target(const std::string& path, std::string reason) {
    make_room();
    fmt::print(stderr, "[ERROR]\"{}\":{}\n", path, reason);
    outcome_.failures.push_back({path, std::move(reason)});
  }

 private:
  enum class Result { success, skipped, failed };

  static u64 cost(const struct stat& status) { return static_cast<u64>(status.st_size) + bytes_of_opening; }
  u64 whole_clusters(const struct stat& status) const {
    return static_cast<u64>(status.st_size) / cluster_bytes_ * cluster_bytes_;
  }
  void ask_cluster_size(const std::string& path) {
    const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    VolumeFigures figures;
    if (file.get() >= 0 && !ask_figures(file.get(), false, figures) && figures.cluster_bytes != 0)
      cluster_bytes_ = figures.cluster_bytes;
  }

  void each_file(const std::string& path,
                 const std::function<void(const std::string&, const struct stat&)>& use);
  void count_pieces(const std::string& path, const struct stat& status);
  void take(const std::string& path, const struct stat& status);
  Result treat(const std::string& path, const struct stat& status);
  Result join(const std::string& path, const struct stat& status, int file);
  Result fail_file(const std::string& path, const Refusal& refusal, std::string_view tried);
  Result skip(const std::string& path, std::string_view why);
  void show(const std::string& path, Result result, u64 bytes);
  void make_room();

  const DefragWords& words_;
  const std::set<FileKey>& swaps_;
  const std::string last_file_;
  const FileDone file_done_;
  const Console::Surroundings around_ = Console::standard_surroundings();
  Outcome outcome_;
  u64 cluster_bytes_ = 4096;
  u64 bytes_done_ = 0, began_ms_ = 0, shown_ms_ = 0;
  bool line_open_ = false;
};

/// Regular files on this volume, in order, without those in lost+found, until the user stops it.
void MountedTarget::each_file(const std::string& path,
                              const std::function<void(const std::string&, const struct stat&)>& use) {
  std::string root = path;
  char* const roots[] = {root.data(), nullptr};
  const std::unique_ptr<FTS, int (*)(FTS*)> walk(
      fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, by_name), fts_close);
  if (!walk) return fail_target(path, errno_text(errno));
  while (FTSENT* const entry = fts_read(walk.get())) {
    if (InterruptWatch::interrupted()) {
      outcome_.stopped = true;
      return;
    }
    if (entry->fts_info == FTS_D && is_lost_found(entry->fts_path))
      fts_set(walk.get(), entry, FTS_SKIP);
    else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
      fail_target(entry->fts_path, errno_text(entry->fts_errno));
    else if (entry->fts_info == FTS_F && S_ISREG(entry->fts_statp->st_mode))
      use(entry->fts_path, *entry->fts_statp);
  }
}

void MountedTarget::count_pieces(const std::string& path, const struct stat& status) {
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  FilePlaces places;
  if (file.get() < 0 || ask_places(file.get(), whole_clusters(status), places)) return;
  outcome_.in_pieces += places.pieces > 1 ? 1 : 0;
  outcome_.sharing += places.shared ? 1 : 0;
}

void MountedTarget::take(const std::string& path, const struct stat& status) {
  ++outcome_.processed;
  const bool done = !last_file_.empty() && !comes_before(last_file_, path);
  const u64 began = monotonic_ms();
  const Result result = done ? skip(path, "already done... skip") : treat(path, status);
  if (result == Result::success) ++outcome_.succeeded;
  if (result == Result::skipped) ++outcome_.skipped;
  show(path, result, cost(status));
  if (done) return;
  file_done_(path);
  if (words_.gentle && result != Result::skipped)
    usleep(static_cast<useconds_t>(std::clamp<u64>(monotonic_ms() - began, 1, pause_max_ms) * 1000));
}

MountedTarget::Result MountedTarget::treat(const std::string& path, const struct stat& status) {
  if (status.st_size == 0) return skip(path, "File size is 0... skip");
  if (status.st_blocks == 0) return skip(path, "File has no blocks");
  if (geteuid() != 0 && status.st_uid != geteuid())
    return skip(path, "File is not current user's file or current user is not root");
  if (swaps_.contains({status.st_dev, status.st_ino})) return skip(path, "File is in use as swap space");
  const OpenFile file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return fail_file(path, {errno, "open it"}, "Open file failed");
  return join(path, status, file.get());
}

MountedTarget::Result MountedTarget::join(const std::string& path, const struct stat& status, int file) {
  FilePlaces before, after;
  if (const auto refusal = ask_places(file, whole_clusters(status), before))
    return fail_file(path, *refusal, "Get extents failed");
  if (before.shared) {
    ++outcome_.sharing;
    return skip(path, "File shares clusters with others, and would get a copy of them... skip");
  }
  outcome_.pieces_before += before.pieces;
  const u64 size = static_cast<u64>(status.st_size);
  std::optional<Refusal> refusal;
  if (before.pieces > 1 && !has_room(file, status)) {
    outcome_.pieces_after += before.pieces;
    return fail_file(path, {ENOSPC, "move its extents"}, "Move extent failed");
  }
  if (before.pieces > 1) refusal = join_extents(file, size, MovedExtents::whole);
  const std::optional<Refusal> no_place = refusal && refusal->number == ENOSPC ? refusal : std::nullopt;
  if (no_place) refusal = join_extents(file, size, MovedExtents::cut);
  if (before.pieces <= 1 || ask_places(file, whole_clusters(status), after)) after = before;
  outcome_.pieces_after += after.pieces;
  if (!refusal && after.pieces >= before.pieces) refusal = no_place;
  return refusal ? fail_file(path, *refusal, "Move extent failed") : Result::success;
}

MountedTarget::Result MountedTarget::fail_file(const std::string& path, const Refusal& refusal,
                                               std::string_view tried) {
  make_room();
  outcome_.failures.push_back({path, reason_text(refusal)});
  fmt::print(stderr, "[ERROR]{}:\"{}\" - {}\n", tried, path, outcome_.failures.back().reason);
  return Result::failed;
}

MountedTarget::Result MountedTarget::skip(const std::string& path, std::string_view why) {
  if (words_.verbose && !words_.json) fmt::print("\"{}\":{}\n", path, why);
  return Result::skipped;
}

/// A line for each file; on a terminal, unless many lines are wanted, one that tells how far all is.
void MountedTarget::show(const std::string& path, Result result, u64 bytes) {
  bytes_done_ += bytes;
  if (words_.json || !outcome_.by_walk) return;
  const std::string line = fmt::format("[{}/{}]{}:{}", outcome_.processed, outcome_.files, path,
                                       result == Result::failed ? "Failed" : "Success");
  if (words_.verbose || !around_.terminal) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
    return;
  }
  const u64 now = monotonic_ms();
  if (now - shown_ms_ < refresh_ms) return;
  shown_ms_ = now;
  const u64 percent = std::min<u64>(bytes_done_ * 100 / std::max<u64>(outcome_.bytes, 1), 100);
  std::string bar =
      fmt::format("{:3}% {} {}", percent, time_left(bytes_done_, outcome_.bytes, now - began_ms_), line);
  if (bar.size() >= around_.columns) bar.resize(around_.columns - 1);
  fmt::print("\r{}\033[K", bar);
  std::fflush(stdout);
  line_open_ = true;
}

void MountedTarget::make_room() {
  if (!line_open_) return;
  fmt::print("\r\033[K");
  std::fflush(stdout);
  line_open_ = false;
}

// ---- all targets ----

void print_summary(const Outcome& outcome) {
  const auto row = [&](std::string_view name, u64 count) {
    fmt::print("\n\t{}:\t\t\t[ {}/{} ]\n", name, count, outcome.files);
  };
  row("Success", outcome.succeeded);
  row("Skipped", outcome.skipped);
  row("Failure", outcome.processed - outcome.succeeded - outcome.skipped);
  fmt::print("\n\tPieces:\t\t\t\t{} -> {}\n", outcome.pieces_before, outcome.pieces_after);
}

void print_count(const Outcome& outcome, const std::string& path) {
  fmt::print("{:8} files should be defraged in [{}]\n", outcome.files, path);
  fmt::print("{:8} of them lie in more than one piece\n", outcome.in_pieces);
}

void add_outcome(JsonWriter& json, const std::string& target, bool counted, const Outcome& outcome) {
  json.begin_object().field("target", target).field("mode", "mounted").field("files", outcome.files);
  if (counted) json.field("files_in_pieces", outcome.in_pieces);
  if (!counted) {
    json.field("succeeded", outcome.succeeded).field("skipped", outcome.skipped);
    json.field("pieces_before", outcome.pieces_before).field("pieces_after", outcome.pieces_after);
  }
  json.field("files_sharing", outcome.sharing).begin_array("failures");
  for (const auto& [path, reason] : outcome.failures)
    json.begin_object().field("path", path).field("reason", reason).end_object();
  json.end_array().field("interrupted", outcome.stopped).end_object();
}

class MountedRun {
 public:
  MountedRun(const DefragWords& words, std::string last_file, JsonWriter* json)
      : words_(words),
        json_(json),
        swaps_(swap_files()),
        record_{words.verbose, words.gentle, std::move(last_file), absolute(words.targets)} {}

  bool run() {
    bool well = true;
    for (const std::string& named : words_.targets) {
      const Outcome outcome = run_target(named);
      well &= outcome.failures.empty() && !outcome.stopped;
      if (json_) add_outcome(*json_, named, words_.count, outcome);
      if (outcome.stopped) return stop(), false;
      record_.targets.erase(record_.targets.begin());
      record_.last_file.clear();
    }
    if (!words_.count) remove_defrag_record();
    return well;
  }

 private:
  static std::vector<std::string> absolute(std::vector<std::string> paths) {
    for (std::string& path : paths) path = std::filesystem::absolute(path).string();
    return paths;
  }

  /// What a target is decides what becomes of it.
  Outcome run_target(const std::string& named) {
    MountedTarget target(words_, swaps_, record_.last_file, [this](const std::string& path) { done(path); });
    const std::string path = std::filesystem::absolute(named).string();
    struct stat status {};
    if (stat(path.c_str(), &status) != 0)
      target.fail_target(named, errno_text(errno));
    else if (S_ISBLK(status.st_mode))
      run_device(target, path);
    else if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
      target.fail_target(named, "irregular file");
    else if (!is_on_ocfs2(path))
      target.fail_target(named, S_ISREG(status.st_mode)
                                    ? "Not on ocfs2 fs; a volume in an image file takes --offline"
                                    : "Not within ocfs2 fs");
    else if (S_ISDIR(status.st_mode))
      run_directory(target, path);
    else
      run_file(target, path, status);
    return target.outcome();
  }

  void run_device(MountedTarget& target, const std::string& device) {
    for (const Use& use : uses_of(device))
      if (use.what == Use::What::mounted && use.type == "ocfs2") {
        if (words_.verbose && !json_) fmt::print("ocfs2 defragmentation for device({})\n", device);
        return run_directory(target, use.where);
      }
    target.fail_target(device, "Is not mounted; on a volume that no node has mounted, use --offline");
  }

  void run_directory(MountedTarget& target, const std::string& path) {
    if (is_lost_found(path)) return target.fail_target(path, "defrag won't work within lost+found");
    target.count(path);
    if (words_.count) return json_ ? void() : print_count(target.outcome(), path);
    if (!target.outcome().stopped) target.defragment(path);
    if (!json_) print_summary(target.outcome());
  }

  void run_file(MountedTarget& target, const std::string& path, const struct stat& status) {
    target.defragment_file(path, status);
    if (json_) return;
    if (words_.count) return print_count(target.outcome(), path);
    if (target.outcome().succeeded > 0) fmt::print("{}: Succeeded\n", path);
  }

  void done(const std::string& path) {
    record_.last_file = path;
    if (++since_record_ < files_between_records) return;
    since_record_ = 0;
    keep_record();
  }

  void keep_record() {
    if (words_.verbose && !json_) fmt::print("\nRecording...\n");
    store_defrag_record(record_);
    if (words_.verbose && !json_) fmt::print("Record successfully\nUse -g option to resume progress\n");
  }

  void stop() {
    if (!json_) fmt::print("\nProcess Interrupted. signale = {}\n", InterruptWatch::signal());
    if (!words_.count) keep_record();
  }

  const DefragWords& words_;
  JsonWriter* const json_;
  const std::set<FileKey> swaps_;
  InterruptWatch watch_;
  DefragRecord record_;
  u32 since_record_ = 0;
};

}  // namespace

bool defragment_mounted(const DefragWords& words, const std::string& last_file, JsonWriter* json) {
  return MountedRun(words, last_file, json).run();
}

}  // namespace ocfs2
