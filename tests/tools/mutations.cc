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
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "engine/check/volume_check.h"
#include "engine/io/memory_device.h"
#include "engine/volume/refcount_tree.h"
#include "engine/volume/xattr_set.h"
#include "ondisk/check.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/refcount.h"
#include "ondisk/signature.h"
#include "ondisk/xattr.h"
#include "tests/worlds/file_state.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr u64 cpu_seconds_max = 60;
constexpr unsigned seconds_max = 600;         // even on a machine that is busy with other things
constexpr u64 memory_budget = u64{64} << 20;  // of fsck; repairs may fill the volume beside that
constexpr u64 now_seconds = 1'700'000'000;

MemoryDevice load(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) fail_errno(errno, "{}", path);
  const off_t size = lseek(file, 0, SEEK_END);
  MemoryDevice device(static_cast<u64>(size), path);
  std::vector<u8> piece(MemoryDevice::piece_bytes);
  for (off_t at = 0; at < size; at += MemoryDevice::piece_bytes) {
    const ssize_t got = pread(file, piece.data(), piece.size(), at);
    if (got <= 0) break;
    const auto bytes = ConstBytes(piece).first(static_cast<std::size_t>(got));
    if (std::ranges::any_of(bytes, [](u8 byte) { return byte != 0; }))
      device.write(TestKey{}, static_cast<u64>(at), bytes);
  }
  close(file);
  return device;
}

/// The kind of metadata that a block looks like; null: data, or nothing.
const BlockKind* kind_of(ConstBytes block) {
  struct Known {
    const char (&signature)[8];
    const BlockKind* kind;
  };
  static const Known known[] = {
      {Inode::signature_text, &Inode::kind},
      {ExtentBlock::signature_text, &ExtentBlock::kind},
      {GroupDescriptor::signature_text, &GroupDescriptor::kind},
      {IndexRoot::signature_text, &IndexRoot::kind},
      {IndexLeaf::signature_text, &IndexLeaf::kind},
      {RefcountBlock::signature_text, &RefcountBlock::kind},
      {XattrBlock::signature_text, &XattrBlock::kind},
      {SuperInode::signature_text, &SuperInode::kind},
  };
  for (const Known& row : known)
    if (matches(as<Signature>(block), row.signature)) return row.kind;
  const auto& trailer = as<DirectoryTrailer>(block.last(sizeof(DirectoryTrailer)));
  return matches(trailer.signature, DirectoryTrailer::signature_text) ? &DirectoryBlock::kind : nullptr;
}

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

class Mutations {
 public:
  explicit Mutations(const char* path) : volume_(load(path)) { survey(); }

  /// 0 when everything held; says what did not. Once in a process: the volume is changed.
  int run(u64 seed, bool verbose);
  u64 volume_bytes() const { return volume_.size_bytes(); }

 private:
  void survey();
  std::pair<BlockNo, const BlockKind*> choose(std::mt19937_64& random) const;
  void mutate(u64 seed);
  void change(Bytes block, std::mt19937_64& random);
  CheckOutcome check(bool verbose, std::vector<std::string>& findings);
  u64 harmed();
  bool is_another_volume();

  MemoryDevice volume_;
  VolumeFacts facts_;
  std::map<std::string_view, std::vector<std::pair<BlockNo, const BlockKind*>>> metadata_;  ///< by kind
  std::map<u64, FileState> files_;
  std::set<u64> touched_;
  std::string story_;
};

void Mutations::survey() {
  const auto volume = Volume::open(volume_);
  facts_ = volume->facts();
  const u32 block_size = facts_.geometry.block_size();
  std::vector<u8> block(block_size);
  for (BlockNo number = super_block_no; facts_.geometry.contains(number); ++number) {
    volume_.read(facts_.geometry.byte_of(number), block);
    const BlockKind* kind = kind_of(block);
    if (kind == nullptr || (kind == &SuperInode::kind && number != super_block_no)) continue;
    const auto& inode = as<Inode>(ConstBytes(block));
    if (kind == &Inode::kind && !inode.has_flag(inode_flag::valid)) continue;
    const bool system = kind == &Inode::kind && inode.has_flag(inode_flag::system);
    metadata_[system ? "system inode" : kind->name].push_back({number, kind});
    if (kind != &Inode::kind || system || !inode.is_regular() || inode.fs_generation != facts_.generation ||
        inode.block != number.value)
      continue;
    files_[number.value] = state_of(*volume, volume->inode(inode_at(number)));
  }
}

void Mutations::change(Bytes block, std::mt19937_64& random) {
  const std::size_t width = std::size_t{1} << random() % 4;
  const std::size_t used = random() % 4 == 0 ? block.size() : std::min<std::size_t>(block.size(), 0x180);
  const std::size_t at = random() % (used / width) * width;
  const Bytes field = block.subspan(at, width);
  u64 value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | field[i];
  const u64 choices[] = {0,
                         ~u64{0},
                         value + 1,
                         value - 1,
                         value ^ (u64{1} << random() % (8 * width)),
                         random(),
                         random() % facts_.geometry.blocks(),
                         value << 1};
  value = choices[random() % std::size(choices)];
  story_ += fmt::format(" +0x{:x}/{}={:x}", at, width, value);
  for (std::size_t i = 0; i < width; ++i, value >>= 8) field[i] = static_cast<u8>(value);
}

