// SPDX-License-Identifier: GPL-2.0-or-later
//
// repair_crashes VOLUME DAMAGE MOMENTS -- damages VOLUME (an image file, only read) as fswreck does, repairs
// it, and lets that repair die at up to MOMENTS of its writes: of each crash, the next run mends what is
// left, the one after that finds nothing, and nothing is lost that the repair would have kept.
//
// Prints "ok EVENTS MOMENTS", or what is wrong, or "lacks" when VOLUME has no victim for that damage. A
// VOLUME without a user's files is furnished first.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>

#include "engine/wreck/wreck.h"
#include "ondisk/super_inode.h"
#include "tests/worlds/repair_crash.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

/// What `path` holds but for its holes, in memory.
MemoryDevice load(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) fail_errno(errno, "{}", path);
  MemoryDevice device(static_cast<u64>(lseek(file, 0, SEEK_END)), path);
  std::vector<u8> piece(MemoryDevice::piece_bytes);
  for (off_t at = 0; (at = lseek(file, at, SEEK_DATA)) >= 0;) {
    at -= at % MemoryDevice::piece_bytes;
    const ssize_t got = pread(file, piece.data(), piece.size(), at);
    if (got <= 0) break;
    device.write(TestKey{}, static_cast<u64>(at), ConstBytes(piece).first(static_cast<std::size_t>(got)));
    at += got;
  }
  close(file);
  return device;
}

/// As the kernel does when it meets damage: without -f, too, fsck looks at everything until it is mended.
void mark_faulty(MemoryDevice& device) {
  const auto volume = Volume::open(device);
  std::vector<u8> bytes(volume->geometry().block_size());
  device.read(volume->geometry().byte_of(super_block_no), bytes);
  as<SuperInode>(Bytes(bytes)).super.state = SuperBlock::state_errors;
  seal(SuperInode::kind, volume->facts(), bytes);
  device.write(TestKey{}, volume->geometry().byte_of(super_block_no), bytes);
}

int crash(const char* path, const Damage& damage, std::size_t moments_max) {
  MemoryDevice device = load(path);
  try {
    // the quota files know no furniture yet
    if (furnish_if_bare(device, damage)) check_volume(device, {.force = true});
    mark_faulty(device);
    wreck(device, damage, {.seed = 1, .slot = {}, .on = {}});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return fmt::print("lacks\n"), 1;
  }
  const CrashTrial trial = crash_repair(device, {.force = false}, moments_max);
  if (!trial.fault.empty()) return fmt::print("{}\n", trial.fault), 1;
  fmt::print("ok {} {}\n", trial.events, trial.moments);
  return 0;
}

}  // namespace
}  // namespace ocfs2

int main(int count, char** arguments) {
  const ocfs2::Damage* damage = count == 4 ? ocfs2::find_damage(arguments[2]) : nullptr;
  const std::size_t moments = damage ? std::strtoull(arguments[3], nullptr, 10) : 0;
  if (moments == 0) return fmt::print(stderr, "usage: repair_crashes VOLUME DAMAGE MOMENTS\n"), 2;
  try {
    return ocfs2::crash(arguments[1], *damage, moments);
  } catch (const ocfs2::Error& error) {
    return fmt::print("{}\n", error.what()), 1;
  }
}
