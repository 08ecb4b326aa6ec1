// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first pass over a log: which transactions are complete, and whether what they say can be believed.
#include "engine/error.h"
#include "engine/journal/journal_reader.h"

namespace ocfs2 {
namespace {

/// The checksums that a log may have. Version 1 is a sum over a whole transaction in its commit block;
/// versions 2 and 3 are sums of every block, seeded with the log's UUID.
class LogChecksums {
 public:
  explicit LogChecksums(const JournalSuperBlock& super)
      : whole_((super.compat() & journal_feature::compat_checksum) != 0),
        short_tags_((super.incompat() & journal_feature::checksum_v2) != 0),
        blocks_(JournalFormat{super.incompat()}.tail_bytes() != 0),
        seed_(crc32c(super.uuid)) {}

  bool cover_data() const { return whole_ || blocks_; }

  /// Takes a descriptor and its data into the sum of the transaction.
  void add(ConstBytes descriptor, ConstBytes data) {
    sum_ = crc32_big_endian(data, crc32_big_endian(descriptor, sum_));
  }
  void next_transaction() { sum_ = 0xFFFFFFFF; }

  /// A descriptor or revoke block: the sum is in its last four bytes.
  bool tail_agrees(ConstBytes block) const {
    if (!blocks_) return true;
    const ConstBytes tail = block.last(4);
    const u32 sum = crc32c(zero_word, crc32c(block.first(block.size() - 4), seed_));
    return as<be32>(tail) == sum;
  }
  bool data_agrees(const JournalTag& tag, u32 sequence, ConstBytes data) const {
    if (!blocks_) return true;
    const be32 on_disk = sequence;
    const u32 sum = crc32c(data, crc32c(bytes_of(on_disk), seed_));
    return tag.checksum == (short_tags_ ? sum & 0xFFFF : sum);
  }
  bool commit_agrees(ConstBytes block) const {
    const auto& commit = as<CommitBlock>(block);
    const u32 found = commit.checksum[0];
    if (blocks_) {
      std::vector<u8> copy(block.begin(), block.end());
      as<CommitBlock>(Bytes(copy)).checksum[0] = 0;
      return found == crc32c(copy, seed_);
    }
    if (!whole_) return true;
    // A kernel that was mounted without async commit leaves the fields of such a log empty.
    if (commit.checksum_type == 0 && commit.checksum_size == 0 && found == 0) return true;
    return commit.checksum_type == CommitBlock::checksum_crc32 &&
           commit.checksum_size == CommitBlock::checksum_bytes && found == sum_;
  }

 private:
  static constexpr std::array<u8, 4> zero_word{};
  bool whole_, short_tags_, blocks_;
  u32 seed_;
  u32 sum_ = 0xFFFFFFFF;
};

}  // namespace

class JournalReader::Scanner {
 public:
  explicit Scanner(const JournalReader& log)
      : log_(log), sums_(log.super_), async_((log.super_.incompat() & journal_feature::async_commit) != 0) {
    scan_.end_sequence = log.super_.sequence;
  }

  /// Takes the next record; false when the log ends here.
  bool take(const LogRecord& record) {
    if (!begun_) open_ = {.sequence = record.sequence, .log_block = record.log_block};
    begun_ = true;
    if (record.type == JournalBlock::descriptor) take_descriptor(record);
    if (record.type == JournalBlock::revoke) take_revokes(record);
    return record.type != JournalBlock::commit || take_commit(record);
  }

  LogScan result() {
    // One transaction may have been under way. Behind damage there may be whole ones, but not more than
    // blocks.
    scan_.next_sequence = scan_.end_sequence + (scan_.damage.empty() ? 1 : log_.log_blocks());
    return std::move(scan_);
  }

 private:
  void take_descriptor(const LogRecord& record) {
    open_.blocks += static_cast<u32>(record.tags.size());
    check_tail(record, "descriptor");
    for (const JournalTag& tag : record.tags)
      if (const std::string where = log_.misplaced(tag.block); !where.empty() && misplaced_.empty())
        misplaced_ = fault(record, fmt::format("block {} of the volume, {}", tag.block.value, where));
    if (sums_.cover_data()) check_data(record);
  }

  void check_data(const LogRecord& record) {
    const std::vector<u8> data = log_.read_data(record);
    sums_.add(record.bytes, data);
    for (std::size_t i = 0; i < record.tags.size(); ++i) {
      const ConstBytes block = ConstBytes(data).subspan(i * log_.block_size_, log_.block_size_);
      if (!sums_.data_agrees(record.tags[i], record.sequence, block))
        bad_checksum(record, fmt::format("the new content of block {}", record.tags[i].block.value));
    }
  }

  void take_revokes(const LogRecord& record) {
    open_.revokes += static_cast<u32>(record.revoked.size());
    check_tail(record, "revoke block");
  }

  bool take_commit(const LogRecord& record) {
    open_.commit_seconds = as<CommitBlock>(record.bytes).seconds;
    if (!sums_.commit_agrees(record.bytes)) bad_checksum(record, "the commit block");
    if (!unfinished_.empty()) return damaged(unfinished_);  // something complete follows: it was not the end
    if (!bad_checksum_.empty()) {
      if (open_.commit_seconds < last_commit_seconds_) return false;  // a relic of the log's last round
      if (!async_) return damaged(bad_checksum_);
      unfinished_ = bad_checksum_;
    } else if (!misplaced_.empty()) {
      return damaged(misplaced_);
    } else {
      scan_.transactions.push_back(open_);
      scan_.end_sequence = record.sequence + 1;
    }
    last_commit_seconds_ = open_.commit_seconds;
    begun_ = false;
    bad_checksum_.clear();
    sums_.next_transaction();
    return true;
  }

  void check_tail(const LogRecord& record, std::string_view what) {
    if (!sums_.tail_agrees(record.bytes)) bad_checksum(record, what);
  }
  void bad_checksum(const LogRecord& record, std::string_view what) {
    if (bad_checksum_.empty()) bad_checksum_ = fault(record, fmt::format("a wrong checksum for {}", what));
  }
  std::string fault(const LogRecord& record, std::string_view what) const {
    return fmt::format("{}: transaction {} of its log (log block {}) has {}; fsck.ocfs2 can go on without it",
                       log_.name_, record.sequence, record.log_block, what);
  }
  bool damaged(const std::string& what) {
    scan_.damage = what;
    return false;
  }

  const JournalReader& log_;
  LogChecksums sums_;
  bool async_;  ///< commit blocks may be written ahead of their data
  LogScan scan_;
  LoggedTransaction open_;
  bool begun_ = false;
  // The first fault of the transaction being read. It counts only once the transaction turns out to be
  // complete: what the machine was writing when it died may look like anything.
  std::string bad_checksum_, misplaced_;
  std::string unfinished_;  ///< why the transaction before this one was not taken
  u64 last_commit_seconds_ = 0;
};

LogScan JournalReader::scan() {
  Scanner scanner(*this);
  walk([&](const LogRecord& record) { return scanner.take(record); });
  return scanner.result();
}

}  // namespace ocfs2
