// SPDX-License-Identifier: GPL-2.0-or-later
//
// mutations VOLUME FIRST COUNT [-v] -- what fsck does with metadata that chance has damaged. For each seed
// from FIRST on: one to three blocks of metadata of VOLUME (an image file, only read) are changed at random,
// half of the time with their checksums made right again, so that the damage lies deeper. Then, in a process
// of its own with bounded memory and time: a run that says yes to everything, a second one that must find
// nothing, and every file whose own metadata was not touched must have the content that it had.
//
// Prints a line for each seed that fails, and at the end how many did not. A process that dies, hangs or asks
// for too much memory is a failure of its seed. The volume is in memory once: each trial sees it through the
// copy on write of fork, and takes some 50 ms.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>

#include "engine/check/volume_check.h"
#include "engine/error.h"
#include "tests/worlds/mutated_volume.h"

namespace ocfs2 {
namespace {

constexpr u64 memory_budget = u64{64} << 20;  // of fsck; repairs may fill the volume beside that
constexpr u64 now_seconds = 1'700'000'000;

/// Warnings are a part of the story.
class Listener final : public Reporter {
 public:
  explicit Listener(std::vector<std::string>& words) : words_(words) {}
  void note(std::string_view) override {}
  void warn(std::string_view text) override { words_.push_back(fmt::format("warning: {}", text)); }
  void stage(std::string_view) override {}
  void stage_done(std::string_view) override {}
  void progress(u64, u64) override {}
  bool interrupted() const override { return false; }

 private:
  std::vector<std::string>& words_;
};

class Trial {
 public:
  explicit Trial(MutatedVolume& volume) : volume_(volume) {}
  /// 0 when everything held; says what did not. Once in a process: the volume is changed.
  int run(u64 seed, bool verbose);

 private:
  CheckOutcome check(bool verbose, std::vector<std::string>& findings);
  u64 harmed();

  MutatedVolume& volume_;
};

CheckOutcome Trial::check(bool verbose, std::vector<std::string>& findings) {
  Listener reporter(findings);
  ReversibleDevice* const no_undo = nullptr;
  const CheckOptions options{.force = true, .threads = 1};
  VolumeCheck check(volume_.device(), {}, options,
                    {reporter,
                     [&](const Finding& finding) {
                       findings.push_back(fmt::format("[{}] {}", finding.problem.code, finding.text));
                       if (verbose) fmt::print("  {}\n", findings.back());
                       return Reply::yes;
                     },
                     [] { return now_seconds; }, no_undo, fmt::format("/tmp/mutations.{}.undo", getpid())});
  check.prepare();
  check.run_passes();
  return check.finish();
}

/// How many untouched files do not have the content that they had.
u64 Trial::harmed() {
  const auto volume = Volume::open(volume_.device());
  u64 count = 0;
  for (const auto& [number, before] : volume_.files()) {
    if (volume_.touched(before)) continue;
    try {
      if (state_of(*volume, volume->inode(InodeNo(number))) == before) continue;
      fmt::print("  file {} has other content\n", number);
    } catch (const Error& error) {
      fmt::print("  file {}: {}\n", number, error.what());
    }
    ++count;
  }
  return count;
}

int Trial::run(u64 seed, bool verbose) {
  volume_.mutate(seed);
  const bool another = volume_.is_another_volume();
  std::vector<std::string> first, second;
  const auto told = [&](const std::string& what) {
    fmt::print("seed {}: {};{}\n", seed, what, volume_.story());
    for (const std::string& finding : first) fmt::print("  {}\n", finding);
    for (const std::string& finding : second) fmt::print("  then {}\n", finding);
    return 1;
  };
  try {
    const CheckOutcome mended = check(verbose, first);
    if (another) return 0;
    if (mended.left > 0) return told("something is left");
    const CheckOutcome again = check(verbose, second);
    if (again.found > 0) return told("the second run finds something");
    if (harmed() > 0) return told("files were harmed");
  } catch (const std::exception& error) {
    // a volume of this size has no second superblock: without the first it may be refused
    if (!first.empty() || !volume_.touched().contains(super_block_no.value)) return told(error.what());
  }
  if (verbose) fmt::print("seed {}:{} ok\n", seed, volume_.story());
  return 0;
}

}  // namespace
}  // namespace ocfs2

int main(int count, char** arguments) {
  return ocfs2::try_seeds(count, arguments, ocfs2::memory_budget,
                          [&](ocfs2::MutatedVolume& volume, ocfs2::u64 seed) {
                            return ocfs2::Trial(volume).run(seed, count > 4);
                          });
}
