// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/o2info_file.h"

#include <fmt/format.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

#include "cmd/debugfs_show.h"
#include "cmd/owner_names.h"
#include "engine/error.h"
#include "net/mounted_info.h"

namespace ocfs2 {
namespace {

constexpr u32 extents_at_a_time = 512;

/// In clusters.
struct ExtentCount {
  u64 extents = 0, clusters = 0, shared = 0, unwritten = 0, holes = 0;
};

ExtentCount count_extents(const std::string& path, int file, u32 cluster_bits) {
  std::vector<u8> room(sizeof(fiemap) + extents_at_a_time * sizeof(fiemap_extent));
  auto& map = *reinterpret_cast<fiemap*>(room.data());
  ExtentCount count;
  u64 end = 0;
  for (bool last = false; !last;) {
    std::memset(room.data(), 0, room.size());
    map.fm_start = end;
    map.fm_length = ~u64{0} - end;
    map.fm_extent_count = extents_at_a_time;
    if (ioctl(file, FS_IOC_FIEMAP, &map) != 0) fail_errno(errno, "{}: its extents are not told", path);
    if (map.fm_mapped_extents == 0) break;
    for (u32 i = 0; i < map.fm_mapped_extents; ++i) {
      const fiemap_extent& extent = map.fm_extents[i];
      const u64 clusters = extent.fe_length >> cluster_bits;
      ++count.extents;
      count.clusters += clusters;
      if ((extent.fe_flags & FIEMAP_EXTENT_UNWRITTEN) != 0) count.unwritten += clusters;
      if ((extent.fe_flags & FIEMAP_EXTENT_SHARED) != 0) count.shared += clusters;
      if (extent.fe_logical > end) count.holes += (extent.fe_logical - end) >> cluster_bits;
      end = extent.fe_logical + extent.fe_length;
      last = (extent.fe_flags & FIEMAP_EXTENT_LAST) != 0;
    }
  }
  return count;
}

struct FileState {
  struct stat status {};
  VolumeFigures volume;
  ExtentCount count;
};

FileState state_of(const std::string& path, int file) {
  if (file < 0)
    fail(ErrorKind::invalid_argument,
         "{}: is a device or an image; this report is of a file on a mounted volume", path);
  FileState state;
  if (lstat(path.c_str(), &state.status) != 0) fail_errno(errno, "{}", path);
  if (const auto refusal = ask_figures(file, false, state.volume))
    fail(ErrorKind::io, "{}: could not {}: {}", path, refusal->tried, errno_text(refusal->number));
  state.count = count_extents(path, file, static_cast<u32>(std::countr_zero(state.volume.cluster_bytes)));
  return state;
}

std::string kind_text(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return status.st_size != 0 ? "regular file" : "regular empty file";
  if (S_ISDIR(status.st_mode)) return "directory";
  if (S_ISLNK(status.st_mode)) return status.st_blocks == 0 ? "fast symbolic link" : "symbolic link";
  if (S_ISCHR(status.st_mode)) return "character special file";
  if (S_ISBLK(status.st_mode)) return "block special file";
  return S_ISFIFO(status.st_mode) ? "FIFO" : "socket";
}

std::string time_text(const timespec& time) {
  std::tm parts{};
  localtime_r(&time.tv_sec, &parts);
  char day[32], zone[8];
  std::strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &parts);
  std::strftime(zone, sizeof zone, "%z", &parts);
  return fmt::format("{}.{:09} {}", day, time.tv_nsec, zone);
}

}  // namespace

void print_space_usage(const std::string& path, int file) {
  const FileState state = state_of(path, file);
  fmt::print("Blocks: {:<10} Shared: {:<10}\tUnwritten: {:<7} Holes: {:<6}\n", state.status.st_blocks,
             state.count.shared, state.count.unwritten, state.count.holes);
}

void print_file_state(const std::string& path, int file) {
  const FileState state = state_of(path, file);
  const struct stat& status = state.status;
  const ExtentCount& count = state.count;
  const double level = count.clusters > 1
                           ? 100.0 * static_cast<double>(count.extents) / static_cast<double>(count.clusters)
                           : 0;
  const double clusters_per_mb = static_cast<double>((1u << 20) / state.volume.cluster_bytes);
  fmt::print("  File: {}\n  Size: {:<10}\tBlocks: {:<10} IO Block: {:<6} {}\n", path, status.st_size,
             status.st_blocks, state.volume.block_bytes, kind_text(status));
  fmt::print("Device: {:x}h/{}d\tInode: {:<10}  Links: {}\n", status.st_dev, status.st_dev, status.st_ino,
             status.st_nlink);
  fmt::print(" Frag%: {:<10.2f}\tClusters: {:<8} Extents: {:<6} Score: {:.0f}\n", level, count.clusters,
             count.extents, level * clusters_per_mb);
  fmt::print("Shared: {:<10}\tUnwritten: {:<7} Holes: {:<8} Xattr: 0\n", count.shared, count.unwritten,
             count.holes);
  fmt::print("Access: ({:04o}/{:>10})  Uid: ({:>5}/{:>8})   Gid: ({:>5}/{:>8})\n", status.st_mode & 07777,
             mode_text(status.st_mode), status.st_uid, user_name(status.st_uid), status.st_gid,
             group_name(status.st_gid));
  fmt::print("Access: {}\nModify: {}\nChange: {}\n", time_text(status.st_atim), time_text(status.st_mtim),
             time_text(status.st_ctim));
}

std::string device_of_mount(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) fail_errno(errno, "{}", path);
  const std::string link = fmt::format("/sys/dev/block/{}:{}", major(status.st_dev), minor(status.st_dev));
  const std::unique_ptr<char, void (*)(void*)> real(realpath(link.c_str(), nullptr), std::free);
  if (!real) fail(ErrorKind::not_found, "{}: the device that it is on is not known", path);
  return std::string("/dev/") + (std::strrchr(real.get(), '/') + 1);
}

}  // namespace ocfs2
