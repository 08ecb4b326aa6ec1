// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/copy_out.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "engine/error.h"
#include "engine/io/open_file.h"
#include "engine/rescue/run_copy.h"
#include "engine/volume/extent_tree.h"
#include "engine/volume/file_data.h"
#include "engine/volume/path.h"
#include "engine/volume/xattr_set.h"
#include "ondisk/directory.h"

namespace ocfs2 {
namespace {

timespec time_of(u64 seconds, u32 nanoseconds) {
  return {static_cast<std::time_t>(seconds),
          nanoseconds < 1'000'000'000 ? static_cast<long>(nanoseconds) : 0};
}

/// Of the last access and of the last change, as utimensat takes them.
std::array<timespec, 2> times_of(const Inode& inode) {
  return {time_of(inode.atime, inode.atime_nsec), time_of(inode.mtime, inode.mtime_nsec)};
}

/// The form of POSIX ACLs that the kernel takes: ours behind a version (spec: ondisk.md, extended
/// attributes).
std::vector<u8> kernel_acl(const std::vector<u8>& ours) {
  std::vector<u8> bytes{2, 0, 0, 0};
  bytes.insert(bytes.end(), ours.begin(), ours.end());
  return bytes;
}

std::string below(const std::string& path, const std::string& name) {
  return path.empty() || path.ends_with('/') ? path + name : path + "/" + name;
}

bool same_file(const struct stat& status, const Inode& inode) {
  return S_ISREG(status.st_mode) && status.st_size >= 0 && static_cast<u64>(status.st_size) == inode.size &&
         static_cast<u64>(status.st_mtim.tv_sec) == inode.mtime &&
         static_cast<u32>(status.st_mtim.tv_nsec) == inode.mtime_nsec;
}

}  // namespace

void CopyOut::refuse(const std::string& path) const { fail_errno(errno, "{}: cannot be written here", path); }

/// What cannot be read is for `copy` to tell.
u64 CopyOut::measure(InodeNo inode) {
  u64 bytes = 0;
  std::set<u64> seen;
  std::vector<InodeNo> waiting{inode};
  while (!waiting.empty() && !reporter_.interrupted()) {
    const InodeNo at = waiting.back();
    waiting.pop_back();
    const auto block = seen.insert(at.value).second ? inode_block(at, "") : std::nullopt;
    if (!block) continue;
    const auto& here = as<Inode>(ConstBytes(*block));
    if (here.is_regular()) bytes += u64{here.clusters} << volume_.geometry().cluster_bits;
    if (!here.is_directory()) continue;
    for (const Child& child : children_of(*block, "")) waiting.push_back(child.inode);
  }
  losses_.clear();
  return bytes;
}

void CopyOut::pass(u64 bytes) {
  count_.passed_bytes += bytes;
  if (total_bytes_ != 0) reporter_.progress(std::min(count_.passed_bytes, total_bytes_), total_bytes_);
}

void CopyOut::copy(InodeNo inode, const std::string& name) { copy_into(folder_, inode, name, name, 0); }

std::optional<CopyOut::InodeBytes> CopyOut::inode_block(InodeNo number, const std::string& path) {
  try {
    if (!volume_.geometry().contains(block_of(number)))
      fail(ErrorKind::corrupt, "its inode number {} lies outside the volume", number.value);
    auto bytes = volume_.cache().read_raw(block_of(number), 1);
    const auto& inode = as<Inode>(ConstBytes(bytes));
    if (!matches(inode.signature, Inode::signature_text) || inode.block != number.value)
      fail(ErrorKind::corrupt, "block {} is no inode", number.value);
    if (!inode.has_flag(inode_flag::valid)) fail(ErrorKind::corrupt, "inode {} is not in use", number.value);
    return bytes;
  } catch (const Error& error) {
    lose(path, error.what());
    return std::nullopt;
  }
}

void CopyOut::copy_into(int folder, InodeNo number, const std::string& name, const std::string& path,
                        u32 depth) {
  if (reporter_.interrupted()) fail(ErrorKind::interrupted, "interrupted");
  const auto block = inode_block(number, path);
  if (!block) return;
  const auto& inode = as<Inode>(ConstBytes(*block));
  if (on_file_) on_file_(path);
  if (inode.is_directory()) return copy_directory(folder, *block, name, path, depth);
  if (link_to_copy(folder, number, inode, name, path)) return;
  if (inode.is_regular())
    copy_regular(folder, *block, name, path);
  else if (inode.is_symlink())
    copy_symlink(folder, *block, name, path);
  else
    make_node(folder, *block, name, path);
  if (inode.links() > 1) copied_.emplace(number.value, path);
}

bool CopyOut::link_to_copy(int folder, InodeNo number, const Inode& inode, const std::string& name,
                           const std::string& path) {
  const auto copy = inode.links() > 1 ? copied_.find(number.value) : copied_.end();
  if (copy == copied_.end()) return false;
  unlinkat(folder, name.c_str(), 0);
  if (linkat(folder_, copy->second.c_str(), folder, name.c_str(), 0) == 0) return true;
  lose(path, fmt::format("is a link to {}, and is copied instead: {}", copy->second, std::strerror(errno)));
  return false;
}

void CopyOut::copy_directory(int folder, ConstBytes block, const std::string& name, const std::string& path,
                             u32 depth) {
  const auto& inode = as<Inode>(block);
  if (!directories_.insert(inode.block).second)
    return lose(path, fmt::format("is directory {} again, which was copied elsewhere", u64{inode.block}));
  if (depth >= path_depth_max) return lose(path, "lies too deep");
  if (!name.empty() && mkdirat(folder, name.c_str(), 0700) != 0 && errno != EEXIST) refuse(path);
  const OpenFile here(
      openat(folder, name.empty() ? "." : name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (here.get() < 0) refuse(path);
  for (const Child& child : children_of(block, path))
    copy_into(here.get(), child.inode, child.name, below(path, child.name), depth + 1);
  finish(here.get(), inode, path);
}

/// Block by block, so that a damaged one loses its own names only.
std::vector<CopyOut::Child> CopyOut::children_of(ConstBytes block, const std::string& path) {
  const auto& inode = as<Inode>(block);
  std::vector<Child> children;
  if (inode.has_dynamic(dynamic_feature::inline_data)) {
    const ConstBytes area = InlineData::data(Inode::body(block));
    add_children(area.first(std::min<u64>(inode.size, area.size())), path, children);
    return children;
  }
  const Geometry& geometry = volume_.geometry();
  u64 left = u64{inode.size} >> geometry.block_bits;
  try {
    const ExtentTree tree(volume_.cache(), Inode::body(block), fmt::format("inode {}", u64{inode.block}));
    tree.each_run([&](const ExtentRun& run) {
      for (u64 i = 0; i < run.clusters * geometry.blocks_per_cluster() && left > 0; ++i, --left) try {
          const auto bytes = volume_.cache().read_raw(BlockNo(run.block.value + i), 1);
          const bool trailer =
              matches(DirectoryBlock::trailer(bytes).signature, DirectoryTrailer::signature_text);
          add_children(directory_area(bytes, trailer), path, children);
        } catch (const Error& error) {
          lose(path, fmt::format("some names: {}", error.what()));
        }
      return left > 0;
    });
  } catch (const Error& error) {
    lose(path, fmt::format("some names: {}", error.what()));
  }
  return children;
}

void CopyOut::add_children(ConstBytes area, const std::string& path, std::vector<Child>& children) {
  EntryWalk walk(area);
  while (walk.next()) {
    const std::string_view name = walk.name();
    if (walk.entry().free() || name == "." || name == "..") continue;
    if (is_legal_name(name))
      children.push_back({InodeNo(walk.entry().inode), std::string(name)});
    else
      lose(path, fmt::format("inode {} has a name that cannot be", u64{walk.entry().inode}));
  }
  if (walk.broken())
    lose(path, fmt::format("some names: what stands {} bytes into a block is none", walk.offset()));
}

void CopyOut::copy_regular(int folder, ConstBytes block, const std::string& name, const std::string& path) {
  const auto& inode = as<Inode>(block);
  struct stat status {};
  if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (same_file(status, inode)) {
      ++count_.kept;
      return pass(u64{inode.clusters} << volume_.geometry().cluster_bits);
    }
    if (unlinkat(folder, name.c_str(), 0) != 0) refuse(path);
  }
  const OpenFile file(
      openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) refuse(path);
  write_content(file.get(), block, path);
  if (ftruncate(file.get(), static_cast<off_t>(u64{inode.size})) != 0)
    lose(path,
         fmt::format("its size, {} bytes, is not possible here: {}", u64{inode.size}, std::strerror(errno)));
  finish(file.get(), inode, path);
  ++count_.files;
}

void CopyOut::write_content(int file, ConstBytes block, const std::string& path) {
  const auto& inode = as<Inode>(block);
  if (inode.has_dynamic(dynamic_feature::inline_data)) {
    const ConstBytes data = InlineData::data(Inode::body(block));
    const u64 bytes = std::min<u64>(inode.size, data.size());
    if (bytes < inode.size) lose(path, "is longer than its inode, and ends there");
    if (pwrite(file, data.data(), bytes, 0) != static_cast<ssize_t>(bytes)) refuse(path);
    count_.bytes += bytes;
    return;
  }
  const Geometry& geometry = volume_.geometry();
  const RunCopy copy{
      volume_, reporter_, file, path,
      [&](u64 from, u64 to, const std::string& why) { lose_bytes(path, from, to, why); },
      [&](u64 bytes) { pass(bytes); }};
  try {
    const ExtentTree tree(volume_.cache(), Inode::body(block), fmt::format("inode {}", u64{inode.block}));
    tree.each_run([&](const ExtentRun& run) {
      const u64 offset = run.cpos << geometry.cluster_bits;
      if (offset >= inode.size) return false;
      if (!run.unwritten())
        count_.bytes += copy_run(copy, run.block, offset,
                                 std::min(run.clusters << geometry.cluster_bits, inode.size - offset));
      return true;
    });
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    lose(path, fmt::format("a part: {}", error.what()));
  }
}

/// Neighbours are one loss, with the reason of the first.
void CopyOut::lose_bytes(const std::string& path, u64 from, u64 to, const std::string& why) {
  if (!losses_.empty() && losses_.back().path == path && losses_.back().to == from && from != 0) {
    CopyLoss& loss = losses_.back();
    loss.words.replace(0, loss.words.find(' '), std::to_string(to - loss.from));
    loss.to = to;
    return;
  }
  losses_.push_back({path, fmt::format("{} bytes at {}: {}", to - from, from, why), from, to});
}

void CopyOut::copy_symlink(int folder, ConstBytes block, const std::string& name, const std::string& path) {
  const auto& inode = as<Inode>(block);
  std::string target;
  try {
    target = symlink_target(volume_, volume_.inode(inode_at(BlockNo(inode.block))));
  } catch (const Error& error) {
    return lose(path, error.what());
  }
  unlinkat(folder, name.c_str(), 0);
  if (symlinkat(target.c_str(), folder, name.c_str()) != 0)
    return lose(
        path, fmt::format("a symbolic link to '{}' is not possible here: {}", target, std::strerror(errno)));
  if (keep_owner_) {
    const int ignored = fchownat(folder, name.c_str(), inode.uid, inode.gid, AT_SYMLINK_NOFOLLOW);
    static_cast<void>(ignored);
  }
  finish_unopened(folder, name, inode, path);
}

/// What cannot be opened, or should not be: attributes and, last, times.
void CopyOut::finish_unopened(int folder, const std::string& name, const Inode& inode,
                              const std::string& path) {
  const std::string way = fmt::format("/proc/self/fd/{}/{}", folder, name);
  copy_attributes(inode_at(BlockNo(inode.block)), path, [&](const std::string& attribute, ConstBytes value) {
    return lsetxattr(way.c_str(), attribute.c_str(), value.data(), value.size(), 0);
  });
  const auto times = times_of(inode);
  if (utimensat(folder, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
    lose(path, "its times cannot be given here");
  ++count_.files;
}

/// Devices, pipes and sockets.
void CopyOut::make_node(int folder, ConstBytes block, const std::string& name, const std::string& path) {
  const auto& inode = as<Inode>(block);
  unlinkat(folder, name.c_str(), 0);
  if (mknodat(folder, name.c_str(), inode.mode,
              makedev(device_major(inode.device), device_minor(inode.device))) != 0)
    return lose(path, fmt::format("a {} is not possible here: {}",
                                  inode.type() == file_mode::fifo ? "pipe" : "device", std::strerror(errno)));
  const OpenFile file(openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (keep_owner_ && fchownat(file.get(), "", inode.uid, inode.gid, AT_EMPTY_PATH) != 0)
    lose(path, "its owner cannot be given here");
  if (fchmodat(folder, name.c_str(), inode.mode & 07777, 0) != 0) refuse(path);
  finish_unopened(folder, name, inode, path);
}

void CopyOut::copy_attributes(InodeNo number, const std::string& path, const SetAttribute& set) {
  std::string first, why;
  u32 refused = 0;
  try {
    XattrSet attributes(volume_, volume_.inode(number));
    for (const XattrItem& item : attributes.list()) {
      const auto value = attributes.get(item.name);
      if (!value) continue;
      const bool acl = item.name.starts_with("system.posix_acl_");
      const std::vector<u8> bytes = acl ? kernel_acl(*value) : *value;
      if (set(item.name, bytes) == 0) continue;
      if (refused++ == 0) first = item.name, why = std::strerror(errno);
    }
  } catch (const Error& error) {
    lose(path, fmt::format("attributes: {}", error.what()));
  }
  if (refused > 0)
    lose(path, fmt::format("{} attributes, {} first, are not possible here: {}", refused, first, why));
}

/// Attributes, owner, mode and, last of all, times, by which a later run knows that the copy is whole.
void CopyOut::finish(int file, const Inode& inode, const std::string& path) {
  copy_attributes(inode_at(BlockNo(inode.block)), path, [&](const std::string& attribute, ConstBytes value) {
    return fsetxattr(file, attribute.c_str(), value.data(), value.size(), 0);
  });
  if (keep_owner_ && fchown(file, inode.uid, inode.gid) != 0) lose(path, "its owner cannot be given here");
  if (fchmod(file, inode.mode & 07777) != 0) refuse(path);
  const auto times = times_of(inode);
  if (futimens(file, times.data()) != 0) lose(path, "its times cannot be given here");
}

}  // namespace ocfs2
