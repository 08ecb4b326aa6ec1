// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/debugfs_show.h"

#include <fmt/format.h>

#include <ctime>

#include "cmd/debugfs_walk.h"
#include "cmd/owner_names.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {
namespace {

/// "Sat Nov 21 01:58:05 2026", or nothing for times that no calendar has.
std::string calendar_text(u64 seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  char buffer[32];
  if (ctime_r(&time, buffer) == nullptr) return {};
  const std::string_view text = buffer;
  return std::string(text.substr(0, text.find('\n')));
}

/// The same with nanoseconds before the year.
std::string calendar_text(u64 seconds, u32 nanoseconds) {
  std::string text = calendar_text(seconds);
  const std::size_t blank = text.rfind(' ');
  return blank == std::string::npos ? text : text.insert(blank, fmt::format(".{}", nanoseconds));
}

std::string names_of(std::span<const FlagName> names, u64 flags) {
  std::string text;
  for (const FlagName& row : names)
    if ((flags & row.bit) != 0) text.append(row.name).append(" ");
  return text;
}

/// Features of one word, without the blank behind the last.
std::string feature_words(const Features& features) {
  std::string text = feature_list_text(features);
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

/// The names that these lines have always had, which are not quite those of the flags.
constexpr FlagName shown_inode_flags[] = {
    {inode_flag::valid, "Valid"},
    {0x2, "Unused2"},
    {inode_flag::orphaned, "Orphan"},
    {0x8, "Unused3"},
    {inode_flag::system, "System"},
    {inode_flag::super_block, "Superblock"},
    {inode_flag::local_alloc, "Localalloc"},
    {inode_flag::bitmap, "Allocbitmap"},
    {inode_flag::journal, "Journal"},
    {inode_flag::heartbeat, "Heartbeat"},
    {inode_flag::chain, "Chain"},
    {inode_flag::truncate_log, "Dealloc"},
};
constexpr FlagName shown_tunefs_flags[] = {{SuperBlock::tunefs_removing_slots, "remove-slot"},
                                           {SuperBlock::tunefs_adding_trailers, "dir-trailer"}};

std::string_view type_name(const Inode& inode) {
  switch (inode.type()) {
    case file_mode::regular:
      return "Regular";
    case file_mode::directory:
      return "Directory";
    case file_mode::char_device:
      return "Char Device";
    case file_mode::block_device:
      return "Block Device";
    case file_mode::fifo:
      return "FIFO";
    case file_mode::symlink:
      return "Symbolic Link";
    case file_mode::socket:
      return "Socket";
    default:
      return "Unknown";
  }
}

void show_time(std::FILE* out, std::string_view label, u64 seconds, u32 nanoseconds) {
  fmt::print(out, "\t{}: 0x{:x} 0x{:x} -- {}\n", label, seconds, nanoseconds,
             calendar_text(seconds, nanoseconds));
}

void show_ownership(std::FILE* out, const Inode& inode) {
  fmt::print(out, "\tUser: {} ({})   Group: {} ({})   Size: {}\n", static_cast<s32>(inode.uid),
             user_name(inode.uid), static_cast<s32>(inode.gid), group_name(inode.gid), u64{inode.size});
  fmt::print(out, "\tLinks: {}   Clusters: {}\n", inode.links(), u32{inode.clusters});
}

void show_suballoc(std::FILE* out, const Inode& inode) {
  const std::string slot =
      inode.suballoc_slot == no_slot ? "Global" : std::to_string(u16{inode.suballoc_slot});
  fmt::print(out, "\tSub Alloc Slot: {}   Sub Alloc Bit: {}", slot, u16{inode.suballoc_bit});
  if (inode.suballoc_group != 0) fmt::print(out, "   Sub Alloc Group {}", u64{inode.suballoc_group});
  fmt::print(out, "\n");
}

/// What only some inodes have: an allocator's totals, a journal's state, …
void show_special(std::FILE* out, const Inode& inode) {
  if (inode.has_flag(inode_flag::bitmap))
    fmt::print(out, "\tBitmap Total: {}   Used: {}   Free: {}\n", u32{inode.bitmap.total},
               u32{inode.bitmap.used}, u32{inode.bitmap.total} - u32{inode.bitmap.used});
  if (inode.has_flag(inode_flag::journal))
    fmt::print(out, "\tJournal Flags: {}\n\tRecovery Generation: {}\n",
               (inode.journal.flags & JournalState::dirty) != 0 ? "Dirty " : "",
               u32{inode.journal.recovery_generation});
  if (inode.has_dynamic(dynamic_feature::inline_data)) {
    fmt::print(out, "\tInline Data Max: {}\n", u16{inode.inline_data.count});
  } else if (inode.has_dynamic(dynamic_feature::indexed_dir)) {
    fmt::print(out, "\tIndexed Tree Root: {}\n", u64{inode.index_root});
  }
}

void show_local_alloc(std::FILE* out, const LocalAlloc& window) {
  fmt::print(out, "\tLocal Bitmap Offset: {}   Size: {}\n", u32{window.first_cluster},
             u16{window.bitmap_bytes});
}

void show_truncate_log(std::FILE* out, ConstBytes body) {
  const auto& log = as<TruncateLog>(body);
  fmt::print(out, "\tTotal Records: {}   Used: {}\n", u16{log.count}, u16{log.used});
  fmt::print(out, "\t##   {:<10}   {:<10}\n", "Start Cluster", "Num Clusters");
  u32 index = 0;
  for (const TruncateRecord& record : TruncateLog::records(body))
    fmt::print(out, "\t{:<2}   {:<10}   {:<10}\n", index++, u32{record.start}, u32{record.clusters});
}

void show_chains(std::FILE* out, Volume& volume, ConstBytes list) {
  show_chain_list(out, list);
  BlocksSeen seen;
  for (const ChainRecord& chain : ChainList::chains(list)) {
    fmt::print(out, "\n");
    each_group(volume, chain.block, seen,
               [&](ConstBytes block, u32 index) { show_group(out, volume.features(), block, index); });
  }
}

void show_chain_heading(std::FILE* out, const Features& features, ConstBytes block) {
  const auto& group = as<GroupDescriptor>(block);
  fmt::print(out, "\tGroup Chain: {}   Parent Inode: {}  Generation: {}\n", u16{group.chain},
             u64{group.parent_inode}, u32{group.generation});
  show_check(out, features, block, offsetof(GroupDescriptor, check));
}

}  // namespace

void show_check(std::FILE* out, const Features& features, ConstBytes block, u32 offset) {
  const auto& check = as<BlockCheck>(block.subspan(offset));
  fmt::print(out, "\tCRC32: {:08x}   ECC: {:04x}\n", u32{check.crc}, u16{check.ecc});
  if (!features.has(feature::metaecc)) return;
  const BlockCheck computed = compute_check(block, offset);
  if (computed.crc != check.crc || computed.ecc != check.ecc)
    fmt::print(out, "\t**FAILED CHECKSUM** Computed CRC32: {:08x}   ECC: {:04x}\n", u32{computed.crc},
               u16{computed.ecc});
}

void show_suballoc(std::FILE* out, u32 bit, u32 slot, u64 group) {
  fmt::print(out, "\tSubAlloc Bit: {}   SubAlloc Slot: {}", bit, slot);
  if (group != 0) fmt::print(out, "   SubAlloc Group: {}", group);
  fmt::print(out, "\n");
}

void show_extent_block(std::FILE* out, const Features& features, ConstBytes block) {
  const auto& node = as<ExtentBlock>(block);
  show_suballoc(out, node.suballoc_bit, node.suballoc_slot, node.suballoc_group);
  fmt::print(out, "\tBlknum: {}   Next Leaf: {}\n", u64{node.block}, u64{node.next_leaf});
  show_check(out, features, block, offsetof(ExtentBlock, check));
}

void show_whole_tree(std::FILE* out, Volume& volume, ConstBytes list) {
  show_extent_list(out, list);
  each_tree_block(volume, list, [&](ConstBytes block) {
    show_extent_block(out, volume.features(), block);
    show_extent_list(out, ExtentBlock::list_bytes(block));
  });
}

void show_super(std::FILE* out, const SuperBlock& super) {
  const Features features = super.features();
  fmt::print(out, "\tRevision: {}.{}\n", u16{super.major_revision}, u16{super.minor_revision});
  fmt::print(out, "\tMount Count: {}   Max Mount Count: {}\n", u16{super.mount_count},
             u16{super.max_mount_count});
  fmt::print(out, "\tState: {}   Errors: {}\n", u16{super.state}, u16{super.errors});
  fmt::print(out, "\tCheck Interval: {}   Last Check: {}\n", u32{super.check_interval},
             calendar_text(super.last_check));
  fmt::print(out, "\tCreator OS: {}\n", u32{super.creator_os});
  fmt::print(out, "\tFeature Compat: {} {}\n", features.compat, feature_words({.compat = features.compat}));
  fmt::print(out, "\tFeature Incompat: {} {}\n", features.incompat,
             feature_words({.incompat = features.incompat}));
  fmt::print(out, "\tTunefs Incomplete: {} {}\n", u16{super.tunefs_flag},
             names_of(shown_tunefs_flags, super.tunefs_flag));
  fmt::print(out, "\tFeature RO compat: {} {}\n", features.ro_compat,
             feature_words({.ro_compat = features.ro_compat}));
  fmt::print(out, "\tRoot Blknum: {}   System Dir Blknum: {}\n", u64{super.root_inode},
             u64{super.system_dir_inode});
  fmt::print(out, "\tFirst Cluster Group Blknum: {}\n", u64{super.first_cluster_group});
  fmt::print(out, "\tBlock Size Bits: {}   Cluster Size Bits: {}\n", u32{super.block_bits},
             u32{super.cluster_bits});
  fmt::print(out, "\tMax Node Slots: {}\n", u16{super.max_slots});
  fmt::print(out, "\tExtended Attributes Inline Size: {}\n", u16{super.xattr_inline_size});
  fmt::print(out, "\tLabel: {}\n\tUUID: {}\n", text_of(super.label), uuid_text(super.uuid));
  fmt::print(out, "\tHash: {} (0x{:x})\n", u32{super.uuid_hash}, u32{super.uuid_hash});
  const u32 seeds[] = {super.index_seeds[0], super.index_seeds[1], super.index_seeds[2]};
  fmt::print(out, "\tDX Seeds: {0} {1} {2} (0x{0:08x} 0x{1:08x} 0x{2:08x})\n", seeds[0], seeds[1], seeds[2]);
  if (features.has(feature::userspace_stack) || features.has(feature::clusterinfo)) {
    fmt::print(out, "\tCluster stack: {}\n\tCluster name: {}\n", text_of(super.cluster_stack),
               text_of(super.cluster_name));
  } else {
    fmt::print(out, "\tCluster stack: classic o2cb\n");
  }
  fmt::print(out, "\tCluster flags: {} {}\n", super.stack_flags,
             cluster_identity(super).global_heartbeat ? "Globalheartbeat" : "");
}

void show_inode(std::FILE* out, const Features& features, ConstBytes block) {
  const auto& inode = as<Inode>(block);
  fmt::print(out, "\tInode: {}   Mode: 0{:o}   Generation: {} (0x{:x})\n", u64{inode.block},
             u32{inode.mode} & 0777, u32{inode.generation}, u32{inode.generation});
  fmt::print(out, "\tFS Generation: {0} (0x{0:x})\n", u32{inode.fs_generation});
  show_check(out, features, block, Inode::check_offset);
  fmt::print(out, "\tType: {}   Attr: 0x{:x}   Flags: {}\n", type_name(inode), u32{inode.attributes},
             names_of(shown_inode_flags, inode.flags));
  fmt::print(out, "\tDynamic Features: (0x{:x}) {}\n", u16{inode.dynamic_features},
             names_of(dynamic_feature_names, inode.dynamic_features));
  if (inode.has_dynamic(dynamic_feature::has_xattr))
    fmt::print(out, "\tExtended Attributes Block: {}  Extended Attributes Inline Size: {}\n",
               u64{inode.xattr_block}, u16{inode.xattr_inline_size});
  show_ownership(out, inode);
  show_time(out, "ctime", inode.ctime, inode.ctime_nsec);
  show_time(out, "atime", inode.atime, inode.atime_nsec);
  show_time(out, "mtime", inode.mtime, inode.mtime_nsec);
  fmt::print(out, "\tdtime: 0x{:x} -- {}\n", u64{inode.dtime}, calendar_text(inode.dtime));
  fmt::print(out, "\tRefcount Block: {}\n", u64{inode.refcount_root});
  fmt::print(out, "\tLast Extblk: {}   Orphan Slot: {}\n", u64{inode.last_extent_block},
             u16{inode.orphaned_slot});
  show_suballoc(out, inode);
  show_special(out, inode);
}

void show_inode_body(std::FILE* out, Volume& volume, ConstBytes block) {
  const auto& inode = as<Inode>(block);
  const bool link_in_itself = inode.is_symlink() && inode.clusters == 0;
  if (inode.body_kind() == InodeBody::extent_list && !link_in_itself) {
    show_whole_tree(out, volume, Inode::body(block));
  } else if (inode.has_flag(inode_flag::chain) && !inode.has_flag(inode_flag::local_alloc)) {
    show_chains(out, volume, Inode::body(block));
  } else {
    show_inode_lists(out, block);
  }
}

void show_inode_lists(std::FILE* out, ConstBytes block) {
  const auto& inode = as<Inode>(block);
  const ConstBytes body = Inode::body(block);
  if (inode.has_flag(inode_flag::local_alloc)) {
    show_local_alloc(out, inode.local_alloc);
  } else if (inode.has_flag(inode_flag::chain)) {
    show_chain_list(out, body);
  } else if (inode.is_symlink() && inode.clusters == 0) {
    fmt::print(out, "\tFast Symlink Destination: {}\n", Inode::fast_symlink_target(block));
  } else if (inode.has_flag(inode_flag::truncate_log)) {
    show_truncate_log(out, body);
  } else if (!inode.has_dynamic(dynamic_feature::inline_data)) {
    show_extent_list(out, body);
  }
}

void show_extent_list(std::FILE* out, ConstBytes list) {
  const auto& header = as<ExtentList>(list);
  fmt::print(out, "\tTree Depth: {}   Count: {}   Next Free Rec: {}\n", u16{header.tree_depth},
             u16{header.count}, u16{header.used});
  if (header.used == 0) return;
  u32 index = 0;
  if (header.tree_depth > 0) {
    fmt::print(out, "\t## {:<11}   {:<12}   {}\n", "Offset", "Clusters", "Block#");
    for (const ChildRecord& record : ExtentList::children(list))
      fmt::print(out, "\t{:<2} {:<11}   {:<12}   {}\n", index++, u32{record.cpos}, u32{record.clusters},
                 u64{record.block});
    return;
  }
  fmt::print(out, "\t## {:<11}   {:<12}   {:<13}   {}\n", "Offset", "Clusters", "Block#", "Flags");
  for (const ExtentRecord& record : ExtentList::records(list)) {
    std::string flags = names_of(extent_flag_names, record.flags);
    if (flags.ends_with(' ')) flags.pop_back();
    fmt::print(out, "\t{:<2} {:<11}   {:<12}   {:<13}   0x{:x} {}\n", index++, u32{record.cpos},
               u16{record.clusters}, u64{record.block}, record.flags, flags);
  }
}

void show_chain_list(std::FILE* out, ConstBytes list) {
  const auto& header = as<ChainList>(list);
  fmt::print(out, "\tClusters per Group: {}   Bits per Cluster: {}\n", u16{header.clusters_per_group},
             u16{header.bits_per_cluster});
  fmt::print(out, "\tCount: {}   Next Free Rec: {}\n", u16{header.count}, u16{header.used});
  if (header.used == 0) return;
  fmt::print(out, "\t##   {:<10}   {:<10}   {:<10}   {}\n", "Total", "Used", "Free", "Block#");
  u32 index = 0;
  for (const ChainRecord& chain : ChainList::chains(list))
    fmt::print(out, "\t{:<2}   {:<10}   {:<10}   {:<10}   {}\n", index++, u32{chain.total},
               u32{chain.total} - u32{chain.free}, u32{chain.free}, u64{chain.block});
}

void show_group(std::FILE* out, const Features& features, ConstBytes block, u32 index) {
  const auto& group = as<GroupDescriptor>(block);
  if (index == 0) {
    show_chain_heading(out, features, block);
    fmt::print(out, "\t##   {:<15}   {:<6}   {:<6}   {:<6}   {:<6}   {:<6}\n", "Block#", "Total", "Used",
               "Free", "Contig", "Size");
  }
  fmt::print(out, "\t{:<2}   {:<15}   {:<6}   {:<6}   {:<6}   {:<6}   {:<6}\n", index, u64{group.block},
             u16{group.bits}, u32{group.bits} - u32{group.free_bits}, u16{group.free_bits},
             longest_free_run(block), u16{group.bitmap_bytes});
  if (GroupDescriptor::discontiguous(block)) show_extent_list(out, GroupDescriptor::pieces(block));
}

void show_group_free_bits(std::FILE* out, const Features& features, ConstBytes block, u32 index) {
  const auto& group = as<GroupDescriptor>(block);
  if (index == 0) {
    show_chain_heading(out, features, block);
    fmt::print(out, "\t##   {:<15}   {:<6}   {:<6}   {:<6}   {:<6}   {:<6}   {:<6}\n", "Block#", "Total",
               "Used", "Free", "Contig", "Disk-contig", "Size");
  }
  fmt::print(out, "\t{:<2}   {:<15}   {:<6}   {:<6}   {:<6}   {:<6}   {:<11}   {:<6}\n", index,
             u64{group.block}, u16{group.bits}, u32{group.bits} - u32{group.free_bits}, u16{group.free_bits},
             longest_free_run(block), u16{group.contig_free_bits}, u16{group.bitmap_bytes});
}

u64 longest_free_run(ConstBytes block) {
  return longest_clear_run(GroupDescriptor::bitmap(block), 0, as<GroupDescriptor>(block).bits).count;
}

std::string mode_text(u32 mode) {
  constexpr std::string_view types = "?fc?d?b?-?l?s???";
  const auto execute = [mode](u32 bit, u32 special, char both, char alone) {
    if ((mode & special) != 0) return (mode & bit) != 0 ? both : alone;
    return (mode & bit) != 0 ? 'x' : '-';
  };
  std::string text = "-rwxrwxrwx";
  for (u32 i = 0; i < 9; ++i)
    if ((mode & (0400u >> i)) == 0) text[i + 1] = '-';
  text[0] = types[mode >> 12] == '?' ? '-' : types[mode >> 12];
  text[3] = execute(0100, 04000, 's', 'S');
  text[6] = execute(0010, 02000, 's', 'S');
  text[9] = execute(0001, 01000, 't', 'T');
  return text;
}

void show_entry(std::FILE* out, const DirectoryEntry& entry, std::string_view name) {
  fmt::print(out, "\t{:<15} {:<4} {:<4} {:<2} {}\n", u64{entry.inode}, u16{entry.record_length},
             entry.name_length, entry.file_type, name);
}

void show_long_entry(std::FILE* out, InodeNo number, const Inode& inode, std::string_view name) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto seconds = static_cast<std::time_t>(u64{inode.mtime});
  std::tm time{};
  localtime_r(&seconds, &time);
  fmt::print(out, "\t{:<15} {:>10} {:>3} {:>5} {:>5} {:>15} {:>2}-{}-{:>4} {:02}:{:02} {}\n", number.value,
             mode_text(inode.mode), inode.links(), u32{inode.uid}, u32{inode.gid}, u64{inode.size},
             time.tm_mday, months.substr(static_cast<std::size_t>(time.tm_mon) * 3, 3), 1900 + time.tm_year,
             time.tm_hour, time.tm_min, name);
}

}  // namespace ocfs2
