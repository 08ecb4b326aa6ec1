// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/journal_reader.h"

#include <algorithm>

#include "engine/io/block_cache.h"
#include "engine/io/device_errors.h"

namespace ocfs2 {
namespace {

constexpr u32 known_incompat = journal_feature::revoke | journal_feature::wide_blocks |
                               journal_feature::async_commit | journal_feature::checksum_v2 |
                               journal_feature::checksum_v3;
constexpr u8 checksum_type_crc32c = 4;

std::string feature_words(u32 bit) {
  for (const FlagName& row : journal_incompat_names)
    if (row.bit == bit) return fmt::format("\"{}\" ({:#x})", row.name, bit);
  return fmt::format("{:#x}", bit);
}

}  // namespace

u32 journal_super_checksum(const JournalSuperBlock& super) {
  JournalSuperBlock copy = super;
  copy.checksum = 0;
  return crc32c(bytes_of(copy));
}

JournalReader::JournalReader(BlockDevice& device, u32 block_size, LogMap map, ReplayLimits limits,
                             std::string name)
    : device_(device),
      block_size_(block_size),
      map_(std::move(map)),
      limits_(std::move(limits)),
      name_(std::move(name)) {
  read_super();
  format_ = {super_.incompat()};
}

void JournalReader::read_super() {
  const u64 blocks = divide_up(journal_super_bytes, block_size_);
  if (map_.blocks() < blocks)
    fail(ErrorKind::corrupt, "{}: the file has {} blocks, too few for a log; fsck.ocfs2 makes a new one",
         name_, map_.blocks());
  std::vector<u8> bytes(blocks * block_size_);
  for (u32 i = 0; i < blocks; ++i) read_log_block(i, Bytes(bytes).subspan(i * block_size_, block_size_));
  super_ = as<JournalSuperBlock>(ConstBytes(bytes));

  const bool is_super = super_.header.is(JournalBlock::super_v1) || super_.header.is(JournalBlock::super_v2);
  if (!is_super)
    fail(ErrorKind::corrupt,
         "{}: block {} is not the superblock of a log (magic {:#x}, type {}); fsck.ocfs2 makes a new, empty "
         "log",
         name_, map_.at(0).value, u32{super_.header.magic}, u32{super_.header.type});
  check_features();

  // On 512-byte blocks the reference mkfs says that an empty log begins inside the superblock, where nothing
  // can be.
  if (super_.start < super_.first) super_.start = 0;
  Judgement judgement;
  judge_journal_super(super_, block_size_, judgement);
  judgement.at_most("s_maxlen", super_.blocks, map_.blocks());
  if (!judgement.clean())
    fail(ErrorKind::corrupt, "{}: the log's superblock is damaged: {}; fsck.ocfs2 makes a new, empty log",
         name_, fault_text(judgement.faults().front()));
}

void JournalReader::check_features() const {
  constexpr u32 checksums = journal_feature::checksum_v2 | journal_feature::checksum_v3;
  if (const u32 unknown = super_.incompat() & ~known_incompat)
    fail(ErrorKind::unsupported,
         "{}: its log has feature {}, which OCFS2 never uses; mount and unmount the volume "
         "on the system that wrote it",
         name_, feature_words(unknown & -unknown));
  if (super_.header.is(JournalBlock::super_v2) && super_.feature_ro_compat != 0)
    fail(ErrorKind::unsupported,
         "{}: its log has unknown read-only compatible features {:#x}; mount and unmount the "
         "volume on the system that wrote it",
         name_, u32{super_.feature_ro_compat});
  if ((super_.incompat() & checksums) == 0) return;
  if ((super_.incompat() & checksums) == checksums || (super_.compat() & journal_feature::compat_checksum))
    fail(ErrorKind::corrupt,
         "{}: the log's superblock claims two kinds of checksums at once (compat {:#x}, incompat "
         "{:#x}); fsck.ocfs2 makes a new, empty log",
         name_, super_.compat(), super_.incompat());
  if (super_.checksum_type != checksum_type_crc32c)
    fail(ErrorKind::unsupported,
         "{}: its log has checksums of the unknown type {}; mount and unmount the volume on "
         "the system that wrote it",
         name_, super_.checksum_type);
  if (const u32 checksum = journal_super_checksum(super_); checksum != super_.checksum)
    fail(ErrorKind::corrupt,
         "{}: the log's superblock has checksum {:#x} where {:#x} is right; fsck.ocfs2 makes a "
         "new, empty log",
         name_, u32{super_.checksum}, checksum);
}

u32 JournalReader::advance(u32 log_block, u64 count) const {
  const u64 past = log_block - super_.first + count;
  return static_cast<u32>(super_.first + past % log_blocks());
}

void JournalReader::read_log_block(u32 log_block, Bytes into) const {
  device_.read(map_.at(log_block).value * block_size_, into);
}

std::vector<u8> JournalReader::read_data(const LogRecord& descriptor) const {
  std::vector<u8> data(descriptor.tags.size() * block_size_);
  std::vector<ReadRequest> requests;
  for (std::size_t i = 0; i < descriptor.tags.size(); ++i) {
    const u64 offset = map_.at(advance(descriptor.log_block, 1 + i)).value * block_size_;
    const Bytes into = Bytes(data).subspan(i * block_size_, block_size_);
    if (!requests.empty() && requests.back().offset + requests.back().into.size() == offset)
      requests.back().into = {requests.back().into.data(), requests.back().into.size() + block_size_};
    else
      requests.push_back({offset, into});
  }
  device_.read_many(requests);
  for (const ReadRequest& request : requests)
    if (request.error) fail_transfer(device_, "read", request.offset, request.into.size(), request.error);
  return data;
}

bool JournalReader::take_apart(LogRecord& record) const {
  record.tags.clear();
  record.revoked.clear();
  const auto& header = as<JournalHeader>(record.bytes);
  if (header.magic != journal_magic || header.sequence != record.sequence) return false;
  record.type = static_cast<JournalBlock>(u32{header.type});
  if (record.type == JournalBlock::descriptor) record.tags = read_tags(record.bytes, format_);
  if (record.type == JournalBlock::revoke) record.revoked = read_revokes(record.bytes, format_);
  return record.type == JournalBlock::descriptor || record.type == JournalBlock::revoke ||
         record.type == JournalBlock::commit;
}

void JournalReader::walk(const std::function<bool(const LogRecord&)>& consume) const {
  if (empty()) return;
  std::vector<u8> block(block_size_);
  LogRecord record;
  record.log_block = super_.start;
  record.sequence = super_.sequence;
  record.bytes = block;
  // Each block of the log is taken once at most: a log that seems to be longer goes in a circle.
  for (u64 left = log_blocks(); left > 0;) {
    read_log_block(record.log_block, block);
    if (!take_apart(record)) return;
    const u64 length = 1 + record.tags.size();
    if (length > left) return;
    left -= length;
    record.next_log_block = advance(record.log_block, length);
    if (!consume(record)) return;
    record.log_block = record.next_log_block;
    if (record.type == JournalBlock::commit) ++record.sequence;
  }
}

std::string JournalReader::misplaced(BlockNo target) const {
  if (target.value >= limits_.volume_blocks)
    return fmt::format("beyond the volume's {} blocks", limits_.volume_blocks);
  if (target < super_block_no) return "before the volume's superblock";
  if (map_.contains(target)) return "inside this journal";
  if (std::ranges::any_of(limits_.forbidden, [target](const auto& run) { return run.contains(target); }))
    return "inside another journal";
  return {};
}

void JournalReader::visit(const LogScan& scan, const std::function<void(const LogRecord&)>& show) {
  walk([&](const LogRecord& record) {
    if (!sequence_after(scan.end_sequence, record.sequence)) return false;
    show(record);
    return true;
  });
}

JournalReader::Revocations JournalReader::revocations(const LogScan& scan) {
  if (!scan.damage.empty()) throw Error(ErrorKind::corrupt, scan.damage);
  Revocations revoked;
  visit(scan, [&](const LogRecord& record) {
    for (const BlockNo block : record.revoked) revoked[block] = record.sequence;
  });
  return revoked;
}

void JournalReader::locate(const LogScan& scan, const std::function<void(const LoggedBlock&)>& use) {
  const Revocations revoked = revocations(scan);
  visit(scan, [&](const LogRecord& record) {
    for (std::size_t i = 0; i < record.tags.size(); ++i) {
      const JournalTag& tag = record.tags[i];
      const auto revoke = revoked.find(tag.block);
      if (revoke != revoked.end() && !sequence_after(record.sequence, revoke->second)) continue;
      use({tag.block, map_.at(advance(record.log_block, 1 + i)), tag.escaped()});
    }
  });
}

u64 JournalReader::replay(const LogScan& scan, const Sink& sink) {
  const Revocations revoked = revocations(scan);
  u64 replayed = 0;
  visit(scan, [&](const LogRecord& record) {
    if (record.tags.empty()) return;
    std::vector<u8> data = read_data(record);
    std::map<BlockNo, ConstBytes> blocks;
    for (std::size_t i = 0; i < record.tags.size(); ++i) {
      const JournalTag& tag = record.tags[i];
      const auto revoke = revoked.find(tag.block);
      if (revoke != revoked.end() && !sequence_after(record.sequence, revoke->second)) continue;
      const Bytes block = Bytes(data).subspan(i * block_size_, block_size_);
      if (tag.escaped()) as<be32>(block) = journal_magic;
      blocks[tag.block] = block;
    }
    std::vector<BlockImage> images;
    for (const auto& [block, bytes] : blocks) images.push_back({block, bytes});
    replayed += images.size();
    if (!images.empty()) sink(images);
  });
  return replayed;
}

}  // namespace ocfs2
