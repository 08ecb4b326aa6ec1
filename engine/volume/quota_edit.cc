// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/quota_edit.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/extent_edit.h"
#include "ondisk/zeros.h"

namespace ocfs2 {
namespace {

bool is_user(QuotaType type) { return type == QuotaType::user; }

/// No slot, usage or limit: what the kernel removes.
bool says_nothing(const QuotaRecord& record) {
  return record.use_count == 0 && record.inodes == 0 && record.space == 0 && record.inode_hard_limit == 0 &&
         record.inode_soft_limit == 0 && record.space_hard_limit == 0 && record.space_soft_limit == 0;
}

/// Between 0 and what a number holds.
u64 counted(u64 before, s64 change) {
  const u64 size = change < 0 ? 0 - static_cast<u64>(change) : static_cast<u64>(change);
  if (change < 0) return before < size ? 0 : before - size;
  return before > ~u64{0} - size ? ~u64{0} : before + size;
}

void forgive(QuotaRecord& record) {
  if (record.space_soft_limit == 0 || record.space <= record.space_soft_limit) record.space_grace_end = 0u;
  if (record.inode_soft_limit == 0 || record.inodes <= record.inode_soft_limit) record.inode_grace_end = 0u;
}

}  // namespace

QuotaEdit::QuotaEdit(Transaction& transaction, Space& space, QuotaType type)
    : transaction_(transaction), space_(space), geometry_{space.volume().geometry().block_size()} {
  if (!space.volume().has(is_user(type) ? feature::usrquota : feature::grpquota))
    fail(ErrorKind::invalid_argument, "{}: the volume does not count what its {} have", space.volume().name(),
         is_user(type) ? "users" : "groups");
  inode_ =
      space.volume().system_file(is_user(type) ? SystemFile::user_quota : SystemFile::group_quota).block();
  if (read<GlobalQuotaHead>(0)->header.magic != quota_global_magic(type))
    damaged(0, "its head is not that of such a file");
}

// Blocks of the file.

void QuotaEdit::damaged(u32 block, std::string_view fact) const {
  fail(ErrorKind::corrupt, "{}: block {} of quota file {}: {}; run: fsck.ocfs2 -f {}", space_.volume().name(),
       block, inode_.value, fact, space_.volume().name());
}

BlockNo QuotaEdit::place_of(u32 block) const {
  const Geometry& geometry = space_.volume().geometry();
  const auto ref = inode();
  const ExtentTree tree(transaction_, Inode::body(ref.bytes()), fmt::format("quota file {}", inode_.value));
  const auto run = tree.find(block / geometry.blocks_per_cluster());
  if (!run || run->unwritten()) damaged(block, "it is nowhere");
  return run->block + (block - run->cpos * geometry.blocks_per_cluster());
}

template <class T>
BlockRef<T> QuotaEdit::read(u32 block) const {
  return transaction_.read<T>(place_of(block));
}
template <class T>
Bytes QuotaEdit::edit(u32 block) {
  return transaction_.edit_as(place_of(block), T::kind);
}
/// A block without anything in it yet.
template <class T>
Bytes QuotaEdit::begin(u32 block) {
  const Bytes bytes = transaction_.create_bytes(place_of(block), T::kind);
  std::ranges::fill(bytes, 0);
  return bytes;
}
GlobalQuotaInfo& QuotaEdit::edit_info() { return as<GlobalQuotaHead>(edit<GlobalQuotaHead>(0)).info; }

/// What block `from` refers to, if it may: neither head nor root, and inside the file.
u32 QuotaEdit::checked(u32 reference, u32 from) const {
  if (reference <= quota_root_file_block || reference >= read<GlobalQuotaHead>(0)->info.blocks)
    damaged(from, fmt::format("it leads to block {}", reference));
  return reference;
}

// Records.

std::optional<QuotaRecord> QuotaEdit::find(u32 id) const {
  const auto place = locate(id);
  if (!place) return std::nullopt;
  return QuotaLeaf::records(read<QuotaLeaf>(place->leaf).bytes())[place->index];
}

void QuotaEdit::change(u32 id, s64 space_bytes, s64 inodes) {
  update(id, [&](QuotaRecord& record) {
    record.space = counted(record.space, space_bytes);
    record.inodes = counted(record.inodes, inodes);
  });
}

void QuotaEdit::set_limits(u32 id, const QuotaLimits& limits) {
  update(id, [&](QuotaRecord& record) {
    record.space_soft_limit = limits.space_soft_bytes;
    record.space_hard_limit = limits.space_hard_bytes;
    record.inode_soft_limit = limits.inodes_soft;
    record.inode_hard_limit = limits.inodes_hard;
  });
}

void QuotaEdit::update(u32 id, const std::function<void(QuotaRecord&)>& act) {
  const auto place = locate(id);
  QuotaRecord record{};
  if (place) record = QuotaLeaf::records(read<QuotaLeaf>(place->leaf).bytes())[place->index];
  record.id = id;
  act(record);
  forgive(record);
  if (!says_nothing(record))
    place ? void(QuotaLeaf::records(edit<QuotaLeaf>(place->leaf))[place->index] = record) : insert(record);
  else if (place)
    remove(id, *place);
}

/// The tree blocks that lead to `id`, from the root on, as far as there are any, and then its leaf.
std::vector<u32> QuotaEdit::way_to(u32 id) const {
  std::vector<u32> way{quota_root_file_block};
  for (u32 level = 0; level < geometry_.depth(); ++level) {
    const auto node = read<QuotaTreeBlock>(way.back());
    const u32 next = QuotaTreeBlock::references(node.bytes())[geometry_.index_at(level, id)];
    if (next == 0) break;
    way.push_back(checked(next, way.back()));
  }
  return way;
}

std::optional<QuotaEdit::Place> QuotaEdit::locate(u32 id) const {
  const std::vector<u32> way = way_to(id);
  if (way.size() <= geometry_.depth()) return std::nullopt;
  const auto leaf = read<QuotaLeaf>(way.back());
  const auto records = QuotaLeaf::records(leaf.bytes());
  const auto found = std::ranges::find_if(
      records, [&](const QuotaRecord& record) { return record.id == id && !record.unused(); });
  if (found == records.end()) damaged(way.back(), fmt::format("it has no record of {}", id));
  return Place{way.back(), static_cast<std::size_t>(found - records.begin())};
}

void QuotaEdit::insert(const QuotaRecord& record) {
  const u32 leaf = leaf_with_room();
  const Bytes bytes = edit<QuotaLeaf>(leaf);
  const auto records = QuotaLeaf::records(bytes);
  const auto unused = std::ranges::find_if(records, &QuotaRecord::unused);
  if (unused == records.end()) damaged(leaf, "it is listed as having room, and has none");
  *unused = record;
  as<QuotaLeaf>(bytes).entries += 1;
  if (as<QuotaLeaf>(bytes).entries == records.size()) unlist(leaf);

  std::vector<u32> way = way_to(record.id);
  while (way.size() < geometry_.depth()) {
    const u32 node = take_block();
    begin<QuotaTreeBlock>(node);
    QuotaTreeBlock::references(edit<QuotaTreeBlock>(
        way.back()))[geometry_.index_at(static_cast<u32>(way.size() - 1), record.id)] = node;
    way.push_back(node);
  }
  QuotaTreeBlock::references(
      edit<QuotaTreeBlock>(way.back()))[geometry_.index_at(geometry_.depth() - 1, record.id)] = leaf;
}

void QuotaEdit::remove(u32 id, const Place& place) {
  const Bytes bytes = edit<QuotaLeaf>(place.leaf);
  QuotaLeaf& leaf = as<QuotaLeaf>(bytes);
  if (leaf.entries == 0) damaged(place.leaf, "it counts no records and has one");
  const bool was_full = leaf.entries == geometry_.records_per_leaf();
  QuotaLeaf::records(bytes)[place.index] = {};
  leaf.entries -= 1;
  std::vector<u32> way = way_to(id);
  if (leaf.entries == 0) {
    unlist(place.leaf);
    give_block_back(place.leaf);
  } else if (was_full) {
    list(place.leaf);
  }
  for (way.pop_back(); !way.empty(); way.pop_back()) {
    const auto references = QuotaTreeBlock::references(edit<QuotaTreeBlock>(way.back()));
    references[geometry_.index_at(static_cast<u32>(way.size() - 1), id)] = 0u;
    const bool empty = std::ranges::all_of(references, [](u32 reference) { return reference == 0; });
    if (!empty || way.back() == quota_root_file_block) return;
    give_block_back(way.back());
  }
}

// Lists.

u32 QuotaEdit::leaf_with_room() {
  const u32 first = read<GlobalQuotaHead>(0)->info.free_leaf;
  if (first != 0) return checked(first, 0);
  const u32 made = take_block();
  begin<QuotaLeaf>(made);
  list(made);
  return made;
}

void QuotaEdit::list(u32 leaf) {
  const u32 next = edit_info().free_leaf;
  QuotaLeaf& edited = as<QuotaLeaf>(edit<QuotaLeaf>(leaf));
  edited.next_free = next;
  edited.previous_free = 0u;
  if (next != 0) as<QuotaLeaf>(edit<QuotaLeaf>(checked(next, 0))).previous_free = leaf;
  edit_info().free_leaf = leaf;
}

void QuotaEdit::unlist(u32 leaf) {
  QuotaLeaf& edited = as<QuotaLeaf>(edit<QuotaLeaf>(leaf));
  const u32 next = edited.next_free, previous = edited.previous_free;
  edited.next_free = edited.previous_free = 0u;
  if (next != 0) as<QuotaLeaf>(edit<QuotaLeaf>(checked(next, leaf))).previous_free = previous;
  if (previous != 0)
    as<QuotaLeaf>(edit<QuotaLeaf>(checked(previous, leaf))).next_free = next;
  else if (edit_info().free_leaf == leaf)
    edit_info().free_leaf = next;
  else
    damaged(leaf, "it has room and is not listed");
}

u32 QuotaEdit::take_block() {
  const u32 first = read<GlobalQuotaHead>(0)->info.free_block;
  if (first == 0) return append_block();
  edit_info().free_block = read<QuotaLeaf>(checked(first, 0))->next_free;
  return first;
}

u32 QuotaEdit::append_block() {
  const Geometry& geometry = space_.volume().geometry();
  const u32 made = read<GlobalQuotaHead>(0)->info.blocks;
  if (inode()->size != u64{made} << geometry.block_bits)
    damaged(0, fmt::format("it counts {} blocks, and the file has {} bytes", made, u64{inode()->size}));
  const u32 cpos = made / geometry.blocks_per_cluster();
  ExtentEdit tree(transaction_, space_, ExtentRoot::of(inode()));
  if (!tree.tree().find(cpos)) {
    const auto last = tree.last_before(std::max<u64>(cpos, 1));
    const ClusterNo near = last ? geometry.cluster_of(last->block) + last->clusters : ClusterNo();
    const BlockNo block =
        geometry.first_block_of(ClusterNo(space_.allocate_clusters(transaction_, 1, near).first));
    transaction_.zero_data(block, geometry.blocks_per_cluster());
    tree.insert({.cpos = cpos, .clusters = 1, .block = block});
  }
  transaction_.edit<Inode>(inode_).size = u64{made + 1} << geometry.block_bits;
  edit_info().blocks = made + 1;
  return made;
}

void QuotaEdit::give_block_back(u32 block) {
  as<QuotaLeaf>(begin<QuotaLeaf>(block)).next_free = edit_info().free_block;
  edit_info().free_block = block;
}

}  // namespace ocfs2
