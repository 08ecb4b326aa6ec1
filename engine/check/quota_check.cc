// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pass 5: quota files against what the inodes use (spec: fsck-checks.md B8; ondisk.md 11, 14.81 to 83). Usage
// is known from pass 1, so of a damaged file only the limits matter: they are searched for in every block,
// and the file is written anew.
#include <fmt/format.h>

#include <algorithm>

#include "engine/check/problems/quota.h"
#include "engine/check/quota_global.h"

namespace ocfs2 {
namespace {

/// What a slot has not told the global file yet.
struct Pending {
  s64 space = 0, inodes = 0;
};
struct PendingChanges : std::map<u32, Pending> {
  bool emptied = false;  ///< they stand in no slot's file any more
  Pending of(u32 id) const {
    const auto change = find(id);
    return change == end() ? Pending() : change->second;
  }
};

bool is_quota_inode(Checkup& checkup, InodeNo inode) {
  const auto patient = checkup.source.look<Inode>(block_of(inode), inode);
  return patient && (*patient)->has_flag(inode_flag::valid) &&
         (*patient)->body_kind() == InodeBody::extent_list;
}

class LocalFileCheck {
 public:
  LocalFileCheck(Checkup& checkup, QuotaType type, SystemFile file, u32 slot, InodeNo inode)
      : checkup_(checkup),
        type_(type),
        slot_(slot),
        file_(checkup, file, slot, inode),
        geometry_{checkup.geometry().block_size()} {}

  void run(PendingChanges& changes) {
    u64 used = 0;
    const std::string fault = read(changes, used);
    Facts facts{.inode = file_.inode(), .count = used, .slot = slot_, .name = file_.name(), .detail = fault};
    bool renew = false;
    if (!fault.empty())
      renew = checkup_.examiner.resolve(problem::QUOTA_LOCAL_INVALID, facts);
    else if (used > 0 || !clean_)
      renew = checkup_.examiner.resolve(problem::QUOTA_LOCAL_UNCLEAN, facts);
    if (renew) write_anew();
    changes.emptied |= renew && used > 0;
  }

 private:
  /// What is wrong with it, in words; empty when nothing is.
  std::string read(PendingChanges& changes, u64& used);
  void read_block(u32 block, ConstBytes bitmap, u64 first_bit, PendingChanges& changes, u64& used);
  void write_anew();

  static constexpr u32 blocks_min = 2;  ///< its head, and that of a chunk

  Checkup& checkup_;
  QuotaType type_;
  u32 slot_;
  QuotaFile file_;
  QuotaGeometry geometry_;
  bool clean_ = true;
};

std::string LocalFileCheck::read(PendingChanges& changes, u64& used) {
  if (file_.blocks() < blocks_min) return "it is too short";
  const auto head = file_.look(0, LocalQuotaHead::kind);
  if (!head || head->check() != CheckResult::good) return "its head cannot be read or has a wrong checksum";
  const auto& info = as<LocalQuotaHead>(head->bytes());
  if (info.header.magic != quota_local_magic(type_) || info.header.version != 0)
    return fmt::format("its head says 0x{:x}, version {}", u32{info.header.magic}, u32{info.header.version});
  if (info.info.blocks != file_.blocks())
    return fmt::format("it counts {} blocks and has {}", u32{info.info.blocks}, file_.blocks());
  const u64 chunks = info.info.chunks;
  const bool chunks_fit = chunks >= 1 &&
                          geometry_.chunk_file_block(static_cast<u32>(chunks - 1)) < file_.blocks() &&
                          geometry_.chunk_file_block(static_cast<u32>(chunks)) >= file_.blocks();
  if (!chunks_fit) return fmt::format("it counts {} chunks, which is not what its size asks for", chunks);
  clean_ = (info.info.flags & LocalQuotaInfo::clean) != 0;
  for (u32 chunk = 0; chunk < chunks; ++chunk) {
    const u32 first = static_cast<u32>(geometry_.chunk_file_block(chunk));
    const u32 data = std::min(file_.blocks() - first - 1, geometry_.blocks_per_chunk());
    const auto header = file_.look(first, LocalQuotaChunk::kind);
    if (!header || header->check() != CheckResult::good) return fmt::format("chunk {} is damaged", chunk);
    const ConstBytes bitmap = LocalQuotaChunk::bitmap(header->bytes());
    const u64 slots = u64{data} * geometry_.local_records_per_block();
    const u64 in_use = count_set_bits(bitmap, 0, slots);
    if (as<LocalQuotaChunk>(header->bytes()).free != slots - in_use)
      return fmt::format("chunk {} counts {} free entries and has {}", chunk,
                         u32{as<LocalQuotaChunk>(header->bytes()).free}, slots - in_use);
    for (u32 i = 0; i < data; ++i)
      read_block(first + 1 + i, bitmap, u64{i} * geometry_.local_records_per_block(), changes, used);
  }
  return {};
}

void LocalFileCheck::read_block(u32 block, ConstBytes bitmap, u64 first_bit, PendingChanges& changes,
                                u64& used) {
  if (find_set_bit(bitmap, first_bit, first_bit + geometry_.local_records_per_block()) ==
      first_bit + geometry_.local_records_per_block())
    return;
  const auto patient = file_.look(block, LocalQuotaBlock::kind);
  if (!patient) return;
  const auto records = LocalQuotaBlock::records(patient->bytes());
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!test_bit(bitmap, first_bit + i)) continue;
    ++used;
    Pending& change = changes[static_cast<u32>(records[i].id)];
    change.space =
        static_cast<s64>(static_cast<u64>(change.space) + static_cast<u64>(records[i].space_delta()));
    change.inodes =
        static_cast<s64>(static_cast<u64>(change.inodes) + static_cast<u64>(records[i].inode_delta()));
  }
}

