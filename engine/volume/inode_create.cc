// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/error.h"
#include "engine/journal/journal_writer.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/inode_life.h"
#include "ondisk/slot_map.h"

namespace ocfs2 {
namespace {

constexpr u32 symlink_bytes_max = 4095;
constexpr u32 heartbeat_blocks = 256;

/// Where an inode's block comes from tells whether it is the volume's own.
NewBlock allocate(Transaction& transaction, Space& space, const InodeBirth& birth) {
  return (birth.flags & inode_flag::system) != 0 ? space.allocate_system_inode(transaction)
                                                 : space.allocate_inode(transaction);
}

/// An inode whose body is an empty extent list.
BlockNo begin(Transaction& transaction, Space& space, const InodeBirth& birth) {
  const NewBlock place = allocate(transaction, space, birth);
  const Bytes block = transaction.create_bytes(place.block, Inode::kind);
  format_inode(space.volume().facts(), place, birth, block);
  format_inode_extents(space.volume().geometry(), block);
  return place.block;
}

/// Takes the next piece of a new file, which reads as zeros.
void add_run(Transaction& transaction, Space& space, BlockNo inode, u64 wanted) {
  const Geometry& geometry = space.volume().geometry();
  const BitRun run = space.allocate_clusters(transaction, static_cast<u32>(std::min<u64>(wanted, 0xFFFF)));
  const BlockNo first = geometry.first_block_of(ClusterNo(run.first));
  transaction.zero_data(first, run.count * geometry.blocks_per_cluster());
  const auto ref = transaction.read<Inode>(inode);
  const ExtentRun extent{.cpos = ref->clusters, .clusters = run.count, .block = first};
  ExtentEdit(transaction, space, ExtentRoot::of(ref)).insert(extent);
}

/// Gives an empty inode clusters that read as zeros, in as few runs as there are.
void give_clusters(Transaction& transaction, Space& space, BlockNo inode, u64 clusters) {
  for (u64 have = 0; have < clusters; have = transaction.read<Inode>(inode)->clusters)
    add_run(transaction, space, inode, clusters - have);
  transaction.edit<Inode>(inode).size = clusters << space.volume().geometry().cluster_bits;
}

/// Writes the beginning of a file whose first run of clusters is long enough for it.
void write_start(Transaction& transaction, Space& space, BlockNo inode, ConstBytes bytes) {
  const ExtentEdit tree(transaction, space, ExtentRoot::of(transaction.read<Inode>(inode)));
  const auto run = tree.tree().find(0);
  const Geometry& geometry = space.volume().geometry();
  require(run && bytes.size() <= run->clusters << geometry.cluster_bits);
  transaction.write_data(run->block, bytes);
}

void fill_journal(Transaction& transaction, Space& space, BlockNo inode, const SystemFileWish& wish) {
  const u32 clusters = wish.journal_clusters;
  const Volume& volume = space.volume();
  const Geometry& geometry = volume.geometry();
  if (u64{clusters} << geometry.cluster_bits < journal_bytes_min)
    fail(ErrorKind::invalid_argument, "a journal needs at least {} bytes", journal_bytes_min);
  give_clusters(transaction, space, inode, clusters);
  const JournalSuperBlock super =
      fresh_journal_super(geometry.block_size(), clusters * geometry.blocks_per_cluster(),
                          volume.super().uuid, wish.wide_journal || geometry.blocks() > 0xFFFFFFFF);
  write_start(transaction, space, inode, bytes_of(super));
}

void fill_slot_map(Transaction& transaction, Space& space, BlockNo inode) {
  const Volume& volume = space.volume();
  const bool extended = volume.has(feature::extended_slotmap);
  const u64 clusters = volume.geometry().clusters_for(slot_map_bytes(extended, volume.facts().max_slots));
  give_clusters(transaction, space, inode, clusters);
  if (extended) return;  // free slots are zeros there
  std::vector<u8> map(clusters << volume.geometry().cluster_bits);
  clear_slot_map(map, extended);
  write_start(transaction, space, inode, map);
}

/// Nodes look for the region where its one extent begins.
void fill_heartbeat(Transaction& transaction, Space& space, BlockNo inode) {
  const Geometry& geometry = space.volume().geometry();
  const u64 bytes = u64{heartbeat_blocks} << geometry.block_bits;
  const u64 clusters = geometry.clusters_for(bytes);
  add_run(transaction, space, inode, clusters);
  if (transaction.read<Inode>(inode)->clusters < clusters)
    fail(ErrorKind::no_space, "{}: there are not {} free clusters in a row for the heartbeat file",
         space.volume().name(), clusters);
  transaction.edit<Inode>(inode).size = bytes;
}

/// Makes the body of a system file what it is when nobody has used it yet.
void fill_system_file(Transaction& transaction, Space& space, SystemFile file, const SystemFileWish& wish,
                      BlockNo inode) {
  const Geometry& geometry = space.volume().geometry();
  const Bytes block = transaction.edit_as(inode, Inode::kind);
  const auto clear_body = [&] { std::ranges::fill(block.subspan(Inode::body_offset), 0); };
  switch (file) {
    case SystemFile::extent_alloc:
    case SystemFile::inode_alloc:
      clear_body();
      return format_allocator(geometry, geometry.suballocator_group_clusters(), geometry.blocks_per_cluster(),
                              block);
    case SystemFile::local_alloc:
      clear_body();
      return format_local_alloc(geometry, block);
    case SystemFile::truncate_log:
      clear_body();
      return format_truncate_log(geometry, block);
    case SystemFile::journal:
      return fill_journal(transaction, space, inode, wish);
    case SystemFile::slot_map:
      return fill_slot_map(transaction, space, inode);
    case SystemFile::heartbeat:
      return fill_heartbeat(transaction, space, inode);
    default:
      return;  // an empty file
  }
}

/// How many links an inode can have (spec: ondisk.md 3.6).
u32 links_max(const Volume& volume, const Inode& inode) {
  if (inode.has_dynamic(dynamic_feature::indexed_dir)) return 0x7FFFFFFF;
  return volume.has(feature::indexed_dirs) ? 0xFFFF : 32000;
}

}  // namespace

void count_link(Transaction& transaction, const Volume& volume, InodeNo number) {
  const auto inode = transaction.read<Inode>(block_of(number));
  const u32 links = inode->links();
  if (links >= links_max(volume, *inode))
    fail(ErrorKind::no_space, "{}: inode {} has {} links already, and can have no more", volume.name(),
         number.value, links);
  transaction.edit(inode).set_links(links + 1);
}

InodeNo create_inode(Transaction& transaction, Space& space, const InodeBirth& birth) {
  return inode_at(begin(transaction, space, birth));
}

InodeNo create_device(Transaction& transaction, Space& space, const InodeBirth& birth, u64 device) {
  const BlockNo block = begin(transaction, space, birth);
  transaction.edit<Inode>(block).device = device;
  return inode_at(block);
}

InodeNo create_symlink(Transaction& transaction, Space& space, const InodeBirth& birth,
                       std::string_view target) {
  if (target.empty() || target.size() > symlink_bytes_max || target.find('\0') != target.npos)
    fail(ErrorKind::invalid_argument, "a symbolic link leads to 1 to {} bytes without NUL",
         symlink_bytes_max);
  const BlockNo number = begin(transaction, space, birth);
  std::vector<u8> bytes(target.begin(), target.end());
  bytes.push_back(0);
  const Bytes block = transaction.edit_as(number, Inode::kind);
  const Bytes body = Inode::body(block);
  if (bytes.size() <= body.size()) {
    std::ranges::fill(body, 0);
    std::ranges::copy(bytes, body.begin());
  } else {
    give_clusters(transaction, space, number, 1);
    write_start(transaction, space, number, bytes);
  }
  as<Inode>(block).size = target.size();
  return inode_at(number);
}

InodeNo create_directory(Transaction& transaction, Space& space, const InodeBirth& birth, InodeNo parent) {
  const NewBlock place = allocate(transaction, space, birth);
  const Bytes block = transaction.create_bytes(place.block, Inode::kind);
  format_inode(space.volume().facts(), place, birth, block);
  format_first_area(format_inline_directory(space.volume().geometry(), block), inode_at(place.block), parent);
  if (!space.volume().has(feature::inline_data))
    DirectoryEditor(transaction, space, inode_at(place.block)).leave_inode();
  return inode_at(place.block);
}

InodeNo create_system_file(Transaction& transaction, Space& space, SystemFile file, u32 slot,
                           const SystemFileWish& wish) {
  if (file == SystemFile::global_bitmap || file == SystemFile::global_inode_alloc)
    fail(ErrorKind::invalid_argument, "{} cannot be made: nothing can be without it", row_of(file).name);
  const InodeNo system = space.volume().system_directory();
  InodeBirth birth{.mode = file_mode::regular | 0644,
                   .flags = inode_flag::valid | inode_flag::system | row_of(file).flags,
                   .seconds = wish.seconds};
  const std::string name = system_file_name(file, slot);
  if (file == SystemFile::orphan_dir) {
    birth.mode = file_mode::directory | 0755;
    return make_directory(transaction, space, system, name, birth);
  }
  const BlockNo inode = begin(transaction, space, birth);
  fill_system_file(transaction, space, file, wish, inode);
  link_inode(transaction, space, system, name, inode_at(inode));
  return inode_at(inode);
}

void refill_system_file(Transaction& transaction, Space& space, SystemFile file, InodeNo number) {
  const Geometry& geometry = space.volume().geometry();
  const Bytes block = transaction.edit_as(block_of(number), Inode::kind);
  const Bytes body = Inode::body(block);
  for (ExtentRecord& record : ExtentList::records(body)) {
    if (record.clusters > 0)
      space.free_clusters(transaction, geometry.cluster_of(BlockNo(record.block)), record.clusters);
    record = ExtentRecord{};
  }
  as<ExtentList>(body).used = 0;
  Inode& inode = as<Inode>(block);
  inode.clusters = 0;
  inode.size = 0;
  fill_system_file(transaction, space, file, {}, block_of(number));
}

void link_inode(Transaction& transaction, Space& space, InodeNo parent, std::string_view name,
                InodeNo number) {
  const std::string& volume = space.volume().name();
  if (!is_legal_name(name) || name == "." || name == "..")
    fail(ErrorKind::invalid_argument, "{}: \"{}\" cannot be a name", volume, name);
  DirectoryEditor directory(transaction, space, parent);
  if (directory.find(name))
    fail(ErrorKind::invalid_argument, "{}: directory {} has a \"{}\" already", volume, parent.value, name);
  const u16 mode = transaction.read<Inode>(block_of(number))->mode;
  directory.add(name, number, entry_type_of(mode));
  count_link(transaction, space.volume(), number);
  if (entry_type_of(mode) != EntryType::directory) return;
  DirectoryEditor(transaction, space, number).replace("..", parent, EntryType::directory);
  count_link(transaction, space.volume(), parent);
}

InodeNo make_directory(Transaction& transaction, Space& space, InodeNo parent, std::string_view name,
                       InodeBirth birth) {
  birth.mode = file_mode::directory | (birth.mode & ~file_mode::type_mask);
  birth.links = 1;  // its own `.`
  const InodeNo number = create_directory(transaction, space, birth, parent);
  link_inode(transaction, space, parent, name, number);
  return number;
}

}  // namespace ocfs2
