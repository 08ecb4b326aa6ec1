// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/debugfs_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "cmd/debugfs_blocks.h"
#include "cmd/debugfs_walk.h"
#include "engine/error.h"
#include "engine/volume/directory.h"
#include "engine/volume/extent_tree.h"
#include "engine/volume/xattr_set.h"
#include "ondisk/bitmap.h"
#include "ondisk/check.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/refcount.h"
#include "ondisk/super_inode.h"

namespace ocfs2 {
namespace {

/// Opens and closes objects and arrays as the paths of one field after the other demand.
class FieldWriter {
 public:
  explicit FieldWriter(JsonWriter& json) : json_(json) {}
  ~FieldWriter() { close_to(0); }
  FieldWriter(const FieldWriter&) = delete;
  FieldWriter& operator=(const FieldWriter&) = delete;

  void write(std::string_view path, const Field& field, ConstBytes value) {
    if (field.shape == Shape::reserved) return;
    std::vector<std::string_view> parts;  // a name, "[3]", …
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t end = std::min(path.find_first_of(".[", at + 1), path.size());
      parts.push_back(path.substr(at, end - at));
      at = end + (end < path.size() && path[end] == '.' ? 1 : 0);
    }
    std::size_t same = 0;
    while (same < open_.size() && same + 1 < parts.size() && open_[same] == parts[same]) ++same;
    close_to(same);
    for (std::size_t i = same; i + 1 < parts.size(); ++i) open(parts[i], parts[i + 1]);
    if (!is_index(parts.back())) return write_member(parts.back(), field, value);
    write_value(field, value);
  }

 private:
  static bool is_index(std::string_view part) { return part.starts_with('['); }

  void open(std::string_view part, std::string_view next) {
    if (!is_index(part)) json_.key(part);
    is_index(next) ? json_.begin_array() : json_.begin_object();
    open_.emplace_back(part);
    arrays_.push_back(is_index(next));
  }
  void close_to(std::size_t depth) {
    for (; open_.size() > depth; open_.pop_back(), arrays_.pop_back())
      arrays_.back() ? json_.end_array() : json_.end_object();
  }

  static std::string text_in(ConstBytes value) {
    return {value.begin(), std::find(value.begin(), value.end(), 0)};
  }
  void write_member(std::string_view name, const Field& field, ConstBytes value) {
    if (field.shape == Shape::text) {
      json_.field(name, text_in(value));
    } else {
      json_.key(name);
      write_value(field, value);
    }
  }
  void write_value(const Field& field, ConstBytes value) {
    if (field.shape == Shape::text) {
      json_.value(text_in(value));
    } else if (field.is_number() && value.size() <= 8) {
      json_.value(field.number_of(value));
    } else {
      std::string digits;
      for (const u8 byte : value) fmt::format_to(std::back_inserter(digits), "{:02x}", byte);
      json_.value(digits);
    }
  }

  JsonWriter& json_;
  std::vector<std::string> open_;
  std::vector<bool> arrays_;
};

void write_checksum(JsonWriter& json, const Features& features, const BlockKind& kind, ConstBytes block) {
  if (!features.has(feature::metaecc) || kind.check_offset == BlockKind::no_check) return;
  const auto offset = static_cast<u32>(
      kind.check_offset >= 0 ? kind.check_offset : static_cast<s64>(block.size()) + kind.check_offset);
  const auto& check = as<BlockCheck>(block.subspan(offset));
  const BlockCheck computed = compute_check(block, offset);
  const bool good = computed.crc == check.crc && computed.ecc == check.ecc;
  json.field("checksum_good", good);
  if (!good) json.field("computed_crc32", u32{computed.crc}).field("computed_ecc", u16{computed.ecc});
}

/// One of an array.
void write_element(JsonWriter& json, const Volume& volume, const BlockKind& kind, ConstBytes block) {
  json.begin_object();
  write_block(json, volume.features(), kind, block);
  json.end_object();
}
UseBlock into_array(JsonWriter& json, const Volume& volume, const BlockKind& kind) {
  return [&](ConstBytes block) { write_element(json, volume, kind, block); };
}

void write_chain_groups(JsonWriter& json, Volume& volume, ConstBytes list) {
  json.begin_array("groups");
  BlocksSeen seen;
  for (const ChainRecord& chain : ChainList::chains(list))
    each_group(volume, chain.block, seen, [&](ConstBytes block, u32) {
      json.begin_object().field("longest_free_run", longest_free_run(block));
      write_block(json, volume.features(), GroupDescriptor::kind, block);
      json.end_object();
    });
  json.end_array();
}

void write_tree_blocks(JsonWriter& json, Volume& volume, ConstBytes list) {
  json.begin_array("extent_blocks");
  each_tree_block(volume, list, into_array(json, volume, ExtentBlock::kind));
  json.end_array();
}

/// An inode and what its body leads to.
void write_inode(JsonWriter& json, Volume& volume, ConstBytes block, bool traverse) {
  const auto& inode = as<Inode>(block);
  json.begin_object("inode");
  write_block(json, volume.features(), Inode::kind, block);
  json.end_object();
  if (!traverse) return;
  if (inode.has_flag(inode_flag::chain) && !inode.has_flag(inode_flag::local_alloc))
    write_chain_groups(json, volume, Inode::body(block));
  else if (inode.body_kind() == InodeBody::extent_list)
    write_tree_blocks(json, volume, Inode::body(block));
}

void write_entry(JsonWriter& json, DebugSession& session, const DirectoryEntry& entry, std::string_view name,
                 bool details) {
  json.begin_object();
  write_fields(json, [&](const FieldVisitor& visit) {
    describe_structure<DirectoryEntry>(bytes_of(entry), "", visit);
  });
  json.field("name", name);
  if (details) {
    const auto block = session.inode_block(InodeNo(entry.inode));
    const auto& inode = as<Inode>(ConstBytes(block));
    json.field("i_mode", u16{inode.mode}).field("links", inode.links()).field("i_uid", u32{inode.uid});
    json.field("i_gid", u32{inode.gid}).field("i_size", u64{inode.size});
    json.field("i_mtime", u64{inode.mtime});
  }
  json.end_object();
}

/// The one block that the word means, as members.
template <class Block>
void write_one(DebugSession& session, Words words, JsonWriter& json) {
  Volume& volume = session.volume();
  const BlockNo at = block_word(session, only_word(words));
  const auto block = read_unjudged(volume, at, Block::signature_text, Block::kind.name);
  write_block(json, volume.features(), Block::kind, block);
}

}  // namespace

