// SPDX-License-Identifier: GPL-2.0-or-later
//
// Directory entries and the areas that they fill (spec: ondisk.md 7.1 to 7.3).
//
// An area is a run of entries that fills it exactly: a directory block, a block without its 64-byte trailer,
// or the inline data of a directory. All functions here work on the bytes of one area, and trust none of
// them.
#pragma once

#include <algorithm>
#include <optional>

#include "ondisk/check.h"
#include "ondisk/judgement.h"
#include "ondisk/signature.h"

namespace ocfs2 {

inline constexpr u32 name_length_max = 255;

/// file_type of an entry.
enum class EntryType : u8 { unknown, regular, directory, char_device, block_device, fifo, socket, symlink };
/// The entry type for an inode's mode.
EntryType entry_type_of(u16 mode);

struct DirectoryEntry {
  static constexpr u32 header_bytes = 12;
  static constexpr u32 smallest = 16;

  le64 inode;          ///< 0: free space
  le16 record_length;  ///< bytes to the next entry
  u8 name_length;
  u8 file_type;        ///< EntryType

  /// Bytes that an entry with a name of `name_length` bytes needs. Damaged ones with no name need the
  /// smallest entry.
  static constexpr u32 needed(u32 name_length) {
    return std::max(smallest, (header_bytes + name_length + 3) & ~3u);
  }
  bool free() const { return inode == 0; }
  /// Room that a new entry could take from this one; 0 when it is less than the smallest entry.
  u32 hole() const;
};

/// The last 64 bytes of a directory block, on volumes with metaecc and in indexed directories.
struct DirectoryTrailer {
  static constexpr char signature_text[8] = "DIRTRL1";

  le64 compat_inode;          ///< 0: for an old reader the trailer is a free entry
  le16 compat_record_length;  ///< 64
  u8 compat_name_length;
  u8 reserved1;
  le16 reserved2;
  le16 free_record_length;    ///< the largest hole of the block, 0: not on the free list
  Signature signature;
  le64 reserved3;
  le64 free_next;             ///< next block of the free list, 0: last
  le64 block;                 ///< own block number
  le64 parent_inode;          ///< the directory
  BlockCheck check;
};

/// A block of entries up to a trailer. Laid over a block, this type is its first entry.
struct DirectoryBlock : DirectoryEntry {
  static ConstBytes area(ConstBytes block) { return block.first(block.size() - sizeof(DirectoryTrailer)); }
  static Bytes area(Bytes block) { return block.first(block.size() - sizeof(DirectoryTrailer)); }
  static const DirectoryTrailer& trailer(ConstBytes block) {
    return as<DirectoryTrailer>(block.last(sizeof(DirectoryTrailer)));
  }
  static DirectoryTrailer& trailer(Bytes block) {
    return as<DirectoryTrailer>(block.last(sizeof(DirectoryTrailer)));
  }
  static const BlockKind kind;
};

/// A block of entries without a trailer: the area is the whole block.
struct PlainDirectoryBlock : DirectoryEntry {
  static const BlockKind kind;
};

inline const BlockKind& directory_block_kind(bool trailer) {
  return trailer ? DirectoryBlock::kind : PlainDirectoryBlock::kind;
}
/// The part of a directory block that entries fill.
inline ConstBytes directory_area(ConstBytes block, bool trailer) {
  return trailer ? DirectoryBlock::area(block) : block;
}
inline Bytes directory_area(Bytes block, bool trailer) {
  return trailer ? DirectoryBlock::area(block) : block;
}

/// Goes from entry to entry and stops at the end of the area, or at the first entry that cannot be one.
///
///     EntryWalk walk(area);
///     while (walk.next()) use(walk.entry(), walk.name());
///     if (walk.broken()) ...  // the rest from walk.offset() on is no entry
class EntryWalk {
 public:
  explicit EntryWalk(ConstBytes area) : area_(area) {}