/// An empty chunk for every stretch of the file that has one.
void LocalFileCheck::write_anew() {
  if (file_.blocks() < blocks_min && !file_.grow(blocks_min))
    return checkup_.examiner.could_not_mend(problem::QUOTA_LOCAL_INVALID);
  checkup_.mender->commit();
  Transaction& transaction = checkup_.mender->transaction();
  auto& head = as<LocalQuotaHead>(transaction.create_bytes(file_.place(0), LocalQuotaHead::kind));
  head.header.magic = quota_local_magic(type_);
  u32 chunks = 0;
  for (; geometry_.chunk_file_block(chunks) < file_.blocks(); ++chunks) {
    const u32 first = static_cast<u32>(geometry_.chunk_file_block(chunks));
    const u32 data = std::min(file_.blocks() - first - 1, geometry_.blocks_per_chunk());
    auto& header = as<LocalQuotaChunk>(transaction.create_bytes(file_.place(first), LocalQuotaChunk::kind));
    header.free = data * geometry_.local_records_per_block();
    for (u32 i = 0; i < data; ++i)
      transaction.create_bytes(file_.place(first + 1 + i), LocalQuotaBlock::kind);
  }
  head.info = {.flags = LocalQuotaInfo::clean, .chunks = chunks, .blocks = file_.blocks()};
  checkup_.mender->commit();
}

/// Usage as the global file should have it.
struct Expected {
  u64 space_min = 0, space_max = 0, inodes_min = 0, inodes_max = 0;  ///< anything between is right
  u64 space = 0, inodes = 0;                                         ///< what is entered

  bool holds(const QuotaRecord& record, const Pending& pending) const {
    const u64 space_now = record.space + static_cast<u64>(pending.space);
    const u64 inodes_now = record.inodes + static_cast<u64>(pending.inodes);
    return space_now >= space_min && space_now <= space_max && inodes_now >= inodes_min &&
           inodes_now <= inodes_max;
  }
};

class UsageCheck {
 public:
  UsageCheck(Checkup& checkup, QuotaType type, GlobalQuota& global, const PendingChanges& pending)
      : checkup_(checkup),
        usage_(type == QuotaType::user ? checkup.survey.users : checkup.survey.groups),
        global_(global),
        pending_(pending) {
    const auto root = checkup.source.look<Inode>(block_of(checkup.volume.root()), checkup.volume.root());
    if (!root) return;
    root_owner_ = type == QuotaType::user ? (*root)->uid : (*root)->gid;
    root_bytes_ = u64{(*root)->clusters} << checkup.geometry().cluster_bits;
  }

  /// Compares, asks, and writes the file where something is to be mended.
  void run();

 private:
  Expected expected(const Usage& usage) const;
  void compare();
  bool ask();

