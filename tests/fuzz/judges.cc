// SPDX-License-Identifier: GPL-2.0-or-later
//
// Throws arbitrary bytes at everything in ondisk/ that reads them: every judge and description, the walks
// over entries, the decoders of the log, the checks. Nothing may crash, hang or reach outside the bytes, and
// a few promises are held: what a description shows lies inside the block, what is mended verifies, what is
// inserted is found.
//
//     clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -I. tests/fuzz/judges.cc ondisk/*.cc
//
// The first four bytes of the input choose the kind of block, the block size and the volume's features; the
// rest is the block. With -DOCFS2_FUZZ_REPLAY there is a main() that replays the files named, or some
// generated inputs.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "ondisk/bitmap.h"
#include "ondisk/group.h"
#include "ondisk/heartbeat_block.h"
#include "ondisk/image.h"
#include "ondisk/jbd2.h"
#include "ondisk/ocfs1.h"
#include "ondisk/quota.h"
#include "ondisk/refcount.h"
#include "ondisk/slot_map.h"
#include "ondisk/super_inode.h"
#include "ondisk/xattr.h"

#include "ondisk/directory.h"

namespace ocfs2 {
namespace {

constexpr u64 block_number = 9000;
constexpr u32 choice_bytes = 4;

const BlockKind* const kinds[] = {
    &SuperInode::kind,      &Inode::kind,           &ExtentBlock::kind,
    &GroupDescriptor::kind, &DirectoryBlock::kind,  &PlainDirectoryBlock::kind,
    &IndexRoot::kind,       &IndexLeaf::kind,       &XattrBlock::kind,
    &XattrBucket::kind,     &RefcountBlock::kind,   &GlobalQuotaHead::kind,
    &LocalQuotaHead::kind,  &QuotaTreeBlock::kind,  &QuotaLeaf::kind,
    &LocalQuotaChunk::kind, &LocalQuotaBlock::kind,
};

void promise(bool kept) {
  if (!kept) std::abort();
}

VolumeFacts volume_from(ConstBytes choice) {
  const u32 block_bits = 9 + choice[1] % 4;
  return {.geometry = {.block_bits = block_bits, .cluster_bits = 12u + choice[1] / 4 % 9, .clusters = 100000},
          .features = {.compat = 3,
                       .incompat = u32{choice[2]} << 4 | u32{choice[3]} << 12,
                       .ro_compat = choice[3]},
          .generation = 0x24556844,
          .max_slots = 4,
          .uuid_hash = 0x7A037A03,
          .index_seeds = {1, 2, 3}};
}

/// The block as the judge of its kind would look at it: signature, number and generation are right in half
/// the inputs, so that the fuzzer gets beyond them.
void stamp_identity(Bytes block, const BlockKind& kind) {
  const auto put = [&](std::string_view text, std::size_t number_at, std::size_t generation_at) {
    std::copy(text.begin(), text.end(), block.begin());
    as<le64>(block.subspan(number_at)) = block_number;
    as<le32>(block.subspan(generation_at)) = 0x24556844;
  };
  if (&kind == &SuperInode::kind) put("OCFSV2", 0x50, 0x60);
  if (&kind == &Inode::kind) put("INODE01", 0x50, 0x60);
  if (&kind == &ExtentBlock::kind) put("EXBLK01", 0x18, 0x14);
  if (&kind == &GroupDescriptor::kind) put("GROUP01", 0x28, 0x10);
  if (&kind == &IndexRoot::kind) put("DXDIR01", 0x18, 0x14);
  if (&kind == &IndexLeaf::kind) put("DXLEAF1", 0x10, 0x18);
  if (&kind == &XattrBlock::kind) put("XATTR01", 0x10, 0x0C);
  if (&kind == &RefcountBlock::kind) put("REFCNT1", 0x10, 0x0C);
}

void judge_and_describe(ConstBytes block, const BlockKind& kind, const VolumeFacts& volume) {
  Judgement judgement;
  if (kind.judge != nullptr) kind.judge(block, Place{volume, BlockNo(block_number)}, judgement);
  u64 shown = 0;
  describe(block, kind, [&](const std::string&, const Field& field, ConstBytes value) {
    promise(value.empty() ||
            (value.data() >= block.data() && value.data() + value.size() <= block.data() + block.size()));
    if (field.is_number()) shown += field.number_of(value);
  });
}

void try_group(ConstBytes block, const VolumeFacts& volume) {
  const u32 bits_per_cluster = volume.geometry.blocks_per_cluster();
  for (const u32 bit : {0u, 1u, 700u, 65535u})
    if (const auto at = GroupDescriptor::block_of_bit(block, bit, bits_per_cluster))
      GroupDescriptor::bit_of_block(block, *at, bits_per_cluster);
  const ConstBytes bitmap = GroupDescriptor::bitmap(block);
  const u64 bits = as<GroupDescriptor>(block).bits;
  const BitRun run = longest_clear_run(bitmap, 0, bits);
  promise(run.count <= count_clear_bits(bitmap, 0, bits));
  promise(run.count == 0 || find_clear_run(bitmap, 0, bits, run.count) == run);
}

void try_directory(ConstBytes block) {
  std::vector<u8> area(block.begin(), block.end());
  const std::string_view name = "a name to insert";
  if (const auto at = insert_entry(area, name, InodeNo(77), EntryType::regular)) {
    promise(find_entry(area, name).has_value());
    promise(remove_entry(area, *at));
  }
  promise(largest_hole(area) <= area.size());
}

void try_xattrs(ConstBytes block) {
  for (const XattrEntry& entry : XattrHeader::entries(block)) {
    if (const auto suffix = xattr_suffix(block, entry)) xattr_hash(*suffix, 1, CharSign::plain_unsigned);
    xattr_local_value(block, entry);
    if (const auto root = xattr_value_root(block, entry)) clusters_in_leaf(XattrValueRoot::list_bytes(*root));
  }
}

void try_log(ConstBytes block, u32 block_size) {
  for (u32 incompat = 0; incompat < 0x20; incompat += 2) {
    const JournalFormat format{incompat};
    std::vector<JournalTag> tags = read_tags(block, format);
    promise(tags.size() <= block.size() / 8);
    std::vector<u8> descriptor(block_size);
    const u32 written = write_tags(descriptor, 1, tags, format, Uuid{});
    promise(written == 0 || read_tags(descriptor, format).size() == written);
    read_revokes(block, format);
  }
  if (block.size() < journal_super_bytes) return;
  Judgement judgement;
  judge_journal_super(as<JournalSuperBlock>(block), block_size, judgement);
}

void try_checks(ConstBytes block, u32 offset) {
  std::vector<u8> copy(block.begin(), block.end());
  const CheckResult result = verify_and_mend(copy, offset);
  promise((result == CheckResult::bad) != verify_check(copy, offset));
  as<BlockCheck>(Bytes(copy).subspan(offset)) = compute_check(copy, offset);
  promise(verify_and_mend(copy, offset) == CheckResult::good);
  const std::vector<u8> sealed = copy;
  const u32 at = (u32{block[0]} << 8 | block[1]) % static_cast<u32>(copy.size());
  if (at >= offset && at < offset + sizeof(BlockCheck)) return;
  copy[at] ^= static_cast<u8>(1u << (block[2] % 8));
  promise(verify_and_mend(copy, offset) == CheckResult::mended && copy == sealed);
}

void try_small(ConstBytes block) {
  HeartbeatBlock::verify(block);
  decode_slot_map(block, true, 255);
  decode_slot_map(block, false, 255);
  is_ocfs1(block);
  Judgement judgement;
  judge_image_header(as<ImageHeader>(block), judgement);
  const std::string_view text(reinterpret_cast<const char*>(block.data()), 64);
  index_hash(text, std::array<u32, 4>{1, 2, 3, 4}, CharSign::plain_unsigned);
  parse_uuid(text.substr(0, 36));
  parse_feature_list(text);
  split_xattr_name(text);
  if (const auto facts = facts_from(as<Inode>(block))) facts->geometry.backup_supers();
}

void run_one(ConstBytes input) {
  if (input.size() < choice_bytes) return;
  const ConstBytes choice = input.first(choice_bytes);
  const BlockKind& kind = *kinds[choice[0] % std::size(kinds)];
  const VolumeFacts volume = volume_from(choice);
  const u32 bytes = kind.region_bytes != 0 ? kind.region_bytes : volume.geometry.block_size();

  std::vector<u8> block(bytes);
  const ConstBytes content = input.subspan(choice_bytes);
  std::copy_n(content.begin(), std::min<std::size_t>(content.size(), bytes), block.begin());
  if (choice[0] < 128) stamp_identity(block, kind);

  judge_and_describe(block, kind, volume);
  judge_and_describe(content, kind, volume);  // whatever its length
  try_group(block, volume);
  try_directory(block);
  try_xattrs(block);
  try_log(content, volume.geometry.block_size());
  try_checks(block, kind.check_offset == BlockKind::no_check ? 0 : check_position(kind.check_offset, bytes));
  try_small(block);
}

}  // namespace
}  // namespace ocfs2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ocfs2::run_one({data, size});
  return 0;
}

#ifdef OCFS2_FUZZ_REPLAY
int main(int count, char** names) {
  for (int i = 1; i < count; ++i) {
    std::ifstream file(names[i], std::ios::binary);
    const std::vector<std::uint8_t> input{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  if (count > 1) return 0;
  std::uint32_t seed = 1;
  const auto random = [&] { return (seed = seed * 1664525 + 1013904223) >> 16; };
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::uint8_t> input(4 + random() % 4200);
    const std::uint32_t density = 1 + random() % 64;  // sparse blocks come further than noise
    for (std::size_t i = 0; i < input.size(); ++i)
      if (i < 4 || random() % density == 0) input[i] = static_cast<std::uint8_t>(random());
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::puts("20000 generated inputs passed");
  return 0;
}
#endif
