// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/scramble.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/rescue/scramble_names.h"
#include "engine/volume/volume_journal.h"
#include "ondisk/directory.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/jbd2.h"
#include "ondisk/refcount.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

void clear(Bytes bytes) { std::ranges::fill(bytes, u8{0}); }

bool says(ConstBytes block, const char (&signature)[8]) { return matches(as<Signature>(block), signature); }

}  // namespace

Scrambler::Scrambler(Volume& volume, Volume& seen, std::vector<MetadataPiece> pieces,
                     const NameCipher::Key& key)
    : volume_(volume), seen_(seen), facts_(volume.facts()), pieces_(std::move(pieces)), cipher_(key) {
  std::ranges::sort(pieces_, {}, &MetadataPiece::first);
  for (const MetadataPiece& piece : pieces_)
    if (piece.role == MetadataRole::directory || piece.role == MetadataRole::index_leaf)
      by_owner_.push_back(piece);
  std::ranges::stable_sort(by_owner_, {}, &MetadataPiece::owner);
  find_live_logs();
}

Scrambler::~Scrambler() = default;

/// What is to be replayed stays in the logs, and the records that say so.
void Scrambler::find_live_logs() {
  for (u32 slot = 0; slot < facts_.max_slots; ++slot) try {
      if (!volume_.journal_dirty(slot)) continue;
      JournalReader log = open_journal_reader(volume_, slot);
      LogScan scan = log.scan();
      scan.damage.clear();
      log.visit(scan, [&](const LogRecord& record) {
        logged_[log.map().at(record.log_block).value] = 0;
        u64 copy = record.log_block;
        for (const JournalTag& tag : record.tags) {
          if (++copy >= log.super().blocks) copy = log.super().first;
          logged_[log.map().at(copy).value] = tag.block.value;
        }
      });
    } catch (const Error&) {  // no log that anybody would replay
    }
}

const MetadataPiece* Scrambler::piece_of(BlockNo at) const {
  auto behind = std::ranges::upper_bound(pieces_, at, {}, &MetadataPiece::first);
  if (behind == pieces_.begin()) return nullptr;
  const MetadataPiece& piece = *--behind;
  return at - piece.first < piece.blocks ? &piece : nullptr;
}

std::span<const MetadataPiece> Scrambler::pieces_of(InodeNo owner) const {
  const auto range = std::ranges::equal_range(by_owner_, owner, {}, &MetadataPiece::owner);
  return {range.begin(), range.end()};
}

void Scrambler::change(BlockNo first, Bytes bytes) {
  const u32 size = facts_.geometry.block_size();
  for (u64 i = 0; i * size < bytes.size(); ++i) change_block(first + i, bytes.subspan(i * size, size));
}

void Scrambler::change_block(BlockNo at, Bytes block) {
  const MetadataPiece* const piece = piece_of(at);
  if (piece == nullptr) return change_labelled(at, block);
  switch (piece->role) {
    case MetadataRole::directory:
      return change_directory(*piece, at, block);
    case MetadataRole::index_leaf:
      return sealed(IndexLeaf::kind, block,
                    [&] { change_hashes(*names_of(piece->owner), IndexLeaf::list_bytes(block)); });
    case MetadataRole::buckets:
      return change_bucket(*piece, at, block);
    case MetadataRole::symlink:
      return cipher_.change_path(block);
    case MetadataRole::journal:
      return change_log(*piece, at, block);
    default:
      return;
  }
}

template <class Work>
void Scrambler::sealed(const BlockKind& kind, Bytes region, const Work& work) const {
  const bool right = facts_.features.has(feature::metaecc) &&
                     verify_check(region, check_position(kind.check_offset, region.size()));
  work();
  if (right) seal(kind, facts_, region);
}

void Scrambler::change_labelled(BlockNo at, Bytes block) {
  if (at <= facts_.geometry.cluster_group_block(0)) return;
  if (says(block, Inode::signature_text) || as<Inode>(block).block == at.value)
    return sealed(Inode::kind, block, [&] { change_inode(at, block); });
  if (says(block, XattrBlock::signature_text))
    return sealed(XattrBlock::kind, block, [&] {
      if (!as<XattrBlock>(block).is_indexed()) change_container(XattrBlock::container(block));
    });
  if (says(block, IndexRoot::signature_text))
    return sealed(IndexRoot::kind, block, [&] {
      const IndexRoot& root = as<IndexRoot>(block);
      if (root.is_inline())
        change_hashes(*names_of(InodeNo(root.directory_inode)), IndexRoot::list_bytes(block));
    });
  const bool numbers_only =
      says(block, GroupDescriptor::signature_text) || says(block, ExtentBlock::signature_text) ||
      says(block, RefcountBlock::signature_text) || says(block, SuperInode::signature_text);
  if (!numbers_only) clear(block);  // what was here before the allocator got it
}

void Scrambler::change_inode(BlockNo at, Bytes block) {
  change_body(at, block);
  const Bytes area = Inode::xattr_area(block);
  if (!as<Inode>(block).has_flag(inode_flag::valid))
    clear(area);
  else if (area.size() >= sizeof(XattrHeader))
    change_container(area);
}

