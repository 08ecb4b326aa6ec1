// SPDX-License-Identifier: GPL-2.0-or-later
//
// compare_volumes OURS REFERENCE -- two fresh volumes that were made with the same options and the same UUID,
// one by our mkfs.ocfs2 and one by the reference's, compared field by field. Prints every difference that has
// no reason in the list below as "journal:0001 i_size: 4194304, the reference 8388608", and a last line that
// counts fields and differences. Exit status 0: none without a reason, 1: some, 2: a volume cannot be read.
//
// A volume is taken apart into named fields by the tables of ondisk/, so a field that a structure gains is
// compared from that day on. Bytes outside the structures (the log, heartbeat blocks, spare room of quota
// files) are compared as whole blocks.
#include <fmt/core.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/volume/directory.h"
#include "engine/volume/volume.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/jbd2.h"
#include "ondisk/quota.h"
#include "ondisk/super_inode.h"

namespace ocfs2 {
namespace {

/// On which pairs of volumes a reason counts.
enum class When {
  always,
  index_is_missing,   ///< ours gives the system directory an index, the reference forgets it
  index_needs_group,  ///< … and its root is the first block in slot 0's extent allocator
};

/// A difference that is as it should be. `object` and `field` are patterns of the shell.
struct Reason {
  const char* object;
  const char* field;
  When when;
  const char* why;
};

constexpr Reason reasons[] = {
    {"*", "i_[acm]time", When::always, "the time of formatting"},
    {"*superblock", "id2.s_lastcheck", When::always, "the time of formatting"},
    {"*", "*_generation", When::always, "random, and repeated in every block"},
    {"*", "*.bc_crc32e", When::always, "covers generation and times"},
    {"*", "*.bc_ecc", When::always, "covers generation and times"},
    {"*superblock", "id2.s_dx_seed*", When::always, "random"},
    {"* index*", "*.dx_m*_hash", When::always, "of the seeds"},
    {"global_inode_alloc group *", "bg_size", When::always,
     "the reference writes what the kernel refuses on volumes with discontig-bg (ondisk.md 15, row 5)"},
    {"lost+found", "i_size", When::always, "the reference leaves out the trailer (ondisk.md 15, row 4)"},
    {"aquota.* block *", "records[[]*].dqb_curinodes", When::always,
     "the reference counts before it makes lost+found (ondisk.md 15, row 11)"},
    {"aquota.* block *", "records[[]*].dqb_curspace", When::always,
     "the reference counts before it makes lost+found (ondisk.md 15, row 11)"},
    {"root directory block *", "db_free_rec_len", When::always,
     "the reference does not keep it when it adds lost+found (ondisk.md 15, row 2)"},
    {"system directory", "i_dx_root", When::index_is_missing, "points to the index"},
    {"system directory", "i_dyn_features", When::index_is_missing, "says that there is an index"},
    {"system directory block *", "db_free_*", When::index_is_missing, "belongs to the index"},
    {"system directory index*", "*", When::index_is_missing, "is the index"},
    {"extent_alloc:0000", "id1.i_used", When::index_is_missing, "the root of the index is taken from it"},
    {"extent_alloc:0000", "id2.cl_recs[[]*].c_free", When::index_is_missing, "as above"},
    {"extent_alloc:0000 group *", "bg_free_bits_count", When::index_is_missing, "as above"},
    {"extent_alloc:0000 group *", "bg_bitmap", When::index_is_missing, "as above"},
    {"global_bitmap", "id1.i_used", When::index_is_missing, "the leaves of the index are taken from it"},
    {"global_bitmap", "id2.cl_recs[[]*].c_free", When::index_is_missing, "as above; see bitmap_adds_up"},
    {"global_bitmap group *", "bg_free_bits_count", When::index_is_missing, "as above"},
    {"global_bitmap group *", "bg_bitmap", When::index_is_missing, "as above"},
    {"extent_alloc:0000", "i_clusters", When::index_needs_group, "the group that was made for the index"},
    {"extent_alloc:0000", "i_size", When::index_needs_group, "as above"},
    {"extent_alloc:0000", "id1.i_total", When::index_needs_group, "as above"},
    {"extent_alloc:0000", "id2.cl_next_free_rec", When::index_needs_group, "as above"},
    {"extent_alloc:0000", "id2.cl_recs[[]0].*", When::index_needs_group, "as above"},
    {"extent_alloc:0000 group *", "*", When::index_needs_group, "as above"},
};

using Fields = std::map<std::string, std::string>;

/// All fields of one volume, by object and field.
class Portrait {
 public:
  explicit Portrait(const char* path)
      : device_(FileDevice::open(path, Access::read_only)), volume_(Volume::open(*device_)) {
    take_supers();
    take_inode("root directory", volume_->root());
    take_inode("system directory", volume_->system_directory());
    for (const SystemFileRow& row : system_files) {
      if (!volume_->has(row.needs)) continue;
      for (u32 slot = 0; slot < (row.per_slot ? volume_->facts().max_slots : 1); ++slot)
        if (const auto number = volume_->find_system_file(row.file, slot)) {
          const std::string name = system_file_name(row.file, slot);
          take_inode(name, *number);
          take_content(name, row.file, *number);
        }
    }
    if (const auto number = Directory(*volume_, volume_->root()).lookup("lost+found"))
      take_inode("lost+found", *number);
  }

