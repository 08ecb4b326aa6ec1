// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/directory_edit.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/new_blocks.h"

namespace ocfs2 {

DirectoryEditor::DirectoryEditor(Transaction& transaction, Space& space, InodeNo number)
    : transaction_(transaction),
      space_(space),
      number_(block_of(number)),
      blocks_(transaction, space, number_) {
  const InodeBody body = inode()->body_kind();
  if (!inode()->is_directory() || (body != InodeBody::inline_data && body != InodeBody::extent_list))
    fail(ErrorKind::invalid_argument, "{}: inode {} is not a directory", volume().name(), number.value);
}

// Areas of entries. The one inside the inode goes by the inode's block number.

/// A damaged index or list may lead anywhere, even to another directory's block.
std::shared_ptr<const CachedBlock> DirectoryEditor::block(BlockNo number) const {
  if (is_inline()) return transaction_.read_as(number_, Inode::kind);
  auto read = transaction_.read_as(number, directory_block_kind(trailers()));
  if (trailers() && trailer(*read).parent_inode != number_.value)
    fail(ErrorKind::corrupt, "{}: block {} is not one of directory {}; run fsck.ocfs2", volume().name(),
         number.value, number_.value);
  return read;
}

ConstBytes DirectoryEditor::area(const CachedBlock& block) const {
  const ConstBytes bytes = block.bytes;
  if (block.block != number_) return directory_area(bytes, trailers());
  const ConstBytes data = InlineData::data(Inode::body(bytes));
  return data.first(std::min<u64>(data.size(), as<Inode>(bytes).size));
}

Bytes DirectoryEditor::edit_area(BlockNo block) {
  if (block != number_)
    return directory_area(transaction_.edit_as(block, directory_block_kind(trailers())), trailers());
  const Bytes bytes = transaction_.edit_as(number_, Inode::kind);
  const Bytes data = InlineData::data(Inode::body(bytes));
  return data.first(std::min<u64>(data.size(), as<Inode>(bytes).size));
}

DirectoryEntry DirectoryEditor::entry(const EntryPlace& place) const {
  return as<DirectoryEntry>(area(*block(place.block)).subspan(place.offset));
}

std::optional<DirectoryEditor::EntryPlace> DirectoryEditor::locate_in(BlockNo number,
                                                                      std::string_view name) const {
  const auto holder = block(number);
  if (const auto offset = find_entry(area(*holder), name)) return EntryPlace{number, *offset};
  return std::nullopt;
}

std::optional<DirectoryEditor::EntryPlace> DirectoryEditor::locate(std::string_view name) {
  if (!is_legal_name(name)) return std::nullopt;
  if (is_inline()) return locate_in(number_, name);
  if (indexed()) {
    for (const BlockNo candidate : index().blocks_of(name))
      if (const auto place = locate_in(candidate, name)) return place;
    return std::nullopt;
  }
  for (u64 i = 0, count = blocks_.count(); i < count; ++i)
    if (const auto place = locate_in(blocks_.at(i), name)) return place;
  return std::nullopt;
}

// What callers ask for.

std::optional<InodeNo> DirectoryEditor::find(std::string_view name) {
  const auto place = locate(name);
  if (!place) return std::nullopt;
  return InodeNo(entry(*place).inode);
}

void DirectoryEditor::add(std::string_view name, InodeNo inode, EntryType type) {
  require(is_legal_name(name));
  if (is_inline()) {
    if (insert_entry(edit_area(number_), name, inode, type)) return;
    leave_inode();
  }
  const BlockNo holder = block_with_hole(DirectoryEntry::needed(static_cast<u32>(name.size())));
  if (!insert_entry(edit_area(holder), name, inode, type))
    fail(ErrorKind::corrupt,
         "{}: directory {}: block {} has not the room that it claims to have; run fsck.ocfs2",
         volume().name(), number_.value, holder.value);
  if (!indexed()) return;
  note_hole(holder);
  index().insert(name, holder);
}

bool DirectoryEditor::remove(std::string_view name) {
  const auto place = locate(name);
  if (place) take_out(*place, name);
  return place.has_value();
}

void DirectoryEditor::take_out(const EntryPlace& place, std::string_view name) {
  require(remove_entry(edit_area(place.block), place.offset));
  forget_search();
  if (!indexed()) return;
  note_hole(place.block);
  index().remove(name, place.block);
}

bool DirectoryEditor::replace(std::string_view name, InodeNo inode, EntryType type) {
  const auto place = locate(name);
  if (!place) return false;
  DirectoryEntry& edited = as<DirectoryEntry>(edit_area(place->block).subspan(place->offset));
  edited.inode = inode.value;
  edited.file_type = static_cast<u8>(type);
  return true;
}

bool DirectoryEditor::rename(std::string_view name, std::string_view new_name) {
  require(is_legal_name(new_name));
  const auto place = locate(name);
  if (!place) return false;
  forget_search();
  if (!rename_entry(edit_area(place->block), place->offset, new_name)) {
    const DirectoryEntry moved = entry(*place);
    take_out(*place, name);
    add(new_name, InodeNo(moved.inode), EntryType(moved.file_type));
  } else if (indexed()) {
    note_hole(place->block);
    index().remove(name, place->block);
    index().insert(new_name, place->block);
  }
  return true;
}

// Blocks.

BlockNo DirectoryEditor::append_block() {
  const BlockNo at = blocks_.append(trailers());
  if (indexed()) note_hole(at);
  return at;
}

BlockNo DirectoryEditor::block_with_hole(u32 bytes) {
  if (indexed()) return listed_block_with_hole(bytes);
  if (bytes < hole_sought_) first_with_hole_ = 0;
  hole_sought_ = bytes;
  for (const u64 count = blocks_.count(); first_with_hole_ < count; ++first_with_hole_) {
    const BlockNo at = blocks_.at(first_with_hole_);
    if (largest_hole(area(*block(at))) >= bytes) return at;
  }
  return append_block();
}

/// Moves the entries from the inode to a first block.
void DirectoryEditor::leave_inode() {
  const CachedBlock old = *block(number_);

  const Bytes bytes = transaction_.edit_as(number_, Inode::kind);
  const Bytes body = Inode::body(bytes);
  Inode& edited = as<Inode>(bytes);
  edited.dynamic_features = edited.dynamic_features & static_cast<u16>(~dynamic_feature::inline_data);
  edited.size = 0;
  std::ranges::fill(body, 0);
  fill_extent_list({}, 0, static_cast<u32>((body.size() - sizeof(ExtentList)) / sizeof(ExtentRecord)), body);
  if (volume().has(feature::indexed_dirs)) attach_index();

  const BlockNo at = append_block();
  EntryWalk walk(area(old));
  while (walk.next()) {
    if (walk.entry().free()) continue;
    require(insert_entry(edit_area(at), walk.name(), InodeNo(walk.entry().inode),
                         EntryType(walk.entry().file_type))
                .has_value());  // a block has more room than an inode
    if (indexed()) index().insert(walk.name(), at);
  }
  if (walk.broken())
    fail(ErrorKind::corrupt, "{}: directory {}: what stands at byte {} is no entry; run fsck.ocfs2",
         volume().name(), number_.value, walk.offset());
  if (indexed()) note_hole(at);
  if (inode_at(number_) == volume().system_directory()) leave_safely(old.bytes, at);
}

/// Whoever replays the journals finds them through the system directory. So its blocks are in their places
/// before its inode leads to them; and since the write of that may be torn between sectors, only the first
/// of them changes: slots behind the last extent mean nothing.
void DirectoryEditor::leave_safely(ConstBytes old_inode, BlockNo at) {
  const std::size_t kept = old_inode.size() - block_size_min - Inode::xattr_area(old_inode).size();
  const Bytes bytes = transaction_.edit_as(number_, Inode::kind);
  std::ranges::copy(old_inode.subspan(block_size_min, kept), bytes.subspan(block_size_min).begin());
  write_through(at, directory_block_kind(trailers()));
  if (indexed()) write_through(BlockNo(inode()->index_root), IndexRoot::kind);
}

void DirectoryEditor::write_through(BlockNo at, const BlockKind& kind) {
  const ConstBytes pending = transaction_.pending(at);
  std::vector<u8> bytes(pending.begin(), pending.end());
  seal(kind, volume().facts(), bytes);
  transaction_.write_data(at, bytes);
}

/// An index without entries yet.
void DirectoryEditor::attach_index() {
  const NewBlock root = space_.allocate_metadata(transaction_);
  format_index_root(volume().facts(), root, inode_at(number_),
                    transaction_.create_bytes(root.block, IndexRoot::kind));
  Inode& edited = transaction_.edit<Inode>(number_);
  edited.dynamic_features = edited.dynamic_features | dynamic_feature::indexed_dir;
  edited.index_root = root.block.value;
}

// The list of blocks with holes, which indexed directories have (spec: ondisk.md 7.4.5).

BlockNo DirectoryEditor::listed_block_with_hole(u32 bytes) {
  if (bytes < hole_sought_) searched_from_ = BlockNo();
  hole_sought_ = bytes;
  const BlockNo head(transaction_.read<IndexRoot>(BlockNo(inode()->index_root))->free_block);
  BlockNo at = head;
  for (u64 left = blocks_.count(); at != BlockNo() && at != searched_from_; --left) {
    if (left == 0)
      fail(ErrorKind::corrupt, "{}: the list of free blocks of directory {} is a loop; run fsck.ocfs2",
           volume().name(), number_.value);
    const auto candidate = block(at);
    if (trailer(*candidate).free_record_length >= bytes) return at;
    at = BlockNo(trailer(*candidate).free_next);
  }
  searched_from_ = head;
  return append_block();
}

/// Brings what the trailer says about holes in line with the entries.
void DirectoryEditor::note_hole(BlockNo at) {
  const u32 hole = largest_hole(area(*block(at)));
  const u32 noted = trailer(*block(at)).free_record_length;
  if (hole == noted) return;
  if (noted == 0) list(at);
  if (hole == 0) unlist(at);
  edit_trailer(at).free_record_length = static_cast<u16>(hole);
}

void DirectoryEditor::list(BlockNo at) {
  IndexRoot& root = transaction_.edit<IndexRoot>(BlockNo(inode()->index_root));
  edit_trailer(at).free_next = root.free_block;
  root.free_block = at.value;
}

void DirectoryEditor::unlist(BlockNo at) {
  IndexRoot& root = transaction_.edit<IndexRoot>(BlockNo(inode()->index_root));
  const u64 next = trailer(*block(at)).free_next;
  edit_trailer(at).free_next = 0;
  if (root.free_block == at.value) {
    root.free_block = next;
    return;
  }
  BlockNo before(root.free_block);
  for (u64 left = blocks_.count(); before != BlockNo() && left > 0; --left) {
    const BlockNo after(trailer(*block(before)).free_next);
    if (after == at) {
      edit_trailer(before).free_next = next;
      return;
    }
    before = after;
  }
  fail(ErrorKind::corrupt, "{}: block {} of directory {} is not on the list of free blocks; run fsck.ocfs2",
       volume().name(), at.value, number_.value);
}

}  // namespace ocfs2