void write_fields(JsonWriter& json, const std::function<void(const FieldVisitor&)>& describe) {
  FieldWriter writer(json);
  describe([&](const std::string& path, const Field& field, ConstBytes value) {
    writer.write(path, field, value);
  });
}

void write_block(JsonWriter& json, const Features& features, const BlockKind& kind, ConstBytes block) {
  json.field("kind", kind.name);
  write_checksum(json, features, kind, block);
  write_fields(json, [&](const FieldVisitor& visit) { describe(block, kind, visit); });
}

void write_super(DebugSession& session, Words words, JsonWriter& json) {
  const FoundSuper found = asked_super(session, words);
  write_block(json, found.super().features(), SuperInode::kind, found.bytes);
}

void write_stat(DebugSession& session, Words words, JsonWriter& json) {
  bool traverse = true;
  if (!words.empty() && (words[0] == "-t" || words[0] == "-T")) {
    traverse = words[0] == "-t";
    words = words.subspan(1);
  }
  const auto block = session.inode_block(session.filespec(only_word(words)));
  write_inode(json, session.volume(), block, traverse);
}

void write_system_directory(DebugSession& session, Words, JsonWriter& json) {
  Volume& volume = session.volume();
  json.begin_object("superblock");
  write_block(json, volume.features(), SuperInode::kind, volume.found_super().bytes);
  json.end_object().begin_array("files");
  u32 damaged = 0;
  Directory(volume, volume.system_directory()).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (name == "..") return true;
    json.begin_object().field("name", name);
    const std::size_t depth = json.depth();
    try {
      write_inode(json, volume, session.inode_block(InodeNo(entry.inode)), true);
    } catch (const Error& error) {
      json.end_to(depth).field("error", std::string_view(error.what()));
      ++damaged;
    }
    json.end_object();
    return true;
  });
  json.end_array();
  if (damaged > 0) fail(ErrorKind::corrupt, "{} of the system files could not be shown as a whole", damaged);
}

void write_entries(DebugSession& session, Words words, JsonWriter& json) {
  const bool details = !words.empty() && words[0] == "-l";
  if (details) words = words.subspan(1);
  const InodeNo number = session.filespec(words.empty() ? "." : only_word(words));
  json.begin_array("entries");
  Directory(session.volume(), number).each([&](const DirectoryEntry& entry, std::string_view name) {
    write_entry(json, session, entry, name, details);
    return true;
  });
  json.end_array();
}

void write_directory_blocks(DebugSession& session, Words words, JsonWriter& json) {
  Volume& volume = session.volume();
  json.begin_array("blocks");
  each_directory_block(volume, session.filespec(only_word(words)), [&](BlockNo at, ConstBytes block) {
    const bool trailer = kind_by_signature(block) == &DirectoryBlock::kind;
    json.begin_object().field("block", at.value);
    write_block(json, volume.features(), trailer ? DirectoryBlock::kind : PlainDirectoryBlock::kind, block);
    json.end_object();
  });
  json.end_array();
}

void write_extent(DebugSession& session, Words words, JsonWriter& json) {
  write_one<ExtentBlock>(session, words, json);
}

