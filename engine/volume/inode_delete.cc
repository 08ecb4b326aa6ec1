// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/error.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/file_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/refcount_edit.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

constexpr u64 all_keys = u64{1} << 32;  ///< beyond every key of an extent tree

std::string orphan_name(InodeNo inode) { return fmt::format("{:016x}", inode.value); }

InodeNo orphan_directory(Volume& volume, u32 slot) {
  return inode_at(volume.system_file(SystemFile::orphan_dir, slot).block());
}

/// A directory in an orphan directory counts there like any subdirectory.
void count_in_orphan_directory(Transaction& transaction, InodeNo directory, const Inode& orphan, bool more) {
  if (!orphan.is_directory()) return;
  const auto ref = transaction.read<Inode>(block_of(directory));
  const u32 links = ref->links();
  if (more || links > 0) transaction.edit(ref).set_links(more ? links + 1 : links - 1);
}

/// Takes an inode apart, from the outside in. What is left is an inode at every moment.
class Removal {
 public:
  Removal(Transaction& transaction, Space& space, InodeNo number)
      : transaction_(transaction), space_(space), number_(number) {}

  void run(u64 seconds) {
    release_attributes();
    if (inode()->has_dynamic(dynamic_feature::indexed_dir)) release_index();
    release_data();
    if (inode()->refcount_root != 0)
      RefcountEdit(transaction_, space_, BlockNo(inode()->refcount_root)).leave();
    if (inode()->has_flag(inode_flag::orphaned)) leave_orphan_directory(transaction_, space_, number_);
    space_.free_inode(transaction_, block_of(number_), origin_of(*inode()), seconds);
  }

  void run_for_attributes() {
    kept_ = true;
    release_attributes();
    const Bytes block = transaction_.edit_as(block_of(number_), Inode::kind);
    Inode& edited = as<Inode>(block);
    std::ranges::fill(Inode::xattr_area(block), 0);
    edited.dynamic_features = edited.dynamic_features &
                              static_cast<u16>(~(dynamic_feature::has_xattr | dynamic_feature::inline_xattr));
    edited.xattr_inline_size = 0;
    const Geometry& geometry = space_.volume().geometry();
    if (edited.body_kind() == InodeBody::extent_list)
      edited.extents.count = static_cast<u16>(geometry.extent_records_per_inode());
    if (edited.body_kind() == InodeBody::inline_data)
      edited.inline_data.count = static_cast<u16>(geometry.inline_data_bytes());
  }

 private:
  BlockRef<Inode> inode() const { return transaction_.read<Inode>(block_of(number_)); }
  Inode& edit() { return transaction_.edit<Inode>(block_of(number_)); }

  /// What was done so far becomes durable, and findable for whoever has to finish it.
  void settle() {
    if (!kept_ && !inode()->has_flag(inode_flag::orphaned)) orphan_inode(transaction_, space_, number_);
    transaction_.commit();
  }
  void settle_when_full() {
    if (transaction_.blocks() >= ExtentEdit::transaction_blocks_max) settle();
  }

  void release_tree(const std::function<ExtentRoot()>& root, BlockNo refcount_root) {
    for (u64 end = all_keys; end > 0;) {
      end = release_extents(transaction_, space_, root(), refcount_root, 0, end);
      if (end > 0) settle();
    }
  }

  void release_data() {
    switch (inode()->body_kind()) {
      case InodeBody::extent_list:
        return release_tree([&] { return ExtentRoot::of(inode()); }, BlockNo(inode()->refcount_root));
      case InodeBody::chain_list:
        if (inode()->chains.used == 0) return;
        fail(ErrorKind::invalid_argument, "inode {} is an allocator that has groups", number_.value);
      default:
        return;
    }
  }

  void release_index() {
    free_index(transaction_, space_, BlockNo(inode()->index_root), [&] { settle(); });
    Inode& edited = edit();
    edited.dynamic_features = edited.dynamic_features & static_cast<u16>(~dynamic_feature::indexed_dir);
    edited.index_root = 0;
  }

  // Attributes. Those of one container go in one piece: none of them is ever half there.

  void release_attributes() {
    const ConstBytes area = Inode::xattr_area(inode().bytes());
    if (area.size() >= sizeof(XattrHeader))
      empty_container(block_of(number_), Inode::kind, inode().bytes().size() - area.size());
    const BlockNo at(inode()->xattr_block);
    if (at == BlockNo()) return;
    if (transaction_.read<XattrBlock>(at)->is_indexed())
      release_buckets(at);
    else
      empty_container(at, XattrBlock::kind, XattrBlock::body_offset);
    space_.free_metadata(transaction_, at, origin_of(*transaction_.read<XattrBlock>(at)));
    edit().xattr_block = 0;
  }

