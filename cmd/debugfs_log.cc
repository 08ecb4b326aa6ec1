// SPDX-License-Identifier: GPL-2.0-or-later
//
// logdump of debugfs.ocfs2: every block of a slot's journal, old transactions included, as what it is (spec:
// commands.md 4.2).
#include <fmt/format.h>

#include <algorithm>

#include "cmd/debugfs.h"
#include "cmd/debugfs_blocks.h"
#include "cmd/debugfs_json.h"
#include "cmd/debugfs_walk.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "engine/volume/file_data.h"
#include "ondisk/directory.h"
#include "ondisk/index.h"
#include "ondisk/jbd2.h"
#include "ondisk/refcount.h"
#include "ondisk/super_inode.h"
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

/// The journal of a slot, block by block.
class Log {
 public:
  Log(DebugSession& session, Words words)
      : block_size_(session.volume().geometry().block_size()),
        data_(session.volume(), session.volume().system_file(SystemFile::journal, slot_of(session, words))) {}

  u64 blocks() { return data_.size() / block_size_; }

  /// The first block, as long as the structure in it.
  std::vector<u8> super() {
    std::vector<u8> block(std::max<u64>(block_size_, journal_super_bytes));
    data_.read(0, block);
    return block;
  }

  /// The blocks behind it of which one can tell what they are.
  void each_known(const std::function<void(u64 at, ConstBytes block)>& use) {
    std::vector<u8> block(block_size_);
    for (u64 at = 1; at < blocks(); ++at) {
      data_.read(at * block_size_, block);
      if (is_of_log(block) || kind_by_signature(block) != nullptr) use(at, block);
    }
  }

  static bool is_of_log(ConstBytes block) { return as<JournalHeader>(block).magic == journal_magic; }

 private:
  static u32 slot_of(DebugSession& session, Words words) {
    if (!words.empty() && words[0] == "-T") words = words.subspan(1);
    const auto slot = number_from(only_word(words));
    if (!slot || *slot >= session.volume().facts().max_slots)
      fail(ErrorKind::invalid_argument, "Invalid node slot number");
    return static_cast<u32>(*slot);
  }

  u64 block_size_;
  FileData data_;
};

class LogDump {
 public:
  explicit LogDump(DebugSession& session) : out_(session.out), volume_(session.volume()) {}

  void run(Log log) {
    const auto super = log.super();
    show_super(as<JournalSuperBlock>(ConstBytes(super)));
    u64 next = 1;
    log.each_known([&](u64 at, ConstBytes block) {
      show_unknown(next, at);
      next = at + 1;
      fmt::print(out_, "\tBlock {}: ", at);
      Log::is_of_log(block) ? show_log_block(block) : show_copy(block);
      fmt::print(out_, "\n");
    });
    show_unknown(next, log.blocks());
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

  /// The copy of a block of the volume.
  void show_copy(ConstBytes block) {
    const Features features = volume_.features();
    const BlockKind* const kind = kind_by_signature(block);
    if (kind == &Inode::kind || kind == &SuperInode::kind) {
      fmt::print(out_, "Inode\n");
      show_inode(out_, features, block);
      show_inode_lists(out_, block);
    } else if (kind == &ExtentBlock::kind) {
      fmt::print(out_, "Extent\n");
      show_extent_block(out_, features, block);
      show_extent_list(out_, ExtentBlock::list_bytes(block));
    } else if (kind == &GroupDescriptor::kind) {
      fmt::print(out_, "Group\n");
      show_group(out_, features, block, 0);
    } else if (kind == &XattrBlock::kind) {
      fmt::print(out_, "Xattr\n");
      if (!as<XattrBlock>(block).is_indexed()) show_attributes(out_, XattrBlock::container(block));
    } else if (kind == &RefcountBlock::kind) {
      fmt::print(out_, "Refcount\n");
      show_refcount_block(out_, features, block);
    } else if (kind == &IndexRoot::kind) {
      fmt::print(out_, "DxRoot\n");
      show_index_root(out_, features, block);
    } else if (kind == &IndexLeaf::kind) {
      fmt::print(out_, "DxLeaf\n");
      show_index_leaf(out_, features, block);
    } else {
      fmt::print(out_, "Dirblock\n");
      show_directory_block(out_, features, block);
    }
  }

  void show_unknown(u64 first, u64 end) {
    if (first >= end) return;
    const std::string range = end - first == 1 ? "" : fmt::format(" to {}", end - 1);
    fmt::print(out_, "\tBlock {}{}: Unknown -- Probably Data\n\n", first, range);
  }

  std::FILE* out_;
  Volume& volume_;
  JournalFormat format_{};
};

void dump_log(DebugSession& session, Words words) { LogDump(session).run(Log(session, words)); }

void write_log_block(JsonWriter& json, ConstBytes block, JournalFormat format) {
  const auto& header = as<JournalHeader>(block);
  const auto members = [&]<class Block>(std::string_view kind, const Block*) {
    json.field("kind", kind);
    write_fields(json, [&](const FieldVisitor& visit) { describe_structure<Block>(block, "", visit); });
  };
  if (header.is(JournalBlock::descriptor)) {
    members("journal descriptor", &header);
    json.begin_array("tags");
    for (const JournalTag& tag : read_tags(block, format)) {
      json.begin_object().field("block", tag.block.value).field("flags", tag.flags);
      json.field("checksum", tag.checksum).end_object();
    }
    json.end_array();
  } else if (header.is(JournalBlock::commit)) {
    members("journal commit", static_cast<const CommitBlock*>(nullptr));
  } else if (header.is(JournalBlock::revoke)) {
    members("journal revoke", static_cast<const RevokeBlock*>(nullptr));
    json.begin_array("revoked");
    for (const BlockNo revoked : read_revokes(block, format)) json.value(revoked.value);
    json.end_array();
  } else {
    members("unknown journal block", &header);
  }
}

/// Blocks that are probably data are left out.
void write_log(DebugSession& session, Words words, JsonWriter& json) {
  Log log(session, words);
  const auto super = log.super();
  const JournalFormat format{as<JournalSuperBlock>(ConstBytes(super)).incompat()};
  json.begin_object("superblock");
  write_fields(json,
               [&](const FieldVisitor& visit) { describe_structure<JournalSuperBlock>(super, "", visit); });
  json.end_object().begin_array("blocks");
  log.each_known([&](u64 at, ConstBytes block) {
    json.begin_object().field("log_block", at);
    if (Log::is_of_log(block))
      write_log_block(json, block, format);
    else
      write_block(json, session.volume().features(), *kind_by_signature(block), block);
    json.end_object();
  });
  json.end_array();
}

constexpr DebugCommand commands[] = {
    {"logdump", "logdump [-T] <slot#>", "Show the journal of a slot", dump_log, write_log},
};

}  // namespace

std::span<const DebugCommand> log_commands() { return commands; }

}  // namespace ocfs2
