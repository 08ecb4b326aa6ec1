// SPDX-License-Identifier: GPL-2.0-or-later
//
// logdump of debugfs.ocfs2: every block of a slot's journal, old transactions included, as what it is (spec:
// commands.md 4.2).
#include <fmt/format.h>

#include <algorithm>

#include "cmd/debugfs.h"
#include "cmd/debugfs_blocks.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "engine/volume/file_data.h"
#include "ondisk/directory.h"
#include "ondisk/index.h"
#include "ondisk/jbd2.h"
#include "ondisk/refcount.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

constexpr std::string_view type_names[] = {"none",
                                           "JBD2_DESCRIPTOR_BLOCK",
                                           "JBD2_COMMIT_BLOCK",
                                           "JBD2_SUPERBLOCK_V1",
                                           "JBD2_SUPERBLOCK_V2",
                                           "JBD2_REVOKE_BLOCK"};

/// The names that these lines have always had; every other bit is "unknown".
constexpr FlagName compat_names[] = {{journal_feature::compat_checksum, "checksum "}};
constexpr FlagName incompat_names[] = {{journal_feature::revoke, "revoke "},
                                       {journal_feature::wide_blocks, "block64 "},
                                       {journal_feature::async_commit, "async-commit "},
                                       {journal_feature::checksum_v2, "checksum-v2 "},
                                       {journal_feature::checksum_v3, "checksum-v3 "}};
constexpr FlagName tag_names[] = {{tag_flag::escaped, "JBD2_FLAG_ESCAPE "},
                                  {tag_flag::same_uuid, "JBD2_FLAG_SAME_UUID "},
                                  {tag_flag::deleted, "JBD2_FLAG_DELETED "},
                                  {tag_flag::last, "JBD2_FLAG_LAST_TAG"}};

std::string names_of(std::span<const FlagName> names, u32 flags) {
  std::string text;
  for (const FlagName& name : names) {
    if ((flags & name.bit) != 0) text += name.name;
    if (name.name == "block64 " && (flags & name.bit) == 0) text += "block32 ";
    flags &= ~static_cast<u32>(name.bit);
  }
  return flags == 0 ? text : text + "unknown";
}

std::string uuid_digits(ConstBytes bytes) {
  std::string text;
  for (const u8 byte : bytes) text += fmt::format("{:02X}", byte);
  return text;
}

class LogDump {
 public:
  LogDump(DebugSession& session, u32 slot)
      : out_(session.out),
        volume_(session.volume()),
        data_(volume_, volume_.system_file(SystemFile::journal, slot)) {}

  void run() {
    const u64 block_size = volume_.geometry().block_size(), blocks = data_.size() / block_size;
    std::vector<u8> block(std::max<u64>(block_size, journal_super_bytes));
    data_.read(0, block);
    show_super(as<JournalSuperBlock>(ConstBytes(block)));
    block.resize(block_size);
    for (u64 at = 1; at < blocks; ++at) {
      data_.read(at * block_size, block);
      if (!is_known(block)) {
        if (!unknown_) unknown_ = at;
        continue;
      }
      show_unknown(at);
      fmt::print(out_, "\tBlock {}: ", at);
      as<JournalHeader>(ConstBytes(block)).magic == journal_magic ? show_log_block(block) : show_copy(block);
      fmt::print(out_, "\n");
    }
    show_unknown(blocks);
  }

 private:
  void show_header(const JournalHeader& header) {
    const u32 type = header.type;
    fmt::print(out_, "\tSeq: {}   Type: {} ({})\n", u32{header.sequence}, type,
               type_names[type < std::size(type_names) ? type : 0]);
  }

  void show_super(const JournalSuperBlock& super) {
    fmt::print(out_, "\tBlock 0: Journal Superblock\n");
    show_header(super.header);
    fmt::print(out_, "\tBlocksize: {}   Total Blocks: {}   First Block: {}\n", u32{super.block_size},
               u32{super.blocks}, u32{super.first});
    fmt::print(out_, "\tFirst Commit ID: {}   Start Log Blknum: {}\n\tError: {}\n", u32{super.sequence},
               u32{super.start}, static_cast<s32>(u32{super.error_number}));
    fmt::print(out_, "\tFeature Compat: {} {}\n", u32{super.feature_compat},
               names_of(compat_names, super.feature_compat));
    fmt::print(out_, "\tFeature Incompat: {} {}\n", u32{super.feature_incompat},
               names_of(incompat_names, super.feature_incompat));
    fmt::print(out_, "\tFeature RO compat: {} {}\n", u32{super.feature_ro_compat},
               names_of({}, super.feature_ro_compat));
    fmt::print(out_, "\tJournal UUID: {}\n", uuid_digits(super.uuid));
    fmt::print(out_, "\tFS Share Cnt: {}   Dynamic Superblk Blknum: {}\n", u32{super.users},
               u32{super.dynamic_super});
    fmt::print(out_, "\tPer Txn Block Limit    Journal: {}    Data: {}\n\n", u32{super.max_transaction},
               u32{super.max_transaction_data});
    format_ = {super.incompat()};
  }

