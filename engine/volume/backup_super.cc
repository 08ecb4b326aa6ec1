// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/backup_super.h"

#include <algorithm>

#include "engine/error.h"

namespace ocfs2 {

std::vector<u8> backup_of_super(const VolumeFacts& facts, ConstBytes primary, BlockNo at) {
  std::vector<u8> bytes(primary.begin(), primary.end());
  as<SuperInode>(Bytes(bytes)).block = at.value;
  seal(SuperInode::kind, facts, bytes);
  return bytes;
}

void write_backup_supers(Transaction& transaction, BlockNo end) {
  const auto primary = transaction.read<SuperInode>(super_block_no);
  if (!primary->super.features().has(feature::backup_super)) return;
  const auto facts = facts_from(*primary);
  require(facts.has_value());
  for (u32 index = 0; index < facts->geometry.backup_supers(); ++index) {
    const BlockNo at = facts->geometry.backup_super_block(index);
    const std::vector<u8> backup = backup_of_super(*facts, primary.bytes(), at);
    if (at >= end)
      transaction.write_data(at, backup);
    else
      std::ranges::copy(backup, transaction.create_bytes(at, SuperInode::kind).begin());
  }
}

}  // namespace ocfs2
