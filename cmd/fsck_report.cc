// SPDX-License-Identifier: GPL-2.0-or-later
//
// What fsck.ocfs2 says before and after: texts that scripts and people know (spec: commands.md 2.4, 2.5).
#include <fmt/format.h>
#include <sys/resource.h>

#include "cmd/console.h"
#include "cmd/fsck.h"

namespace ocfs2 {
namespace {

u64 mebibytes(u64 bytes) { return (bytes + (1 << 19)) >> 20; }

u64 milliseconds(const timeval& time) {
  return static_cast<u64>(time.tv_sec) * 1000 + static_cast<u64>(time.tv_usec) / 1000;
}

/// "0m1.234s"
std::string time_text(u64 ms) { return fmt::format("{}m{}.{:03}s", ms / 60'000, ms / 1000 % 60, ms % 1000); }

rusage usage() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used;
}

std::string counted(u64 count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string fsck_header(const std::string& device, Volume& volume) {
  const Geometry& geometry = volume.geometry();
  const std::string label = volume.label();
  std::string text = fmt::format("Checking OCFS2 filesystem in {}:\n", device);
  text += fmt::format("  Label:              {}\n", label.empty() ? "<NONE>" : label);
  text += fmt::format("  UUID:               {}\n", volume.uuid());
  text += fmt::format("  Number of blocks:   {}\n", geometry.blocks());
  text += fmt::format("  Block size:         {}\n", geometry.block_size());
  text += fmt::format("  Number of clusters: {}\n", geometry.clusters);
  text += fmt::format("  Cluster size:       {}\n", geometry.cluster_size());
  text += fmt::format("  Number of slots:    {}\n", volume.facts().max_slots);
  return text;
}

std::string fsck_verdict(const std::string& device, const CheckOutcome& outcome, Answering answering) {
  const std::string sum = fmt::format("{}: {} found, {} fixed, {} left", device,
                                      counted(outcome.found, "problem"), outcome.mended, outcome.left);
  if (outcome.interrupted)
    return sum + "; stopped before the end, so there may be more. What was fixed is safe; run it again";
  if (outcome.left == 0) return sum + (outcome.found == 0 ? "; the volume is sound" : "; it is sound now");
  if (answering == Answering::unasked)
    return sum + fmt::format("; run \"fsck.ocfs2 -f {}\" by hand for what needs a decision", device);
  return sum + fmt::format("; to repair them, run \"fsck.ocfs2 -f {}\"", device);
}

int fsck_status(const CheckOutcome& outcome) {
  int status = outcome.left > 0     ? FsckStatus::left
               : outcome.mended > 0 ? FsckStatus::mended
                                    : FsckStatus::sound;
  if (outcome.failures > 0) status |= FsckStatus::failed;
  if (outcome.interrupted) status |= FsckStatus::canceled;
  return status;
}

FsckCosts FsckCosts::since(const FsckCosts& before) const {
  return {bytes_read - before.bytes_read,
          bytes_cached - before.bytes_cached,
          bytes_written - before.bytes_written,
          real_ms - before.real_ms,
          user_ms - before.user_ms,
          system_ms - before.system_ms};
}

std::string FsckCosts::text() const {
  const double seconds = static_cast<double>(std::max<u64>(real_ms, 1)) / 1000;
  const double rate = static_cast<double>(bytes_read + bytes_written) / (1 << 20) / seconds;
  return fmt::format(
      "  I/O read disk/cache: {}MB / {}MB, write: {}MB, rate: {:.2f}MB/s\n"
      "  Times real: {}, user: {}, sys: {}",
      mebibytes(bytes_read), mebibytes(bytes_cached), mebibytes(bytes_written), rate, time_text(real_ms),
      time_text(user_ms), time_text(system_ms));
}

FsckCosts costs_so_far(const FileDevice& device, const VolumeCheck* check) {
  const DeviceCounters counters = device.counters();
  const rusage used = usage();
  return {counters.bytes_read,         check ? check->bytes_from_caches() : 0,
          counters.bytes_written,      monotonic_ms(),
          milliseconds(used.ru_utime), milliseconds(used.ru_stime)};
}

std::string inode_statistics_text(const InodeStatistics& statistics) {
  const auto of = [&](EntryType type) { return statistics.by_type[static_cast<std::size_t>(type)]; };
  const auto& depth = statistics.by_depth;
  std::string text = fmt::format("  Peak memory: {}MB\n\n", usage().ru_maxrss >> 10);
  text += fmt::format("  # of inodes with depth 0/1/2/3/4/5: {}/{}/{}/{}/{}/{}\n", depth[0], depth[1],
                      depth[2], depth[3], depth[4], depth[5]);
  text += fmt::format("  # of orphaned inodes found/deleted: {}/{}\n\n", statistics.orphans_found,
                      statistics.orphans_deleted);
  text += fmt::format("{:12} regular files ({} inlines, {} reflinks)\n", of(EntryType::regular),
                      statistics.inline_files, statistics.reflinked);
  text += fmt::format("{:12} directories ({} inlines)\n", of(EntryType::directory),
                      statistics.inline_directories);
  text += fmt::format("{:12} character device files\n", of(EntryType::char_device));
  text += fmt::format("{:12} block device files\n", of(EntryType::block_device));
  text += fmt::format("{:12} fifos\n", of(EntryType::fifo));
  text += fmt::format("{:12} links\n", 0);
  text += fmt::format("{:12} symbolic links ({} fast symbolic links)\n", of(EntryType::symlink),
                      statistics.fast_symlinks);
  return text + fmt::format("{:12} sockets\n", of(EntryType::socket));
}

}  // namespace ocfs2