/// Each kind of metadata is as likely as any other, however many blocks there are of it.
std::pair<BlockNo, const BlockKind*> Mutations::choose(std::mt19937_64& random) const {
  const auto& blocks = std::next(metadata_.begin(), static_cast<long>(random() % metadata_.size()))->second;
  return blocks[random() % blocks.size()];
}

void Mutations::mutate(u64 seed) {
  std::mt19937_64 random(seed);
  const bool reseal = random() % 2 == 0;
  for (u64 left = 1 + random() % 3; left > 0; --left) {
    const auto [number, kind] = choose(random);
    std::vector<u8> block(facts_.geometry.block_size());
    volume_.read(facts_.geometry.byte_of(number), block);
    story_ += fmt::format(" {} {}:", kind->name, number.value);
    const u64 manner = random() % 16;
    if (manner == 0) {
      std::ranges::fill(block, u8{0});
      story_ += " zeros";
    } else if (manner == 1) {
      const BlockNo other = choose(random).first;
      volume_.read(facts_.geometry.byte_of(other), block);
      story_ += fmt::format(" a copy of {}", other.value);
    } else {
      for (u64 changes = 1 + random() % 3; changes > 0; --changes) change(block, random);
    }
    if (reseal) seal(*kind, facts_, block);
    volume_.write(TestKey{}, facts_.geometry.byte_of(number), block);
    touched_.insert(number.value);
  }
}

CheckOutcome Mutations::check(bool verbose, std::vector<std::string>& findings) {
  Listener reporter(findings);
  ReversibleDevice* const no_undo = nullptr;
  const CheckOptions options{.force = true, .threads = 1};
  VolumeCheck check(volume_, {}, options,
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
u64 Mutations::harmed() {
  const auto volume = Volume::open(volume_);
  u64 count = 0;
  for (const auto& [number, before] : files_) {
    if (std::ranges::any_of(before.metadata, [&](u64 block) { return touched_.contains(block); })) continue;
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

/// A superblock with other features, its checksum right, and no backup that says otherwise: all that can be
/// asked for is an end.
bool Mutations::is_another_volume() {
  std::vector<u8> block(facts_.geometry.block_size());
  volume_.read(facts_.geometry.byte_of(super_block_no), block);
  return as<SuperInode>(ConstBytes(block)).super.features() != facts_.features;
}

int Mutations::run(u64 seed, bool verbose) {
  mutate(seed);
  const bool another = is_another_volume();
  std::vector<std::string> first, second;
  const auto told = [&](const std::string& what) {
    fmt::print("seed {}: {};{}\n", seed, what, story_);
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
    if (!first.empty() || !touched_.contains(super_block_no.value)) return told(error.what());
  }
  if (verbose) fmt::print("seed {}:{} ok\n", seed, story_);
  return 0;
}

[[maybe_unused]] u64 address_space() {
  u64 pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<u64>(sysconf(_SC_PAGESIZE));
}

/// An allocation beyond its memory ends a trial, as does a hang. What the sanitizers keep for themselves
/// cannot be bounded so: there ASAN_OPTIONS says how much.
void set_limits([[maybe_unused]] u64 volume_bytes) {
  alarm(seconds_max);
  const rlimit cpu{cpu_seconds_max, cpu_seconds_max};
  setrlimit(RLIMIT_CPU, &cpu);
#ifndef __SANITIZE_ADDRESS__
  const u64 most = address_space() + memory_budget + volume_bytes;
  const rlimit memory{most, most};
  setrlimit(RLIMIT_AS, &memory);
#endif
}

/// In a process of its own, which may die.
bool survives(Mutations& mutations, u64 seed, bool verbose) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    set_limits(mutations.volume_bytes());
    const int status = mutations.run(seed, verbose);
    std::fflush(stdout);
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) fmt::print("seed {}: ended by signal {}\n", seed, WTERMSIG(status));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace
}  // namespace ocfs2

int main(int count, char** arguments) {
  if (count < 4) return fmt::print(stderr, "usage: mutations VOLUME FIRST COUNT [-v]\n"), 2;
  try {
    ocfs2::Mutations mutations(arguments[1]);
    const ocfs2::u64 first = std::strtoull(arguments[2], nullptr, 10);
    const ocfs2::u64 seeds = std::strtoull(arguments[3], nullptr, 10);
    ocfs2::u64 passed = 0;
    for (ocfs2::u64 seed = first; seed < first + seeds; ++seed)
      passed += ocfs2::survives(mutations, seed, count > 4);
    fmt::print("{} passed, {} failed\n", passed, seeds - passed);
    return passed == seeds ? 0 : 1;
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "mutations: {}\n", error.what()), 1;
  }
}
