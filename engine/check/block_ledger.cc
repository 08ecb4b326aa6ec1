// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/block_ledger.h"

#include <algorithm>
#include <limits>

#include "engine/error.h"

namespace ocfs2 {

void BlockLedger::add(LedgerGroup group, std::span<const GroupPiece> pieces, ConstBytes bitmap) {
  const u64 first = divide_up(ordinals_, 8) * 8;
  if (first + group.bits > std::numeric_limits<u32>::max())
    fail(ErrorKind::unsupported, "the inode or extent allocators have more than 4294967295 blocks");
  group.first_ordinal = static_cast<u32>(first);
  ordinals_ = group.first_ordinal + group.bits;
  allocated_.resize(divide_up(ordinals_, 8));
  claimed_.resize(allocated_.size());
  for (u32 bit = 0; bit < group.bits; ++bit)
    if (test_bit(bitmap, bit)) set_bit(allocated_, first + bit);
  const u32 index = static_cast<u32>(groups_.size());
  for (const GroupPiece& piece : pieces) pieces_.push_back({piece, index});
  groups_.push_back(group);
}

void BlockLedger::seal() {
  std::vector<u32> order(groups_.size()), place(groups_.size());
  for (u32 i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [this](u32 i) { return groups_[i].descriptor; });
  std::vector<LedgerGroup> sorted;
  for (const u32 i : order) {
    place[i] = static_cast<u32>(sorted.size());
    sorted.push_back(groups_[i]);
  }
  groups_ = std::move(sorted);

  for (Piece& piece : pieces_) piece.group = place[piece.group];
  std::ranges::sort(pieces_, {}, [](const Piece& piece) { return piece.first; });
  by_group_.resize(pieces_.size());
  for (u32 i = 0; i < by_group_.size(); ++i) by_group_[i] = i;
  std::ranges::sort(by_group_, {},
                    [this](u32 i) { return std::pair(pieces_[i].group, pieces_[i].first_bit); });
}

std::optional<BlockLedger::Spot> BlockLedger::find(BlockNo block) const {
  auto piece = std::ranges::upper_bound(pieces_, block, {}, [](const Piece& p) { return p.first; });
  if (piece == pieces_.begin()) return std::nullopt;
  --piece;
  const u64 offset = block - piece->first;
  if (offset >= piece->blocks || piece->first_bit + offset >= groups_[piece->group].bits) return std::nullopt;
  return spot(piece->group, piece->first_bit + static_cast<u32>(offset));
}

std::span<const u32> BlockLedger::pieces_of(u32 group) const {
  const auto range =
      std::ranges::equal_range(by_group_, group, {}, [this](u32 i) { return pieces_[i].group; });
  return {range.begin(), range.end()};
}

BlockNo BlockLedger::block_of(const Spot& spot) const {
  for (const u32 i : pieces_of(spot.group))
    if (spot.bit >= pieces_[i].first_bit && spot.bit - pieces_[i].first_bit < pieces_[i].blocks)
      return pieces_[i].first + (spot.bit - pieces_[i].first_bit);
  require(false);  // the pieces of a group cover its bits
  return {};
}

std::vector<GroupPiece> BlockLedger::pieces(u32 group) const {
  std::vector<GroupPiece> found;
  for (const u32 i : pieces_of(group)) found.push_back(pieces_[i]);
  return found;
}

void BlockLedger::set_allocated(const Spot& spot, bool allocated) {
  allocated ? set_bit(allocated_, spot.ordinal) : clear_bit(allocated_, spot.ordinal);
}

bool BlockLedger::claim(const Spot& spot) {
  if (claimed(spot)) return false;
  set_bit(claimed_, spot.ordinal);
  return true;
}

}  // namespace ocfs2
