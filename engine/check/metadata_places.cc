// SPDX-License-Identifier: GPL-2.0-or-later
//
// Extent blocks, attribute blocks and refcount blocks say where in the extent allocators they come from
// (spec: ondisk.md 14.42, 69). The survey compared that with where they are; here the wrong ones are mended.
// Index roots say the same, but have their own code (DX_ROOT_SUBALLOC), since an index can be rebuilt.
#include <fmt/format.h>

#include "engine/check/checkup.h"
#include "engine/check/problems/bitmaps.h"
#include "ondisk/extent.h"
#include "ondisk/refcount.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

template <class T>
void correct(Checkup& checkup, const MetadataClaim& claim, const LedgerGroup& group, u32 bit) {
  auto block = checkup.source.look<T>(claim.block, claim.owner);
  const bool unchanged = block && (*block)->block == claim.block.value &&
                         (*block)->suballoc_slot == claim.slot && (*block)->suballoc_bit == claim.bit;
  if (!unchanged) return;  // a repair came before this one
  const std::string detail =
      fmt::format("slot {}, bit {}, group {} instead of slot {}, bit {}, group {}", claim.slot, claim.bit,
                  claim.group.value, group.slot, bit, group.descriptor.value);
  if (!checkup.examiner.resolve(
          problem::METADATA_SUBALLOC,
          {.inode = claim.owner, .block = claim.block, .name = T::kind.name, .detail = detail}))
    return;
  T& mended = block->mend();
  mended.suballoc_slot = group.slot;
  mended.suballoc_bit = static_cast<u16>(bit);
  mended.suballoc_group = group.descriptor.value;
  checkup.settle();
}

void correct_place(Checkup& checkup, const MetadataClaim& claim, const BlockLedger::Spot& spot) {
  const LedgerGroup& group = checkup.survey.metadata_blocks.groups()[spot.group];
  if (claim.kind == &ExtentBlock::kind) correct<ExtentBlock>(checkup, claim, group, spot.bit);
  if (claim.kind == &XattrBlock::kind) correct<XattrBlock>(checkup, claim, group, spot.bit);
  if (claim.kind == &RefcountBlock::kind) correct<RefcountBlock>(checkup, claim, group, spot.bit);
}

}  // namespace

void examine_metadata_place(Checkup& checkup, MetadataClaim& claim) {
  const BlockLedger& ledger = checkup.survey.metadata_blocks;
  const auto spot = ledger.find(claim.block);
  if (!spot || ledger.claimed(*spot) || in_place(claim, ledger.groups()[spot->group], spot->bit)) return;
  correct_place(checkup, claim, *spot);
  claim.kind = nullptr;
}

void check_metadata_places(Checkup& checkup) {
  const BlockLedger& ledger = checkup.survey.metadata_blocks;
  for (const MetadataClaim& claim : checkup.survey.misplaced) {
    const auto spot = ledger.find(claim.block);
    if (spot && ledger.claimed(*spot)) correct_place(checkup, claim, *spot);
  }
}

}  // namespace ocfs2
