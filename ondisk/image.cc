// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/image.h"

#include <algorithm>

namespace ocfs2 {

void judge_image_header(const ImageHeader& header, Judgement& judgement) {
  judgement.equal("hdr_magic", header.magic, ImageHeader::magic_number);
  judgement.holds(header.says_image(), "hdr_magic_string", "must be \"OCFS2 IMAGE\"");
  judgement.equal("hdr_version", header.version, ImageHeader::version_number);
  const u64 block_size = header.block_size;
  judgement.holds(
      block_size >= block_size_min && block_size <= block_size_max && std::has_single_bit(block_size),
      "hdr_fsblksz", "must be 512, 1024, 2048 or 4096", block_size);
  judgement.equal("hdr_bmpblksz", header.bitmap_block_bytes, ImageHeader::bitmap_block_size);
  judgement.at_least("hdr_fsblkcnt", header.volume_blocks, super_block_no.value + 1);
  judgement.at_most("hdr_fsblkcnt", header.volume_blocks,
                    volume_clusters_max * (cluster_size_max / block_size_min));
  judgement.at_most("hdr_imgblkcnt", header.stored_blocks, header.volume_blocks);
  judgement.at_most("hdr_superblkcnt", header.super_count, backup_super_count_max);
  for (u64 i = 0; i < std::min<u64>(header.super_count, backup_super_count_max); ++i)
    judgement.at_most("hdr_superblocks", header.super_blocks[i], header.stored_blocks);
}

}  // namespace ocfs2