  Checkup& checkup_;
  UsageTable& usage_;
  GlobalQuota& global_;
  const PendingChanges& pending_;
  std::optional<u32> root_owner_;
  u64 root_bytes_ = 0;
  std::vector<u32> wrong_;
  std::string words_;
};

/// The kernel does not count the root directory, tools do (spec: ondisk.md 11.5).
Expected UsageCheck::expected(const Usage& usage) const {
  Expected wanted{usage.space, usage.space + usage.unsure, usage.inodes, usage.inodes, usage.space,
                  usage.inodes};
  if (usage.id != root_owner_) return wanted;
  wanted.space_min -= std::min(wanted.space_min, root_bytes_);
  wanted.inodes_min -= std::min<u64>(wanted.inodes_min, 1);
  return wanted;
}

void UsageCheck::compare() {
  constexpr std::size_t words_max = 6;
  const auto check = [&](u32 id, const QuotaRecord& record, const Expected& wanted) {
    if (wanted.holds(record, pending_.of(id))) return;
    wrong_.push_back(id);
    if (wrong_.size() <= words_max)
      words_ +=
          fmt::format("{}id {} has {} bytes and {} inodes instead of {} and {}", words_.empty() ? "" : "; ",
                      id, u64{record.space}, u64{record.inodes}, wanted.space, wanted.inodes);
  };
  for (const auto& [id, entry] : global_.entries()) {
    const Usage* const used = usage_.find(id);
    check(id, entry.record, used != nullptr ? expected(*used) : Expected());
  }
  for (const Usage& used : usage_.all())
    if (!global_.entries().contains(used.id)) check(used.id, QuotaRecord{}, expected(used));
  if (wrong_.size() > words_max) words_ += fmt::format("; and {} more", wrong_.size() - words_max);
}

bool UsageCheck::ask() {
  if (wrong_.empty()) return false;
  return checkup_.examiner.resolve(problem::QUOTA_USAGE, {.inode = global_.file().inode(),
                                                          .count = wrong_.size(),
                                                          .name = global_.file().name(),
                                                          .detail = words_});
}

void UsageCheck::run() {
  const std::span<const Usage> all = usage_.all();
  if (!global_.rebuild()) {
    if (global_.unsound()) return;  // what it says proves nothing
    compare();
    if (!ask() && !pending_.emptied) return;
  }
  if (checkup_.mender == nullptr) return;
  for (const Usage& used : all) {
    const Pending later =
        pending_.emptied ? Pending() : pending_.of(used.id);  // what a slot will still enter
    global_.set_usage(used.id, used.space - static_cast<u64>(later.space),
                      used.inodes - static_cast<u64>(later.inodes));
  }
  for (const auto& [id, entry] : global_.entries())
    if (usage_.find(id) == nullptr) global_.set_usage(id, 0, 0);
  if (!global_.write())
    checkup_.examiner.could_not_mend(global_.rebuild() ? *global_.rebuild() : problem::QUOTA_USAGE);
}

void check_kind(Checkup& checkup, QuotaType type, SystemFile global, SystemFile local) {
  PendingChanges pending;
  for (u32 slot = 0; slot < checkup.facts().max_slots; ++slot)
    if (const auto inode = checkup.survey.system.find(local, slot); inode && is_quota_inode(checkup, *inode))
      LocalFileCheck(checkup, type, local, slot, *inode).run(pending);
  const auto inode = checkup.survey.system.find(global);
  if (!inode || !is_quota_inode(checkup, *inode)) return;
  GlobalQuota file(checkup, type, global, *inode);
  file.examine();
  UsageCheck(checkup, type, file, pending).run();
  checkup.settle();
}

}  // namespace

void check_quota(Checkup& checkup) {
  const bool users = checkup.has(feature::usrquota), groups = checkup.has(feature::grpquota);
  if (!users && !groups) return;
  checkup.reporter.stage("Pass 5: Checking quota information");
  if (checkup.mender != nullptr) checkup.mender->commit();
  if (users) check_kind(checkup, QuotaType::user, SystemFile::user_quota, SystemFile::local_user_quota);
  if (groups) check_kind(checkup, QuotaType::group, SystemFile::group_quota, SystemFile::local_group_quota);
}

}  // namespace ocfs2