  const std::map<std::string, Fields>& objects() const { return objects_; }
  bool has(const std::string& object) const { return objects_.contains(object); }
  Fields fields(const std::string& object) const { return has(object) ? objects_.at(object) : Fields{}; }
  u64 number(const std::string& object, const std::string& field) const {
    return std::stoull(objects_.at(object).at(field));
  }

 private:
  std::vector<u8> block(BlockNo at) { return volume_->cache().read_raw(at, 1); }

  FieldVisitor into(const std::string& object) {
    Fields& fields = objects_[object];
    return [&fields](const std::string& path, const Field& field, ConstBytes value) {
      fields[path] = text_of_value(field, value);
    };
  }

  static std::string text_of_value(const Field& field, ConstBytes value) {
    if (field.is_number())
      return field.shape == Shape::hex ? fmt::format("{:#x}", field.number_of(value))
                                       : fmt::format("{}", field.number_of(value));
    if (field.shape == Shape::text)
      return std::string(value.begin(), std::find(value.begin(), value.end(), 0));
    return hex(value);
  }

  /// Without the zeros at the end: room at the end of a bitmap says nothing.
  static std::string hex(ConstBytes bytes) {
    std::string text;
    while (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
    for (const u8 byte : bytes) text += fmt::format("{:02x}", byte);
    return text;
  }

  void take_block(const std::string& object, BlockNo at, const BlockKind& kind) {
    describe(block(at), kind, into(object));
  }

  void take_supers() {
    take_block("superblock", super_block_no, SuperInode::kind);
    const Geometry& geometry = volume_->geometry();
    if (volume_->has(feature::backup_super))
      for (u32 i = 0; i < geometry.backup_supers(); ++i)
        take_block(fmt::format("backup {} superblock", i), geometry.backup_super_block(i), SuperInode::kind);
    take_bytes("volume header", BlockNo(0), 2);
  }

  /// Blocks as they are; those that are all zero are left out.
  void take_bytes(const std::string& object, BlockNo first, u64 count) {
    for (u64 i = 0; i < count; ++i) {
      if (const std::string bytes = hex(block(first + i)); !bytes.empty())
        objects_[object][fmt::format("block {}", i)] = bytes;
    }
  }

  void take_inode(const std::string& name, InodeNo number) {
    take_block(name, block_of(number), Inode::kind);
    const BlockRef<Inode> inode = volume_->inode(number);
    if (inode->body_kind() == InodeBody::chain_list) take_groups(name, inode);
    if (inode->body_kind() == InodeBody::extent_list)
      ExtentTree::of(volume_->cache(), inode).each_block([&](const BlockRef<ExtentBlock>& node) {
        take_block(fmt::format("{} extent block {}", name, node.block().value), node.block(),
                   ExtentBlock::kind);
      });
    if (inode->is_directory()) take_directory(name, number);
  }

  void take_groups(const std::string& name, const BlockRef<Inode>& inode) {
    const auto chains = ChainList::chains(Inode::body(inode.bytes()));
    for (const ChainRecord& chain : chains) {
      u64 bound = inode->bitmap.total;
      for (BlockNo at(chain.block); at.value != 0 && bound-- > 0;) {
        const std::vector<u8> bytes = block(at);
        describe(bytes, GroupDescriptor::kind, into(fmt::format("{} group {}", name, at.value)));
        at = BlockNo(as<GroupDescriptor>(ConstBytes(bytes)).next_group);
      }
    }
  }

  void take_directory(const std::string& name, InodeNo number) {
    Directory directory(*volume_, number);
    Fields& names = objects_[name + " names"];
    directory.each([&](const DirectoryEntry& entry, std::string_view entry_name) {
      names[std::string(entry_name)] = fmt::format("inode {} type {}", u64{entry.inode}, entry.file_type);
      return true;
    });
    if (directory.inode().has_dynamic(dynamic_feature::inline_data)) return;
    u64 index = 0;
    directory.each_area([&](BlockNo at, ConstBytes) {
      // whether or not the directory's flags say that there is a trailer
      const bool trailer = matches(as<DirectoryTrailer>(ConstBytes(block(at)).last(64)).signature, "DIRTRL1");
      take_block(fmt::format("{} block {}", name, index++), at,
                 trailer ? DirectoryBlock::kind : PlainDirectoryBlock::kind);
      return true;
    });
    if (directory.indexed()) take_index(name, BlockNo(directory.inode().index_root));
  }

  void take_index(const std::string& name, BlockNo at) {
    take_block(name + " index", at, IndexRoot::kind);
    const BlockRef<IndexRoot> root = volume_->cache().read<IndexRoot>(at);
    if (root->is_inline()) return;
    u64 number = 0;
    ExtentTree::of(volume_->cache(), root).each_run([&](const ExtentRun& run) {
      for (u64 i = 0; i < run.clusters * volume_->geometry().blocks_per_cluster(); ++i)
        take_block(fmt::format("{} index leaf {}", name, number++), run.block + i, IndexLeaf::kind);
      return true;
    });
  }

  void take_content(const std::string& name, SystemFile file, InodeNo number) {
    const BlockRef<Inode> inode = volume_->inode(number);
    if (inode->body_kind() != InodeBody::extent_list || inode->is_directory()) return;
    u64 index = 0;
    ExtentTree::of(volume_->cache(), inode).each_run([&](const ExtentRun& run) {
      for (u64 i = 0; i < run.clusters * volume_->geometry().blocks_per_cluster(); ++i, ++index)
        take_file_block(name, file, index, index * volume_->geometry().block_size() < inode->size,
                        run.block + i);
      return true;
    });
  }

  /// Block `index` of a system file, which lies at `at`.
  void take_file_block(const std::string& name, SystemFile file, u64 index, bool inside, BlockNo at) {
    const std::string object = fmt::format("{} block {}", name, index);
    const u32 depth = QuotaGeometry{volume_->geometry().block_size()}.depth();
    switch (file) {
      case SystemFile::journal:
        if (index > 0) return take_bytes(object, at, 1);
        return describe_structure<JournalSuperBlock>(long_enough(at), "", into(object));
      case SystemFile::user_quota:
      case SystemFile::group_quota:
        if (!inside) return;
        return take_block(object, at,
                          index == 0       ? GlobalQuotaHead::kind
                          : index <= depth ? QuotaTreeBlock::kind
                                           : QuotaLeaf::kind);
      case SystemFile::local_user_quota:
      case SystemFile::local_group_quota:
        if (!inside) return;
        return take_block(object, at,
                          index == 0   ? LocalQuotaHead::kind
                          : index == 1 ? LocalQuotaChunk::kind
                                       : LocalQuotaBlock::kind);
      default:
        return take_bytes(object, at, 1);
    }
  }

  /// The journal's superblock is longer than a block of 512 bytes.
  std::vector<u8> long_enough(BlockNo at) {
    return volume_->cache().read_raw(at, divide_up(journal_super_bytes, volume_->geometry().block_size()));
  }

  std::unique_ptr<FileDevice> device_;
  std::unique_ptr<Volume> volume_;
  std::map<std::string, Fields> objects_;
};

std::string value_in(const Fields& fields, const std::string& field) {
  const auto found = fields.find(field);
  return found == fields.end() ? "nothing" : found->second;
}

/// Two volumes, and what is known of the pair as a whole.
struct Pair {
  const Portrait& ours;
  const Portrait& reference;
  bool index_is_missing = ours.has("system directory index") && !reference.has("system directory index");
  bool index_needs_group = index_is_missing && reference.number("extent_alloc:0000", "i_clusters") == 0;