  void show_log_block(ConstBytes block) {
    const auto& header = as<JournalHeader>(block);
    if (header.is(JournalBlock::descriptor)) {
      fmt::print(out_, "Journal Descriptor\n");
      show_header(header);
      show_tags(block);
    } else if (header.is(JournalBlock::commit)) {
      fmt::print(out_, "Journal Commit Block\n");
      show_header(header);
    } else if (header.is(JournalBlock::revoke)) {
      fmt::print(out_, "Journal Revoke Block\n");
      show_header(header);
      fmt::print(out_, "\tr_count:\t\t{}\n", u32{as<RevokeBlock>(block).used});
      u32 index = 0;
      for (const BlockNo revoked : read_revokes(block, format_))
        fmt::print(out_, "\trevoke[{}]:\t\t{}\n", index++, revoked.value);
    } else {
      fmt::print(out_, "Unknown Block Type\n");
    }
  }

  void show_tags(ConstBytes block) {
    fmt::print(out_, "\t{:>3} {:<15} {}\n", "No.", "Blocknum", "Flags");
    std::size_t at = sizeof(JournalHeader);
    u32 index = 0;
    for (const JournalTag& tag : read_tags(block, format_)) {
      fmt::print(out_, "\t{:>2}. {:<15} {}\n", index++, tag.block.value,
                 tag.flags == 0 ? "none" : names_of(tag_names, tag.flags));
      at += format_.tag_bytes();
      if ((tag.flags & (tag_flag::same_uuid | tag_flag::last)) != 0 || at + 16 > block.size()) continue;
      fmt::print(out_, "\tUUID: {}\n", uuid_digits(block.subspan(at, 16)));
      at += 16;
    }
  }

  template <std::size_t size>
  static bool begins(ConstBytes block, const char (&signature)[size]) {
    return matches(as<Signature>(block), signature);
  }
  static bool is_directory_block(ConstBytes block) {
    return matches(DirectoryBlock::trailer(block).signature, DirectoryTrailer::signature_text);
  }
  static bool is_known(ConstBytes block) {
    return as<JournalHeader>(block).magic == journal_magic || begins(block, Inode::signature_text) ||
           begins(block, SuperInode::signature_text) || begins(block, ExtentBlock::signature_text) ||
           begins(block, GroupDescriptor::signature_text) || begins(block, XattrBlock::signature_text) ||
           begins(block, RefcountBlock::signature_text) || begins(block, IndexRoot::signature_text) ||
           begins(block, IndexLeaf::signature_text) || is_directory_block(block);
  }

  /// The copy of a block of the volume.
  void show_copy(ConstBytes block) {
    const Features features = volume_.features();
    if (begins(block, Inode::signature_text) || begins(block, SuperInode::signature_text)) {
      fmt::print(out_, "Inode\n");
      show_inode(out_, features, block);
      show_inode_lists(out_, block);
    } else if (begins(block, ExtentBlock::signature_text)) {
      fmt::print(out_, "Extent\n");
      show_extent_block(out_, features, block);
      show_extent_list(out_, ExtentBlock::list_bytes(block));
    } else if (begins(block, GroupDescriptor::signature_text)) {
      fmt::print(out_, "Group\n");
      show_group(out_, features, block, 0);
    } else if (begins(block, XattrBlock::signature_text)) {
      fmt::print(out_, "Xattr\n");
      if (!as<XattrBlock>(block).is_indexed()) show_attributes(out_, XattrBlock::container(block));
    } else if (begins(block, RefcountBlock::signature_text)) {
      fmt::print(out_, "Refcount\n");
      show_refcount_block(out_, features, block);
    } else if (begins(block, IndexRoot::signature_text)) {
      fmt::print(out_, "DxRoot\n");
      show_index_root(out_, features, block);
    } else if (begins(block, IndexLeaf::signature_text)) {
      fmt::print(out_, "DxLeaf\n");
      show_index_leaf(out_, features, block);
    } else {
      fmt::print(out_, "Dirblock\n");
      show_directory_block(out_, features, block);
    }
  }

  void show_unknown(u64 end) {
    if (!unknown_) return;
    const std::string range = end - *unknown_ == 1 ? "" : fmt::format(" to {}", end - 1);
    fmt::print(out_, "\tBlock {}{}: Unknown -- Probably Data\n\n", *unknown_, range);
    unknown_.reset();
  }

  std::FILE* out_;
  Volume& volume_;
  FileData data_;
  JournalFormat format_{};
  std::optional<u64> unknown_;  ///< the first of blocks of which nothing is known
};

void dump_log(DebugSession& session, Words words) {
  if (!words.empty() && words[0] == "-T") words = words.subspan(1);
  const auto slot = number_from(only_word(words));
  if (!slot || *slot >= session.volume().facts().max_slots)
    fail(ErrorKind::invalid_argument, "Invalid node slot number");
  LogDump(session, static_cast<u32>(*slot)).run();
}

constexpr DebugCommand commands[] = {
    {"logdump", "logdump [-T] <slot#>", "Show the journal of a slot", dump_log},
};

}  // namespace

std::span<const DebugCommand> log_commands() { return commands; }

}  // namespace ocfs2