void Scrambler::change_body(BlockNo at, Bytes block) {
  const Inode& inode = as<Inode>(block);
  const Bytes body = Inode::body(block);
  switch (inode.body_kind()) {
    case InodeBody::fast_symlink:
      return cipher_.change_path(body);
    case InodeBody::inline_data: {
      const Bytes data = InlineData::data(body);
      const std::size_t used = std::min<u64>(inode.size, data.size());
      clear(data.subspan(used));
      if (inode.is_directory() && inode.has_flag(inode_flag::valid))
        return change_area(*names_of(inode_at(at)), data.first(used));
      return clear(data);
    }
    default:
      return;
  }
}

void Scrambler::change_directory(const MetadataPiece& piece, BlockNo at, Bytes block) {
  const NamesOf names = names_of(piece.owner);
  if (piece.position + (at - piece.first) >= names->blocks) return clear(block);
  // A damaged inode may not say that its directory has trailers.
  const bool trailer =
      names->trailers || matches(DirectoryBlock::trailer(block).signature, DirectoryTrailer::signature_text);
  if (!trailer) return change_area(*names, block);
  sealed(DirectoryBlock::kind, block, [&] { change_area(*names, DirectoryBlock::area(block)); });
}

/// What stands behind a name in its entry's room was another one.
void Scrambler::change_area(const Names& names, Bytes area) const {
  EntryWalk walk(area);
  while (walk.next()) {
    const u32 name_at = walk.offset() + DirectoryEntry::header_bytes;
    const u32 length = walk.entry().free() ? 0 : walk.entry().name_length;
    const std::string other = length == 0 ? "" : other_name(names, walk.name());
    const Bytes room = area.subspan(name_at, walk.entry().record_length - DirectoryEntry::header_bytes);
    clear(room);
    std::ranges::copy(std::string_view(other).substr(0, room.size()), room.begin());
  }
  if (!walk.broken()) return;
  // Where one entry does not lead to the next nobody can tell what is a name: all that could be is none.
  for (u8& byte : area.subspan(
           walk.offset() + std::min<std::size_t>(DirectoryEntry::header_bytes, area.size() - walk.offset())))
    if (byte >= 0x20) byte = 'x';
}

void Scrambler::change_hashes(const Names& names, Bytes list) const {
  const std::size_t used = as<IndexEntryList>(list).used;
  std::size_t i = 0;
  for (IndexEntry& entry : IndexEntryList::slots(list)) {
    if (i++ >= used) {
      entry = {};
      continue;
    }
    const auto pair = std::ranges::lower_bound(names.hashes, entry.hash(), {}, &Names::Pair::old);
    if (pair == names.hashes.end() || pair->old != entry.hash()) continue;
    entry.major_hash = pair->fresh.major;
    entry.minor_hash = pair->fresh.minor;
  }
}

void Scrambler::change_container(Bytes container) const {
  std::vector<u8> fresh(container.size());  // what no entry speaks of, older names for one, becomes zeros
  const auto keep = [&](ConstBytes part) {
    std::ranges::copy(part, fresh.begin() + (part.data() - container.data()));
  };
  const auto entries = XattrHeader::entries(ConstBytes(container));
  keep(container.first(sizeof(XattrHeader) + entries.size_bytes()));
  for (const XattrEntry& entry : entries) {
    const auto suffix = xattr_suffix(container, entry);
    if (!suffix) continue;
    const ConstBytes name(reinterpret_cast<const u8*>(suffix->data()), suffix->size());
    const bool list = entry.type() == static_cast<u8>(XattrType::posix_acl_access) ||
                      entry.type() == static_cast<u8>(XattrType::posix_acl_default);
    if (const auto value = xattr_local_value(container, entry); value && list) keep(*value);
    if (const auto root = xattr_value_root(container, entry); root && !entry.is_local()) keep(*root);
    keep(name);
    if (list || entry.type() == static_cast<u8>(XattrType::security)) continue;
    const std::string other = cipher_.attribute(*suffix, entry.name_hash, facts_.uuid_hash);
    std::ranges::copy(other, fresh.begin() + (name.data() - container.data()));
  }
  std::ranges::copy(fresh, container.begin());
}

/// A bucket may be larger than a block, and its entries stand in the first one. The first bucket of a run
/// says how many there are.
void Scrambler::change_bucket(const MetadataPiece& piece, BlockNo at, Bytes block) {
  const Geometry& geometry = facts_.geometry;
  const u64 per_bucket = xattr_bucket_bytes >> geometry.block_bits;
  const u64 index = (at - piece.first) / per_bucket, within = (at - piece.first) % per_bucket;
  std::vector<u8> head(sizeof(XattrHeader)), bucket(xattr_bucket_bytes);
  try {
    volume_.device().read(geometry.byte_of(piece.first), head);
    volume_.device().read(geometry.byte_of(at - within), bucket);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    return clear(block);
  }
  if (index >= std::max<u64>(1, as<XattrHeader>(ConstBytes(head)).buckets)) return clear(block);
  sealed(XattrBucket::kind, bucket, [&] { change_container(bucket); });
  std::ranges::copy(Bytes(bucket).subspan(within * block.size(), block.size()), block.begin());
}

void Scrambler::change_log(const MetadataPiece& piece, BlockNo at, Bytes block) {
  const u64 super_blocks = divide_up(journal_super_bytes, block.size());
  if (piece.position + (at - piece.first) < super_blocks) return;
  const auto logged = logged_.find(at.value);
  if (logged == logged_.end()) return clear(block);
  const BlockNo home(logged->second);
  if (home.value == 0 || !facts_.geometry.contains(home)) return;
  const MetadataPiece* const there = piece_of(home);
  if (there == nullptr || there->role != MetadataRole::journal) change_block(home, block);
}

}  // namespace ocfs2