  void release_buckets(BlockNo at) {
    const Geometry& geometry = space_.volume().geometry();
    const u64 bucket_blocks = xattr_bucket_bytes >> geometry.block_bits;
    const auto root = [&] { return ExtentRoot::of(transaction_.read<XattrBlock>(at)); };
    std::vector<ExtentRun> runs;
    ExtentEdit(transaction_, space_, root()).tree().each_run([&](const ExtentRun& run) {
      runs.push_back(run);
      return true;
    });
    for (const ExtentRun& run : runs) {
      const u64 room = run.clusters * geometry.blocks_per_cluster() / bucket_blocks;
      const u64 used = transaction_.read<XattrBucket>(run.block)->header.buckets;
      for (u64 i = 0; i < std::min(used, room); ++i)
        empty_container(run.block + i * bucket_blocks, XattrBucket::kind, 0);
    }
    release_tree(root, BlockNo());
  }

  /// Gives the clusters of large values back and leaves a container without entries.
  void empty_container(BlockNo block, const BlockKind& kind, std::size_t offset) {
    const auto container = [&] {
      return ConstBytes(transaction_.read_as(block, kind)->bytes).subspan(offset);
    };
    const std::size_t count = XattrHeader::entries(container()).size();
    for (std::size_t i = 0; i < count; ++i) {
      const XattrEntry entry = XattrHeader::entries(container())[i];
      if (!entry.is_local()) release_value(block, kind, offset, entry);
    }
    XattrHeader& header = as<XattrHeader>(transaction_.edit_as(block, kind).subspan(offset));
    header.count = 0;
    if (&kind == &XattrBucket::kind) {
      header.free_start = static_cast<u16>(xattr_bucket_bytes);
      header.name_value_bytes = 0;
    }
    settle_when_full();
  }

  void release_value(BlockNo block, const BlockKind& kind, std::size_t offset, const XattrEntry& entry) {
    const auto bytes = transaction_.read_as(block, kind);
    const ConstBytes container = ConstBytes(bytes->bytes).subspan(offset);
    const auto root = xattr_value_root(container, entry);
    if (!root)
      fail(ErrorKind::corrupt, "block {}: a value of inode {} lies outside its container; run fsck.ocfs2",
           block.value, number_.value);
    const auto at = static_cast<u32>(root->data() - bytes->bytes.data());
    release_extents(transaction_, space_, ExtentRoot::of_value(block, kind, at),
                    BlockNo(inode()->refcount_root), 0, all_keys, ~std::size_t{0});
  }

  Transaction& transaction_;
  Space& space_;
  InodeNo number_;
  bool kept_ = false;  ///< the inode stays
};

}  // namespace

void orphan_inode(Transaction& transaction, Space& space, InodeNo number) {
  const InodeNo directory = orphan_directory(space.volume(), space.slot());
  const auto inode = transaction.read<Inode>(block_of(number));
  DirectoryEditor(transaction, space, directory).add(orphan_name(number), number, entry_type_of(inode->mode));
  count_in_orphan_directory(transaction, directory, *inode, true);
  Inode& edited = transaction.edit<Inode>(block_of(number));
  edited.flags = edited.flags | inode_flag::orphaned;
  edited.orphaned_slot = static_cast<u16>(space.slot());
  edited.set_links(0);
}

void leave_orphan_directory(Transaction& transaction, Space& space, InodeNo number) {
  const auto inode = transaction.read<Inode>(block_of(number));
  const InodeNo directory = orphan_directory(space.volume(), inode->orphaned_slot);
  if (DirectoryEditor(transaction, space, directory).remove(orphan_name(number)))
    count_in_orphan_directory(transaction, directory, *inode, false);
  Inode& edited = transaction.edit<Inode>(block_of(number));
  edited.flags = edited.flags & ~inode_flag::orphaned;
}

void delete_inode(Transaction& transaction, Space& space, InodeNo inode, u64 seconds) {
  if (!transaction.read<Inode>(block_of(inode))->has_flag(inode_flag::valid))
    fail(ErrorKind::invalid_argument, "{}: inode {} is not in use", space.volume().name(), inode.value);
  Removal(transaction, space, inode).run(seconds);
}

void remove_attributes(Transaction& transaction, Space& space, InodeNo inode) {
  Removal(transaction, space, inode).run_for_attributes();
}

void truncate_inode(Transaction& transaction, Space& space, InodeNo number, u64 size) {
  const auto read = [&] { return transaction.read<Inode>(block_of(number)); };
  if (!read()->is_regular() || size > read()->size)
    fail(ErrorKind::invalid_argument, "{}: inode {} cannot be cut to {} bytes", space.volume().name(),
         number.value, size);
  if (read()->body_kind() == InodeBody::inline_data) {
    const Bytes block = transaction.edit_as(block_of(number), Inode::kind);
    const Bytes data = InlineData::data(Inode::body(block));
    as<Inode>(block).size = size;
    std::ranges::fill(data.subspan(std::min<u64>(size, data.size())), 0);
    return;
  }
  if (size < read()->size) {
    transaction.edit<Inode>(block_of(number)).size = size;
    transaction.commit();  // what is zeroed now must not be part of the file any more
  }
  FileEditor(transaction, space, number).clear_tail();
  const u64 kept = space.volume().geometry().clusters_for(size);
  for (u64 end = all_keys; end > kept;) {
    end = release_extents(transaction, space, ExtentRoot::of(read()), BlockNo(read()->refcount_root), kept,
                          end);
    if (end > kept) transaction.commit();
  }
}

}  // namespace ocfs2
