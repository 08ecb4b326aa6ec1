// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/file_edit.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/copy_clusters.h"
#include "engine/volume/new_blocks.h"
#include "engine/volume/refcount_edit.h"

namespace ocfs2 {
namespace {

constexpr u64 composed_max = 128 << 10;  ///< bytes that are rather copied than written in two requests
constexpr u8 no_flags = 0;

u64 round_down(u64 value, u64 unit) { return value & ~(unit - 1); }

}  // namespace

FileEditor::FileEditor(Transaction& transaction, Space& space, InodeNo number)
    : transaction_(transaction), space_(space), number_(block_of(number)) {
  const InodeBody body = inode()->body_kind();
  if (!inode()->is_regular() || (body != InodeBody::inline_data && body != InodeBody::extent_list))
    fail(ErrorKind::invalid_argument, "{}: inode {} is not a regular file", space.volume().name(),
         number.value);
}

void FileEditor::write(u64 offset, ConstBytes bytes) {
  Source source{offset, offset + bytes.size(), bytes.data()};
  if (bytes.empty()) return;
  if (enter_inode(source.end)) {
    const u64 gap = std::min(size(), offset);
    const Bytes data = edit_inline();
    std::ranges::fill(data.subspan(gap, offset - gap), 0);
    std::ranges::copy(bytes, data.begin() + static_cast<std::ptrdiff_t>(offset));
  } else {
    if (is_inline()) leave_inode();
    if (!grow(std::max(size(), offset)))
      fail(ErrorKind::no_space, "{}: inode {}: what lies before the end of the file is to be cleared first",
           space_.volume().name(), number_.value);
    while (source.offset < source.end) write_pieces(source, Gaps::fill);
  }
  if (offset + bytes.size() > size()) transaction_.edit<Inode>(number_).size = offset + bytes.size();
}

bool FileEditor::grow(u64 size) {
  const u64 old = this->size();
  if (size <= old) return true;
  if (is_inline()) {
    const Bytes data = edit_inline();
    if (size <= data.size()) {
      std::ranges::fill(data.subspan(old, size - old), 0);
      transaction_.edit<Inode>(number_).size = size;
      return true;
    }
    leave_inode();
  }
  Source gap{old, size};
  const bool done = write_pieces(gap, space_.volume().has(feature::sparse) ? Gaps::leave : Gaps::fill);
  transaction_.edit<Inode>(number_).size = gap.offset;
  return done;
}

bool FileEditor::allocate(u64 offset, u64 end) {
  if (!space_.volume().has(feature::unwritten))
    fail(ErrorKind::unsupported, "{}: space can be reserved for a file only with the feature unwritten",
         space_.volume().name());
  if (is_inline()) {
    if (end <= InlineData::data(Inode::body(inode().bytes())).size()) return true;
    leave_inode();
  }
  const u64 last = geometry().clusters_for(end);
  for (u64 cpos = cluster_of(offset); cpos < last;) {
    if (full()) return false;
    if (const auto run = extents().tree().find(static_cast<u32>(cpos))) {
      cpos += run->clusters;
      continue;
    }
    const BitRun taken = take(cpos, hole_from(cpos, last));
    extents().insert(
        {cpos, taken.count, geometry().first_block_of(ClusterNo(taken.first)), ExtentRecord::unwritten});
    cpos += taken.count;
  }
  return true;
}

bool FileEditor::clear(u64 offset, u64 end, bool keep_clusters) {
  const Features needed = keep_clusters ? feature::unwritten : feature::sparse;
  if (!space_.volume().has(needed))
    fail(ErrorKind::unsupported, "{}: a part of a file cannot be cleared without the feature {}",
         space_.volume().name(), keep_clusters ? "unwritten" : "sparse");
  if (is_inline()) {
    const u64 there = std::min(size(), end);
    if (offset < there) std::ranges::fill(edit_inline().subspan(offset, there - offset), 0);
    return true;
  }
  const u64 unit = geometry().cluster_size();
  const u64 first = round_up(offset, unit);
  // Behind the end of the file there is nothing to be kept of its last cluster.
  const u64 last = end >= size() ? round_up(end, unit) : round_down(end, unit);
  Source head{offset, std::min(first, end)}, tail{std::max(last, head.end), end};
  if (!write_pieces(head, Gaps::leave) || (tail.offset < tail.end && !write_pieces(tail, Gaps::leave)))
    return false;
  if (first >= last) return true;
  if (!keep_clusters)
    return release_extents(transaction_, space_, ExtentRoot::of(inode()), BlockNo(inode()->refcount_root),
                           cluster_of(first), cluster_of(last)) == cluster_of(first);
  return extents().set_flags(cluster_of(first), cluster_of(last), ExtentRecord::unwritten, no_flags) ==
         cluster_of(first);
}

void FileEditor::clear_tail() {
  if (is_inline()) return;
  Source tail{size(), round_up(size(), geometry().cluster_size())};
  const auto run = tail.offset < tail.end ? extents().tree().find(static_cast<u32>(cluster_of(tail.offset)))
                                          : std::nullopt;
  if (run && (run->flags & ExtentRecord::refcounted) == 0) write_pieces(tail, Gaps::leave);
}

// Inside the inode.

/// Whether the file is in its inode and may end at `end` there; an empty one goes there if it can.
bool FileEditor::enter_inode(u64 end) {
  const auto ref = inode();
  if (is_inline()) return end <= InlineData::data(Inode::body(ref.bytes())).size();
  const u64 room = Inode::body(ref.bytes()).size() - sizeof(InlineData);
  if (!space_.volume().has(feature::inline_data) || ref->size != 0 || ref->clusters != 0 || end > room ||
      ref->has_dynamic(dynamic_feature::has_refcount))
    return false;
  const Bytes block = transaction_.edit_as(number_, Inode::kind);
  std::ranges::fill(Inode::body(block), 0);
  Inode& edited = as<Inode>(block);
  edited.dynamic_features = edited.dynamic_features | dynamic_feature::inline_data;
  edited.inline_data.count = static_cast<u16>(room);
  return true;
}

Bytes FileEditor::edit_inline() {
  return InlineData::data(Inode::body(transaction_.edit_as(number_, Inode::kind)));
}

void FileEditor::leave_inode() {
  const Bytes block = transaction_.edit_as(number_, Inode::kind);
  Inode& edited = as<Inode>(block);
  const Bytes body = Inode::body(block);
  const ConstBytes inside = InlineData::data(ConstBytes(body));
  const ConstBytes used = inside.first(std::min<u64>(edited.size, inside.size()));
  const std::vector<u8> data(used.begin(), used.end());
  edited.dynamic_features = edited.dynamic_features & static_cast<u16>(~dynamic_feature::inline_data);
  std::ranges::fill(body, 0);
  const u64 records = (body.size() - sizeof(ExtentList)) / sizeof(ExtentRecord);
  fill_extent_list({}, 0, static_cast<u32>(records), body);
  if (!data.empty()) fill_hole(0, 1, {0, data.size(), data.data()});
}

// In clusters.

FileEditor::Place FileEditor::place_of(const ExtentRun& run) const {
  return {run.cpos << geometry().cluster_bits, run.end() << geometry().cluster_bits, run.block};
}

/// Writes piece by piece and takes what is done off the source; false when the transaction is full before.
bool FileEditor::write_pieces(Source& source, Gaps gaps) {
  while (source.offset < source.end) {
    const u64 next = write_piece(cluster_of(source.offset), source, gaps) << geometry().cluster_bits;
    const u64 done = std::clamp(next, source.offset, source.end);
    if (source.bytes != nullptr) source.bytes += done - source.offset;
    source.offset = done;
    if (full()) break;
  }
  return source.offset == source.end;
}

/// Writes what of the source belongs to the run or hole at `cpos`, or to a part of it; returns where that
/// ends.
u64 FileEditor::write_piece(u64 cpos, const Source& source, Gaps gaps) {
  const u64 end = geometry().clusters_for(source.end);
  auto run = extents().tree().find(static_cast<u32>(cpos));
  if (!run) {
    const u64 hole = hole_from(cpos, end);
    return cpos + (gaps == Gaps::leave ? hole : fill_hole(cpos, hole, source));
  }
  run->clusters = std::min(run->clusters, end - cpos);
  if (run->unwritten() && gaps == Gaps::leave) return run->end();
  if ((run->flags & ExtentRecord::refcounted) != 0) return write_shared(*run, source);
  if (run->unwritten()) return write_unwritten(*run, source);
  write_over(place_of(*run), source);
  return run->end();
}

/// How many clusters are missing from `cpos` on, which is one of them, up to `end`.
u64 FileEditor::hole_from(u64 cpos, u64 end) const {
  const auto next = extents().first_from(cpos);
  return std::min(next ? next->cpos : end, end) - cpos;
}

/// Takes clusters for a hole, if it can be right behind those that come before.
BitRun FileEditor::take(u64 cpos, u64 clusters) {
  ClusterNo near;
  if (const auto before = cpos == 0 ? std::nullopt : extents().last_before(cpos))
    near = geometry().cluster_of(before->block) + before->clusters;
  return space_.allocate_clusters(transaction_, static_cast<u32>(std::min<u64>(clusters, 0xFFFF)), near);
}

u64 FileEditor::fill_hole(u64 cpos, u64 clusters, const Source& source) {
  const BitRun taken = take(cpos, clusters);
  const ExtentRun run{cpos, taken.count, geometry().first_block_of(ClusterNo(taken.first))};
  write_fresh(place_of(run), source);
  extents().insert(run);
  return taken.count;
}

u64 FileEditor::write_unwritten(const ExtentRun& run, const Source& source) {
  write_fresh(place_of(run), source);
  extents().set_flags(run.cpos, run.end(), no_flags, ExtentRecord::unwritten, ~std::size_t{0});
  return run.end();
}

/// Writes to shared clusters: the file gets its own first, or learns that nobody else is left.
u64 FileEditor::write_shared(ExtentRun run, const Source& source) {
  if (inode()->refcount_root == 0)
    fail(ErrorKind::corrupt, "{}: inode {} shares clusters but has no refcount tree; run fsck.ocfs2",
         space_.volume().name(), number_.value);
  RefcountEdit counts(transaction_, space_, BlockNo(inode()->refcount_root));
  const ClusterNo old = geometry().cluster_of(run.block);
  const auto shares =
      counts.shares(old, static_cast<u32>(std::min<u64>(run.clusters, RefcountEdit::clusters_max)));
  run.clusters = shares.clusters;
  constexpr std::size_t unbounded = ~std::size_t{0};
  if (shares.references <= 1) {
    counts.set(old, shares.clusters, 0);
    extents().set_flags(run.cpos, run.end(), no_flags, ExtentRecord::refcounted, unbounded);
    return run.cpos;  // it is an ordinary one now
  }
  const BitRun taken = take(run.cpos, run.clusters);
  run.clusters = taken.count;
  const BlockNo block = geometry().first_block_of(ClusterNo(taken.first));
  const Place place = place_of({run.cpos, run.clusters, block});
  if (run.unwritten()) {
    write_fresh(place, source);
  } else {
    if (source.offset > place.offset || source.end < place.end)
      copy_clusters(transaction_, geometry(), run.block, block, run.clusters);
    write_over(place, source);
  }
  extents().relocate(run, block);
  extents().set_flags(run.cpos, run.end(), no_flags, ExtentRecord::refcounted | ExtentRecord::unwritten,
                      unbounded);
  counts.decrement(old, static_cast<u32>(run.clusters));
  return run.end();
}

/// All of the clusters: what the source has for them, else zeros.
void FileEditor::write_fresh(const Place& place, const Source& source) {
  const u64 unit = geometry().block_size();
  const auto clear = [&](u64 from, u64 to) {
    if (from < to)
      transaction_.zero_data(place.block + ((from - place.offset) >> geometry().block_bits),
                             (to - from) >> geometry().block_bits);
  };
  const u64 from = std::max(source.offset, place.offset), to = std::min(source.end, place.end);
  if (source.bytes == nullptr || from >= to) return clear(place.offset, place.end);
  clear(place.offset, round_down(from, unit));
  write_blocks(place, from, to, source, true);
  clear(round_up(to, unit), place.end);
}

/// What the source has for the clusters; the rest of them stays.
void FileEditor::write_over(const Place& place, const Source& source) {
  const u64 from = std::max(source.offset, place.offset), to = std::min(source.end, place.end);
  if (from < to) write_blocks(place, from, to, source, false);
}

void FileEditor::write_blocks(const Place& place, u64 from, u64 to, const Source& source, bool fresh) {
  const u64 unit = geometry().block_size();
  const u64 first = round_up(from, unit), last = round_down(to, unit);
  const bool aligned = first == from && last == to;
  if (first >= last || (fresh && !aligned && source.bytes != nullptr && to - from <= composed_max))
    return compose(place, from, to, source, fresh);
  if (from < first) compose(place, from, first, source, fresh);
  const BlockNo block = place.block + ((first - place.offset) >> geometry().block_bits);
  if (source.bytes != nullptr)
    transaction_.write_data(block, source.part(first, last));
  else
    transaction_.zero_data(block, (last - first) >> geometry().block_bits);
  if (last < to) compose(place, last, to, source, fresh);
}

/// The same for whole blocks of which the source has only a part.
void FileEditor::compose(const Place& place, u64 from, u64 to, const Source& source, bool fresh) {
  const u64 unit = geometry().block_size();
  const u64 first = round_down(from, unit), last = round_up(to, unit);
  const BlockNo block = place.block + ((first - place.offset) >> geometry().block_bits);
  const u64 count = (last - first) >> geometry().block_bits;
  std::vector<u8> bytes = fresh ? std::vector<u8>(last - first) : transaction_.cache().read_raw(block, count);
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(from - first);
  if (source.bytes != nullptr)
    std::ranges::copy(source.part(from, to), at);
  else
    std::fill(at, at + static_cast<std::ptrdiff_t>(to - from), 0);
  transaction_.write_data(block, bytes);
}

}  // namespace ocfs2
