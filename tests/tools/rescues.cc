// SPDX-License-Identifier: GPL-2.0-or-later
//
// rescues VOLUME FIRST COUNT -- what comes off a volume whose metadata chance has damaged. For each seed from
// FIRST on the metadata of VOLUME (an image file, only read) is damaged as by `mutations`; then, in a process
// of its own, all is copied out as it stands, and once more as a repair in memory leaves it. Neither may
// crash or hang, and the volume may not be touched. The first time, what sound directories lead to must come
// out there as it was, unless it was damaged itself; and what does not come out must be named. The second
// time every file whose own metadata was not damaged must come out somewhere.
//
// Prints a line for each seed that fails, and at the end how many did not. Copies go to TMPDIR, or where it
// is there to /dev/shm.
#include <fcntl.h>
#include <fmt/format.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "engine/error.h"
#include "engine/io/open_file.h"
#include "engine/rescue/copy_out.h"
#include "engine/rescue/views.h"
#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
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

/// A name on the sound volume, and the blocks of the directories on its way.
struct Name {
  std::string path;
  u64 inode;
  std::set<u64> way;
};

std::set<u64> blocks_of(Volume& volume, const BlockRef<Inode>& directory) {
  const auto metadata = state_of(volume, directory).metadata;
  std::set<u64> blocks(metadata.begin(), metadata.end());
  const auto pieces = FileData(volume, directory).pieces(0, directory->size);
  for (const FileData::Piece& piece : pieces.value_or(std::vector<FileData::Piece>{}))
    for (u64 at = 0; piece.place && at < piece.length; at += volume.geometry().block_size())
      blocks.insert((*piece.place + at) / volume.geometry().block_size());
  return blocks;
}

void add_names(Volume& volume, InodeNo number, const std::string& path, std::set<u64> way,
               std::vector<Name>& names) {
  way.merge(blocks_of(volume, volume.inode(number)));
  Directory(volume, number).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (name == "." || name == "..") return true;
    const std::string below = path.empty() ? std::string(name) : path + "/" + std::string(name);
    names.push_back({below, entry.inode, way});
    if (volume.inode(InodeNo(entry.inode))->is_directory())
      add_names(volume, InodeNo(entry.inode), below, way, names);
    return true;
  });
}

std::vector<CopyLoss> copy_all(Volume& volume, const Folder& folder) {
  SilentReporter reporter;
  const OpenFile open_folder(open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CopyOut copy(volume, open_folder.get(), false, reporter);
  copy.copy(volume.root(), "");
  return copy.losses();
}

/// How many names went wrong that should not have; each is said.
u64 count_untold(const MutatedVolume& mutated, std::span<const Name> names, const Folder& folder,
                 std::span<const CopyLoss> losses, u32 block_size) {
  u64 wrong = 0;
  for (const Name& name : names) {
    const auto touched = [&](u64 block) { return mutated.touched().contains(block); };
    if (std::ranges::any_of(name.way, touched)) continue;
    const std::string copy = folder.path() + "/" + name.path;
    struct stat status {};
    const bool there = lstat(copy.c_str(), &status) == 0;
    const bool told = std::ranges::find(losses, name.path, &CopyLoss::path) != losses.end();
    const auto file = mutated.files().find(name.inode);
    const bool whole = file == mutated.files().end() || mutated.touched(file->second) ||
                       (there && state_of_copy(copy.c_str(), block_size) ==
                                     std::pair(file->second.size, file->second.digest));
    if ((there || told) && whole) continue;
    ++wrong;
    fmt::print("  {} {}\n", name.path, whole ? "is not there, and nobody says so" : "did not come out");
  }
  return wrong;
}

u64 copy_as_is(MutatedVolume& mutated, std::span<const Name> names, u32 block_size) try {
  const Folder folder;
  OpenOptions options;
  options.super.check_sums = false;
  options.unknown_features = options.unfinished_change = true;
  const auto losses = copy_all(*Volume::open(mutated.device(), options), folder);
  if (mutated.touched().contains(super_block_no.value)) return 0;
  return count_untold(mutated, names, folder, losses, block_size);
} catch (const Error&) {
  return 0;  // a damaged root or superblock is no reason to crash
}

int run(MutatedVolume& mutated, u64 seed) {
  std::vector<Name> names;
  {
    const auto volume = Volume::open(mutated.device());
    add_names(*volume, volume->root(), "", {}, names);
  }
  mutated.mutate(seed);
  const MemoryDevice before = mutated.device();
  const bool another = mutated.is_another_volume();
  const u32 block_size =
      Volume::open(mutated.device(), {.super = {.check_sums = false}})->geometry().block_size();
  if (const u64 wrong = copy_as_is(mutated, names, block_size); wrong > 0)
    return mutated.failed(seed, fmt::format("{} names went wrong as the volume stands", wrong));
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
