// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/chain.h"

#include "ondisk/judging.h"

namespace ocfs2 {
namespace {

constexpr u32 header_bytes = sizeof(ChainList);

u32 used_in(ConstBytes list) {
  if (list.size() < header_bytes) return 0;
  const auto& header = as<ChainList>(list);
  return std::min<u32>(header.used, header.count);
}

}  // namespace

std::span<const ChainRecord> ChainList::chains(ConstBytes list) {
  return records_in<ChainRecord>(list, header_bytes, used_in(list));
}
std::span<ChainRecord> ChainList::chains(Bytes list) {
  return records_in<ChainRecord>(list, header_bytes, used_in(list));
}
std::span<ChainRecord> ChainList::slots(Bytes list) {
  const u32 count = list.size() < header_bytes ? 0 : u32{as<ChainList>(list).count};
  return records_in<ChainRecord>(list, header_bytes, count);
}

void judge_chain_list(ConstBytes list, const Place& place, Judgement& judgement) {
  if (list.size() < header_bytes) return judgement.at_least("cl_count", 0, 1);
  const auto& header = as<ChainList>(list);
  judgement.at_least("cl_cpg", header.clusters_per_group, 1);
  const u32 bits_per_cluster = header.bits_per_cluster;
  judgement.holds(bits_per_cluster == 1 || bits_per_cluster == place.geometry().blocks_per_cluster(),
                  "cl_bpc", "must be 1 or the blocks of a cluster", bits_per_cluster);
  judgement.equal("cl_count", header.count, place.geometry().chain_records_per_inode());
  judgement.at_most("cl_next_free_rec", header.used, header.count);
  for (const ChainRecord& chain : ChainList::chains(list)) {
    judgement.at_most("c_free", chain.free, chain.total);
    judge_reference("c_blkno", chain.block, place, judgement);
    judgement.holds(chain.block != 0 || chain.total == 0, "c_total", "must be 0 in an empty chain",
                    chain.total);
  }
}

void describe_chain_list(ConstBytes list, const std::string& prefix, const FieldVisitor& visit) {
  describe_structure<ChainList>(list, prefix, visit);
  describe_records(ChainList::chains(list), prefix + "cl_recs", visit);
}

}  // namespace ocfs2
