// SPDX-License-Identifier: GPL-2.0-or-later
//
// rescues VOLUME FIRST COUNT -- what comes off a volume whose metadata chance has damaged. For each seed from
// FIRST on the metadata of VOLUME (an image file, only read) is damaged as by `mutations`; then, in a process
// of its own, all is copied out as it stands, and once more as a repair in memory leaves it: neither may
// crash or hang, the volume may not be touched, and the second time every file whose own metadata was not
// damaged must come out somewhere with the size and content that it had.
//
// Prints a line for each seed that fails, and at the end how many did not. Copies go to TMPDIR, or where it
// is there to /dev/shm.
#include <fcntl.h>
#include <fmt/format.h>
#include <ftw.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "engine/error.h"
#include "engine/io/open_file.h"
#include "engine/rescue/copy_out.h"
#include "engine/rescue/views.h"
#include "tests/worlds/mutated_volume.h"

namespace ocfs2 {
namespace {

constexpr u64 memory_budget = u64{256} << 20;  // the repair's, and what it changes
constexpr u64 now_seconds = 1'700'000'000;

/// As state_of sees a file on the volume: block by block, holes and zeros alike.
std::pair<u64, u32> state_of_copy(const char* path, u32 block_size) {
  const OpenFile file(open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  const u64 size = static_cast<u64>(lseek(file.get(), 0, SEEK_END));
  u32 digest = 0;
  std::vector<u8> block(block_size);
  for (off_t at = 0; (at = lseek(file.get(), at, SEEK_DATA)) >= 0;) {
    at -= at % block_size;
    const ssize_t got = pread(file.get(), block.data(), block.size(), at);
    if (got <= 0) break;
    const auto bytes = ConstBytes(block).first(static_cast<std::size_t>(got));
    if (std::ranges::any_of(bytes, [](u8 byte) { return byte != 0; }))
      digest = crc32(bytes, crc32(bytes_of(le64(static_cast<u64>(at))), digest));
    at += block_size;
  }
  return {size, digest};
}

/// Sizes and contents of all files below the folder. nftw takes no context.
std::set<std::pair<u64, u32>> states_below(const std::string& folder, u32 block_size) {
  static std::set<std::pair<u64, u32>> states;
  static u32 size;
  states.clear();
  size = block_size;
  nftw(
      folder.c_str(),
      [](const char* path, const struct stat* status, int, struct FTW*) {
        if (S_ISREG(status->st_mode)) states.insert(state_of_copy(path, size));
        return 0;
      },
      64, FTW_PHYS);
  return states;
}

class Folder {
 public:
  Folder() {
    const char* const wanted = std::getenv("TMPDIR");
    path_ = fmt::format("{}/rescue.XXXXXX", wanted != nullptr               ? wanted
                                            : access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                                                            : "/tmp");
    if (mkdtemp(path_.data()) == nullptr) fail_errno(errno, "{}", path_);
  }
  ~Folder() {
    nftw(
        path_.c_str(), [](const char* path, const struct stat*, int, struct FTW*) { return remove(path); },
        64, FTW_DEPTH | FTW_PHYS);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void copy_all(Volume& volume, const Folder& folder) {
  SilentReporter reporter;
  const OpenFile open_folder(open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CopyOut copy(volume, open_folder.get(), false, reporter);
  copy.copy(volume.root(), "");
}

void copy_as_is(MutatedVolume& mutated) try {
  const Folder folder;
  OpenOptions options;
  options.super.check_sums = false;
  options.unknown_features = options.unfinished_change = true;
  copy_all(*Volume::open(mutated.device(), options), folder);
} catch (const Error&) {
  // a damaged root or superblock is no reason to crash
}

int run(MutatedVolume& mutated, u64 seed) {
  mutated.mutate(seed);
  const MemoryDevice before = mutated.device();
  const bool another = mutated.is_another_volume();
  const u32 block_size =
      Volume::open(mutated.device(), {.super = {.check_sums = false}})->geometry().block_size();
  copy_as_is(mutated);
  const Folder folder;
  SilentReporter reporter;
  RescueViews views(mutated.device(), nullptr, false);
  copy_all(views.mended(reporter, now_seconds), folder);
  if (!mutated.device().same_content(before)) return mutated.failed(seed, "the volume was written to");
  if (another) return 0;
  const auto states = states_below(folder.path(), block_size);
  const u64 lost = mutated.lost(
      [&](u64, const FileState& file) {
        return states.contains({file.size, file.digest});
      },
      "did not come out");
  return lost == 0 ? 0 : mutated.failed(seed, fmt::format("{} files are lost", lost));
}

int trial(MutatedVolume& mutated, u64 seed) {
  try {
    return run(mutated, seed);
  } catch (const std::exception& error) {
    // a volume of this size has no second superblock: without the first it may be refused
    if (mutated.touched().contains(super_block_no.value)) return 0;
    return mutated.failed(seed, error.what());
  }
}

}  // namespace
}  // namespace ocfs2

int main(int count, char** arguments) {
  return ocfs2::try_seeds(count, arguments, ocfs2::memory_budget, ocfs2::trial);
}
