// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looking at a damaged volume ends: in what was asked for or in an Error, never in a crash or a hang. The
// input is a list of bytes to change in a small sound volume, so that nearly every input is a volume with a
// few damages, deep inside.
#include <set>

#include "engine/cluster/heartbeat.h"
#include "engine/error.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "engine/volume/path.h"
#include "engine/volume/refcount_tree.h"
#include "engine/volume/xattr_set.h"
#include "tests/fuzz/small_volume.h"

namespace ocfs2 {
namespace {

constexpr std::size_t inodes_max = 300;

/// An error is an answer, too.
void attempt(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    if (*error.what() == 0) __builtin_trap();
  }
}

void look_at_file(Volume& volume, const BlockRef<Inode>& inode) {
  attempt([&] {
    FileData data(volume, inode);
    std::vector<u8> piece(16 << 10);
    data.read(0, piece);
    data.read(data.size() - std::min<u64>(data.size(), 1000), piece);
    u32 pieces = 0;
    data.each_piece([&](u64, ConstBytes) { return ++pieces < 2; });
  });
  attempt([&] { ExtentTree::of(volume.cache(), inode).each_block([](const auto&) {}); });
  attempt([&] { symlink_target(volume, inode); });
  attempt([&] {
    XattrSet xattrs(volume, inode);
    for (const XattrItem& item : xattrs.list()) xattrs.get(item.name);
  });
  attempt([&] {
    const RefcountTree tree(volume.cache(), BlockNo(inode->refcount_root));
    tree.each([&](const RefcountRecord& record) { return tree.references(ClusterNo(record.cluster)) > 0; });
  });
  attempt([&] {
    ChainAllocator allocator(volume, inode);
    allocator.each_group([](const auto&) { return true; });
    allocator.place_of(inode.block());
    allocator.place_of(ClusterNo(100)).in_use();
  });
}

void look_at(Volume& volume) {
  std::set<u64> found = {volume.root().value, volume.system_directory().value, planted};
  std::vector<u64> waiting(found.begin(), found.end());
  while (!waiting.empty()) {
    const InodeNo number(waiting.back());
    waiting.pop_back();
    attempt([&] {
      const auto inode = volume.inode(number);
      look_at_file(volume, inode);
      Directory directory(volume, number);
      directory.each([&](const DirectoryEntry& entry, std::string_view name) {
        attempt([&] { directory.lookup(name); });
        if (found.size() < inodes_max && found.insert(entry.inode).second) waiting.push_back(entry.inode);
        return true;
      });
    });
  }
  attempt([&] { volume.slot_map(); });
  attempt([&] { volume.journal_dirty(1); });
  attempt([&] { resolve_path(volume, "/lost+found/../x", {volume.root(), volume.root()}); });
  attempt([&] { Heartbeat(volume.device(), heartbeat_region(volume)).sample(0); });
}

}  // namespace
}  // namespace ocfs2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ocfs2::SmallVolume base;
  ocfs2::MemoryDevice device = base.damaged({data, size});
  ocfs2::OpenOptions options;
  options.unknown_features = options.unfinished_change = options.heartbeat_device = true;
  ocfs2::attempt([&] { ocfs2::look_at(*ocfs2::Volume::open(device, options)); });
  return 0;
}
