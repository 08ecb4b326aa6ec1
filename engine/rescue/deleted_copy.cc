// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing deleted files into a folder of this host.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/error.h"
#include "engine/io/open_file.h"
#include "engine/rescue/deleted_files.h"
#include "engine/rescue/run_copy.h"

namespace ocfs2 {
namespace {

void write_at(int file, u64 offset, ConstBytes bytes) {
  if (pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
      static_cast<ssize_t>(bytes.size()))
    fail_errno(errno, "the copy cannot be written");
}

/// The target that a fast symbolic link has in its inode.
std::string target_of(ConstBytes inode) {
  const ConstBytes body = Inode::body(inode);
  const std::string_view text(reinterpret_cast<const char*>(body.data()),
                              std::min<u64>(body.size(), as<Inode>(inode).size));
  return std::string(text.substr(0, text.find('\0')));
}

}  // namespace

std::vector<std::string> DeletedFiles::copy(const DeletedFile& file, int folder, const std::string& name,
                                            bool keep_owner) {
  std::vector<std::string> losses;
  const auto block = volume_.cache().read_raw(file.version, 1);
  const auto& inode = as<Inode>(ConstBytes(block));
  if (inode.is_symlink() && inode.body_kind() == InodeBody::fast_symlink) {
    if (symlinkat(target_of(block).c_str(), folder, name.c_str()) != 0)
      fail_errno(errno, "{}: cannot be written here", name);
    return losses;
  }
  const OpenFile copy(
      openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (copy.get() < 0) fail_errno(errno, "{}: cannot be written here", name);
  if (file.missing > 0)
    losses.push_back(
        fmt::format("where {} of its {} clusters were is not known", file.missing, file.clusters));
  write_content(copy.get(), name, file, block, losses);
  if (ftruncate(copy.get(), static_cast<off_t>(file.size)) != 0)
    losses.push_back(fmt::format("its size, {} bytes, is not possible here", file.size));
  if (keep_owner && fchown(copy.get(), file.uid, file.gid) != 0)
    losses.emplace_back("its owner cannot be given here");
  if (fchmod(copy.get(), file.mode & 07777) != 0) losses.emplace_back("its mode cannot be given here");
  const timespec times[2] = {{static_cast<time_t>(u64{inode.atime}), 0},
                             {static_cast<time_t>(u64{inode.mtime}), 0}};
  if (futimens(copy.get(), times) != 0) losses.emplace_back("its times cannot be given here");
  return losses;
}

void DeletedFiles::write_content(int file, const std::string& name, const DeletedFile& deleted,
                                 ConstBytes inode, std::vector<std::string>& losses) {
  if (as<Inode>(inode).body_kind() != InodeBody::extent_list) {
    const ConstBytes data = InlineData::data(Inode::body(inode));
    return write_at(file, 0, data.first(std::min<u64>(deleted.size, data.size())));
  }
  struct Lost {
    u64 from, to;
    std::string why;
  };
  std::vector<Lost> lost;
  const RunCopy copy{volume_, reporter_, file, name, [&](u64 from, u64 to, const std::string& why) {
                       if (!lost.empty() && lost.back().to == from)
                         lost.back().to = to;
                       else
                         lost.push_back({from, to, why});
                     }};
  const u32 cluster_bits = volume_.geometry().cluster_bits;
  const bool alone = deleted.found != DeletedFile::Found::orphan;
  for (const ExtentRun& run : runs_of(inode)) {
    if (run.unwritten()) continue;
    const bool shared = (run.flags & ExtentRecord::refcounted) != 0;
    for (u64 done = 0; done < run.clusters;) {
      const BitRun gone = alone && !shared ? next_taken(run, done) : BitRun{run.clusters, 0};
      const BlockNo from = run.block + done * volume_.geometry().blocks_per_cluster();
      const u64 begin = std::min(deleted.size, (run.cpos + done) << cluster_bits);
      copy_run(copy, from, begin, std::min(deleted.size, (run.cpos + gone.first) << cluster_bits) - begin);
      if (gone.count > 0)
        losses.push_back(fmt::format("{} clusters at byte {} belong to others by now, and are left out",
                                     gone.count, (run.cpos + gone.first) << cluster_bits));
      done = gone.first + gone.count;
    }
  }
  for (const Lost& part : lost)
    losses.push_back(fmt::format("{} bytes at {}: {}", part.to - part.from, part.from, part.why));
}

}  // namespace ocfs2
