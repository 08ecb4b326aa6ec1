// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/replayed_view.h"

#include <algorithm>

#include "engine/error.h"

namespace ocfs2 {

void ReplayedView::add(JournalReader& log, const LogScan& scan) {
  log.locate(scan, [this](const LoggedBlock& logged) {
    blocks_.push_back({logged.block.value, logged.copy.value, logged.escaped});
  });
  std::ranges::stable_sort(blocks_, {}, &Shown::block);
  // Of several copies the last one counts.
  const auto first = std::unique(blocks_.rbegin(), blocks_.rend(),
                                 [](const Shown& a, const Shown& b) { return a.block == b.block; });
  blocks_.erase(blocks_.begin(), first.base());
}

std::vector<ReplayedView::Piece> ReplayedView::pieces(u64 offset, Bytes into) const {
  std::vector<Piece> found;
  const u64 end = offset + into.size();
  auto shown = std::ranges::lower_bound(blocks_, offset / block_size_, {}, &Shown::block);
  for (; shown != blocks_.end() && shown->block < divide_up(end, block_size_); ++shown) {
    const u64 start = shown->block * block_size_;
    const u64 from = std::max(offset, start);
    const u64 to = std::min(end, start + block_size_);
    found.push_back({&*shown, static_cast<u32>(from - start), into.subspan(from - offset, to - from)});
  }
  return found;
}

void ReplayedView::put_magic_back(const Piece& piece) const {
  const be32 magic = journal_magic;
  const ConstBytes bytes = bytes_of(magic);
  for (std::size_t at = piece.within; at < bytes.size() && at - piece.within < piece.into.size(); ++at)
    piece.into[at - piece.within] = bytes[at];
}

void ReplayedView::read(u64 offset, Bytes into) {
  device_.read(offset, into);
  for (const Piece& piece : pieces(offset, into)) {
    device_.read(piece.shown->copy * block_size_ + piece.within, piece.into);
    if (piece.shown->escaped) put_magic_back(piece);
  }
}

void ReplayedView::read_many(std::span<ReadRequest> requests) {
  device_.read_many(requests);
  std::vector<ReadRequest> copies;
  std::vector<std::pair<Piece, ReadRequest*>> wanted;
  for (ReadRequest& request : requests)
    for (const Piece& piece : pieces(request.offset, request.into)) {
      copies.push_back({piece.shown->copy * block_size_ + piece.within, piece.into});
      wanted.push_back({piece, &request});
    }
  if (copies.empty()) return;
  device_.read_many(copies);
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const auto& [piece, request] = wanted[i];
    if (copies[i].error != 0) request->error = copies[i].error;
    if (piece.shown->escaped) put_magic_back(piece);
  }
}

void ReplayedView::refuse_change() const {
  fail(ErrorKind::invalid_argument, "{}: only a view of the device is open, which cannot be changed", name());
}

}  // namespace ocfs2
