// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/worlds/mutated_volume.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "engine/error.h"
#include "ondisk/check.h"
#include "ondisk/directory.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/refcount.h"
#include "ondisk/signature.h"
#include "ondisk/super_inode.h"
#include "ondisk/xattr.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr u64 cpu_seconds_max = 60;
constexpr unsigned seconds_max = 600;  // even on a machine that is busy with other things

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
void set_limits([[maybe_unused]] u64 memory_bytes) {
  alarm(seconds_max);
  const rlimit cpu{cpu_seconds_max, cpu_seconds_max};
  setrlimit(RLIMIT_CPU, &cpu);
#ifndef __SANITIZE_ADDRESS__
  const u64 most = address_space() + memory_bytes;
  const rlimit memory{most, most};
  setrlimit(RLIMIT_AS, &memory);
#endif
}

}  // namespace

MemoryDevice MutatedVolume::load(const char* path) {
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

void MutatedVolume::survey() {
  const auto volume = Volume::open(device_);
  facts_ = volume->facts();
  const u32 block_size = facts_.geometry.block_size();
  std::vector<u8> block(block_size);
  for (BlockNo number = super_block_no; facts_.geometry.contains(number); ++number) {
    device_.read(facts_.geometry.byte_of(number), block);
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

void MutatedVolume::change(Bytes block, std::mt19937_64& random) {
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
std::pair<BlockNo, const BlockKind*> MutatedVolume::choose(std::mt19937_64& random) const {
  const auto& blocks = std::next(metadata_.begin(), static_cast<long>(random() % metadata_.size()))->second;
  return blocks[random() % blocks.size()];
}

void MutatedVolume::mutate(u64 seed) {
  std::mt19937_64 random(seed);
  const bool reseal = random() % 2 == 0;
  for (u64 left = 1 + random() % 3; left > 0; --left) {
    const auto [number, kind] = choose(random);
    std::vector<u8> block(facts_.geometry.block_size());
    device_.read(facts_.geometry.byte_of(number), block);
    story_ += fmt::format(" {} {}:", kind->name, number.value);
    const u64 manner = random() % 16;
    if (manner == 0) {
      std::ranges::fill(block, u8{0});
      story_ += " zeros";
    } else if (manner == 1) {
      const BlockNo other = choose(random).first;
      device_.read(facts_.geometry.byte_of(other), block);
      story_ += fmt::format(" a copy of {}", other.value);
    } else {
      for (u64 changes = 1 + random() % 3; changes > 0; --changes) change(block, random);
    }
    if (reseal) seal(*kind, facts_, block);
    device_.write(TestKey{}, facts_.geometry.byte_of(number), block);
    touched_.insert(number.value);
  }
}

bool MutatedVolume::is_another_volume() {
  std::vector<u8> block(facts_.geometry.block_size());
  device_.read(facts_.geometry.byte_of(super_block_no), block);
  return as<SuperInode>(ConstBytes(block)).super.features() != facts_.features;
}

int MutatedVolume::failed(u64 seed, std::string_view how) const {
  fmt::print("seed {}: {};{}\n", seed, how, story_);
  return 1;
}

u64 MutatedVolume::lost(const std::function<bool(u64, const FileState&)>& kept,
                        std::string_view words) const {
  u64 count = 0;
  for (const auto& [number, file] : files_)
    if (!touched(file) && !kept(number, file)) {
      ++count;
      fmt::print("  inode {} {}\n", number, words);
    }
  return count;
}

namespace {

/// True when the trial returned 0; says by which signal it ended.
bool survives(u64 seed, u64 memory_bytes, const std::function<int()>& trial) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    set_limits(memory_bytes);
    const int status = trial();
    std::fflush(stdout);
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) fmt::print("seed {}: ended by signal {}\n", seed, WTERMSIG(status));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int try_seeds(int count, char** arguments, u64 memory_bytes,
              const std::function<int(MutatedVolume& volume, u64 seed)>& trial) {
  if (count < 4) return fmt::print(stderr, "usage: {} VOLUME FIRST COUNT\n", arguments[0]), 2;
  try {
    MutatedVolume volume(arguments[1]);
    const u64 first = std::strtoull(arguments[2], nullptr, 10);
    const u64 seeds = std::strtoull(arguments[3], nullptr, 10);
    u64 passed = 0;
    for (u64 seed = first; seed < first + seeds; ++seed)
      passed +=
          survives(seed, memory_bytes + volume.device().size_bytes(), [&] { return trial(volume, seed); });
    fmt::print("{} passed, {} failed\n", passed, seeds - passed);
    return passed == seeds ? 0 : 1;
  } catch (const Error& error) {
    return fmt::print(stderr, "{}: {}\n", arguments[0], error.what()), 1;
  }
}

}  // namespace ocfs2
