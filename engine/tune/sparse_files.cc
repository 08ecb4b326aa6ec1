// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/sparse_files.h"

#include <set>

#include "engine/error.h"
#include "engine/volume/directory.h"

namespace ocfs2 {
namespace {

struct Name {
  std::string path;
  InodeNo inode;
};

/// The names of a directory, the last one first, as a stack wants them.
std::vector<Name> names_in(Volume& volume, InodeNo number, const std::string& path) {
  std::vector<Name> names;
  Directory(volume, number).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (name != "." && name != "..") names.push_back({path + std::string(name), InodeNo(entry.inode)});
    return true;
  });
  return {names.rbegin(), names.rend()};
}

}  // namespace

u64 hole_clusters(Volume& volume, const BlockRef<Inode>& inode) {
  if (inode->body_kind() != InodeBody::extent_list) return 0;
  const u64 end = volume.geometry().clusters_for(inode->size);
  u64 present = 0;
  ExtentTree::of(volume.cache(), inode).each_run([&](const ExtentRun& run) {
    if (run.cpos < end) present += std::min(run.end(), end) - run.cpos;
    return run.end() < end;
  });
  return end - std::min(present, end);
}

u64 each_sparse_file(Volume& volume, InodeNo directory, const std::string& prefix,
                     const std::function<void(const SparseFile&)>& use) {
  u64 total = 0;
  std::set<u64> linked;  // files met before by another name
  std::set<u64> entered = {directory.value};
  std::vector<Name> ahead = names_in(volume, directory, prefix);
  while (!ahead.empty()) {
    const Name name = std::move(ahead.back());
    ahead.pop_back();
    const BlockRef<Inode> inode = volume.inode(name.inode);
    if (inode->is_directory()) {
      if (!entered.insert(name.inode.value).second)
        fail(ErrorKind::corrupt, "{}: directory {} has two names; run: fsck.ocfs2 -f {}", volume.name(),
             name.inode.value, volume.name());
      const std::vector<Name> below = names_in(volume, name.inode, name.path + "/");
      ahead.insert(ahead.end(), below.begin(), below.end());
    } else if (inode->is_regular()) {
      const u64 holes = hole_clusters(volume, inode);
      if (holes > 0) use({name.inode, holes, name.path});
      if (inode->links() <= 1 || linked.insert(name.inode.value).second) total += holes;
    }
  }
  return total;
}

}  // namespace ocfs2