void write_groups(DebugSession& session, Words words, JsonWriter& json) {
  Volume& volume = session.volume();
  const BlockNo first = block_word(session, only_word(words));
  json.begin_array("groups");
  BlocksSeen seen;
  each_group(volume, first.value, seen, [&](ConstBytes block, u32) {
    json.begin_object().field("longest_free_run", longest_free_run(block));
    write_block(json, volume.features(), GroupDescriptor::kind, block);
    json.end_object();
  });
  json.end_array();
}

void write_free_runs(DebugSession& session, Words words, JsonWriter& json) {
  const BlockNo first = block_word(session, only_word(words));
  json.begin_array("groups");
  BlocksSeen seen;
  each_group(session.volume(), first.value, seen, [&](ConstBytes block, u32) {
    const auto& group = as<GroupDescriptor>(block);
    const ConstBytes bitmap = GroupDescriptor::bitmap(block);
    const u32 bits = std::min<u32>(group.bits, static_cast<u32>(bitmap.size()) * 8);
    json.begin_object().field("bg_blkno", u64{group.block}).field("bg_bits", u16{group.bits});
    json.field("bg_free_bits_count", u16{group.free_bits}).begin_array("free");
    for (BitRun run = next_clear_run(bitmap, 0, bits); run.count > 0;
         run = next_clear_run(bitmap, run.first + run.count, bits))
      json.begin_object().field("start", run.first).field("length", run.count).end_object();
    json.end_array().end_object();
  });
  json.end_array();
}

void write_free_bits(DebugSession& session, Words words, JsonWriter& json) {
  if (asks_to_save(words)) json.field("corrected_groups", save_free_bits(session));
  write_inode(json, session.volume(), session.inode_block(session.filespec("//global_bitmap")), true);
}

void write_index_root(DebugSession& session, Words words, JsonWriter& json) {
  write_one<IndexRoot>(session, words, json);
}

void write_index_leaf(DebugSession& session, Words words, JsonWriter& json) {
  write_one<IndexLeaf>(session, words, json);
}

void write_index(DebugSession& session, Words words, JsonWriter& json) {
  Volume& volume = session.volume();
  const auto root = index_root_of(session, session.filespec(only_word(words)));
  json.key("root");
  if (!root) {
    json.value(nullptr);
    return;
  }
  write_element(json, volume, IndexRoot::kind, *root);
  json.begin_array("leaves");
  if (!as<IndexRoot>(ConstBytes(*root)).is_inline())
    each_index_leaf(volume, *root, into_array(json, volume, IndexLeaf::kind));
  json.end_array();
}

void write_index_space(DebugSession& session, Words words, JsonWriter& json) {
  Volume& volume = session.volume();
  const auto root = index_root_of(session, session.filespec(only_word(words)));
  json.field("indexed", root.has_value()).begin_array("trailers");
  if (root)
    each_block_with_room(volume, *root, [&](ConstBytes block) {
      json.begin_object();
      write_fields(json, [&](const FieldVisitor& visit) {
        describe_structure<DirectoryTrailer>(block.last(sizeof(DirectoryTrailer)), "", visit);
      });
      json.end_object();
    });
  json.end_array();
}

void write_refcount(DebugSession& session, Words words, JsonWriter& json) {
  const bool extents = !words.empty() && words[0] == "-e";
  if (extents) words = words.subspan(1);
  Volume& volume = session.volume();
  const auto root = read_unjudged(volume, refcount_root(session, only_word(words)),
                                  RefcountBlock::signature_text, RefcountBlock::kind.name);
  json.key("root");
  write_element(json, volume, RefcountBlock::kind, root);
  if (!as<RefcountBlock>(ConstBytes(root)).is_tree()) return;
  const ConstBytes list = RefcountBlock::list_bytes(ConstBytes(root));
  if (extents) write_tree_blocks(json, volume, list);
  json.begin_array("leaves");
  ExtentTree(volume.cache(), list, "the refcount tree").each_run([&](const ExtentRun& run) {
    const auto leaf =
        read_unjudged(volume, run.block, RefcountBlock::signature_text, RefcountBlock::kind.name);
    write_element(json, volume, RefcountBlock::kind, leaf);
    return true;
  });
  json.end_array();
}

void write_attributes(DebugSession& session, Words words, JsonWriter& json) {
  if (!words.empty() && words[0] == "-v") words = words.subspan(1);
  Volume& volume = session.volume();
  const InodeNo number = session.filespec(only_word(words));
  json.begin_array("containers");
  XattrSet(volume, volume.any_inode(number))
      .each_container([&](BlockNo at, XattrContainer form, ConstBytes bytes) {
        json.begin_object().field("block", at.value);
        json.field("form", form == XattrContainer::bucket ? "bucket"
                           : at == block_of(number)       ? "inline"
                                                          : "block");
        write_fields(json, [&](const FieldVisitor& visit) { describe_xattr_container(bytes, "", visit); });
        json.end_object();
        return true;
      });
  json.end_array();
}

}  // namespace ocfs2