  bool applies(When when) const {
    return when == When::always || (when == When::index_is_missing ? index_is_missing : index_needs_group);
  }
  bool has_reason(const std::string& object, const std::string& field) const {
    return std::ranges::any_of(reasons, [&](const Reason& row) {
      return applies(row.when) && fnmatch(row.object, object.c_str(), 0) == 0 &&
             fnmatch(row.field, field.c_str(), 0) == 0;
    });
  }
  /// Ours has as many clusters in use as the reference, and those that the index needs.
  bool bitmap_adds_up() const {
    u64 expected = reference.number("global_bitmap", "id1.i_used");
    if (index_is_missing) expected += ours.number("system directory index", "dr_clusters");
    if (index_needs_group) expected += ours.number("extent_alloc:0000", "i_clusters");
    return ours.number("global_bitmap", "id1.i_used") == expected;
  }
};

struct Outcome {
  u64 fields = 0;
  u64 unlike = 0;
  u64 with_reason = 0;
};

void compare_object(const Pair& pair, const std::string& name, Outcome& outcome) {
  const Fields ours = pair.ours.fields(name), theirs = pair.reference.fields(name);
  Fields all = ours;
  all.insert(theirs.begin(), theirs.end());
  for (const auto& [field, unused] : all) {
    ++outcome.fields;
    const std::string here = value_in(ours, field), there = value_in(theirs, field);
    if (here == there) continue;
    if (pair.has_reason(name, field)) {
      ++outcome.with_reason;
      continue;
    }
    ++outcome.unlike;
    fmt::print("{} {}: {}, the reference {}\n", name, field, here, there);
  }
}

int compare(const char* ours_path, const char* reference_path) {
  const Portrait ours(ours_path), reference(reference_path);
  const Pair pair{ours, reference};
  std::map<std::string, Fields> all = ours.objects();
  all.insert(reference.objects().begin(), reference.objects().end());
  Outcome outcome;
  for (const auto& [name, unused] : all) compare_object(pair, name, outcome);
  if (!pair.bitmap_adds_up()) {
    ++outcome.unlike;
    fmt::print("global_bitmap id1.i_used: the index does not explain the difference\n");
  }
  fmt::print("{} fields, {} unlike with a reason, {} without\n", outcome.fields, outcome.with_reason,
             outcome.unlike);
  return outcome.unlike == 0 && outcome.fields > 0 ? 0 : 1;
}

}  // namespace
}  // namespace ocfs2

int main(int count, char** arguments) {
  if (count != 3) return fmt::print(stderr, "usage: compare_volumes OURS REFERENCE\n"), 2;
  try {
    return ocfs2::compare(arguments[1], arguments[2]);
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "compare_volumes: {}\n", error.what()), 2;
  }
}