  bool next();
  u32 offset() const { return offset_; }  ///< of the entry, or of what is no entry
  const DirectoryEntry& entry() const { return as<DirectoryEntry>(area_.subspan(offset_)); }
  std::string_view name() const;  ///< meaningful for entries in use only
  /// True when the walk stopped before the end of the area.
  bool broken() const { return broken_; }

 private:
  ConstBytes area_;
  u32 offset_ = 0;
  bool begun_ = false;
  bool broken_ = false;
};

/// True when the bytes at `offset` are an entry: length at least 16 and what its name needs, a multiple of 4,
/// inside the area.
bool is_entry(ConstBytes area, u32 offset);
/// True when names may contain these bytes: 1 to 255, neither '/' nor NUL.
bool is_legal_name(std::string_view name);

/// Offset of the entry in use with this name.
std::optional<u32> find_entry(ConstBytes area, std::string_view name);
/// Puts an entry into the first hole that is large enough; its offset, or nothing when there is none.
std::optional<u32> insert_entry(Bytes area, std::string_view name, InodeNo inode, EntryType type);
/// Removes the entry at `offset`: its room goes to the entry before it. False when no entry begins there.
bool remove_entry(Bytes area, u32 offset);
/// Gives the entry at `offset` another name, if that fits into its length.
bool rename_entry(Bytes area, u32 offset, std::string_view name);
/// The largest hole of the area, 0 when there is none: what a trailer records.
u32 largest_hole(ConstBytes area);

/// Makes the area one free entry. area.size() is a multiple of 4, 16 … 65532.
void format_empty_area(Bytes area);
/// Makes the area the first one of an empty directory: `.` and `..`.
void format_first_area(Bytes area, InodeNo self, InodeNo parent);
/// Fills in a trailer: signature, compatible entry, owner, largest hole of the area before it.
void format_trailer(Bytes block, BlockNo at, InodeNo directory);

/// Judges the entries of an area: that they fill it exactly, that names are legal and inodes inside the
/// volume.
void judge_directory_area(ConstBytes area, const Place& place, Judgement& judgement);
/// Shows the entries and their names.
void describe_directory_area(ConstBytes area, const std::string& prefix, const FieldVisitor& visit);

template <>
struct FieldTable<DirectoryEntry> {
  using Self = DirectoryEntry;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, inode, "inode", inode),
      OCFS2_FIELD(0x8, record_length, "rec_len", number),
      OCFS2_FIELD(0xA, name_length, "name_len", number),
      OCFS2_FIELD(0xB, file_type, "file_type", number),
  };
};
static_assert(tiles(fields_of<DirectoryEntry>, sizeof(DirectoryEntry)));

template <>
struct FieldTable<DirectoryTrailer> {
  using Self = DirectoryTrailer;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, compat_inode, "db_compat_inode", inode),
      OCFS2_FIELD(0x08, compat_record_length, "db_compat_rec_len", number),
      OCFS2_FIELD(0x0A, compat_name_length, "db_compat_name_len", number),
      OCFS2_FIELD(0x0B, reserved1, "db_reserved0", reserved),
      OCFS2_FIELD(0x0C, reserved2, "db_reserved1", reserved),
      OCFS2_FIELD(0x0E, free_record_length, "db_free_rec_len", number),
      OCFS2_FIELD(0x10, signature, "db_signature", text),
      OCFS2_FIELD(0x18, reserved3, "db_reserved2", reserved),
      OCFS2_FIELD(0x20, free_next, "db_free_next", block),
      OCFS2_FIELD(0x28, block, "db_blkno", block),
      OCFS2_FIELD(0x30, parent_inode, "db_parent_dinode", inode),
      OCFS2_FIELD(0x38, check, "db_check", structure),
  };
};
static_assert(tiles(fields_of<DirectoryTrailer>, sizeof(DirectoryTrailer)));

}  // namespace ocfs2
