// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/quota_edit.h"

#include <fmt/core.h>

#include <random>

#include "engine/error.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/edit_world.h"

namespace ocfs2 {
namespace {

using Catch::Contains;

VolumeWish wish_for(u32 block_size, bool metaecc) {
  VolumeWish wish;
  wish.block_size = block_size;
  wish.features = wish.features | feature::usrquota | feature::grpquota;
  if (metaecc) wish.features = wish.features | feature::metaecc;
  return wish;
}

/// What somebody has and may have.
struct Account {
  u64 space = 0, inodes = 0, soft = 0, hard = 0;
  bool operator==(const Account&) const = default;
  bool empty() const { return *this == Account{}; }
};

class QuotaWorld : public EditWorld {
 public:
  QuotaWorld(u32 block_size, bool metaecc, QuotaType type = QuotaType::user)
      : EditWorld(wish_for(block_size, metaecc)), type_(type), space_(space()) {
    edit([&](Transaction& transaction) {
      const auto root = quota(transaction).find(0);
      REQUIRE(root);  // whoever owns the root directory
      model[0] = {root->space, root->inodes};
    });
  }

  QuotaEdit quota(Transaction& transaction) { return {transaction, space_, type_}; }

  void change(Transaction& transaction, u32 id, s64 space, s64 inodes) {
    const auto add = [](u64& to, s64 change) {
      to = change < 0 && to < static_cast<u64>(-change) ? 0 : to + static_cast<u64>(change);
    };
    quota(transaction).change(id, space, inodes);
    Account& account = model[id];
    add(account.space, space);
    add(account.inodes, inodes);
    settle(transaction, id);
  }
  void set_limits(Transaction& transaction, u32 id, u64 soft, u64 hard) {
    quota(transaction).set_limits(id, {.space_soft_bytes = soft, .inodes_hard = hard});
    model[id].soft = soft;
    model[id].hard = hard;
    settle(transaction, id);
  }

  /// Reads everybody's record, and lets fsck look, which may find another usage than what there is.
  void check() {
    volume().cache().drop_all();
    edit([&](Transaction& transaction) {
      for (const auto& [id, account] : model) REQUIRE(found(transaction, id) == account);
      for (u32 i = 0; i < 50; ++i)
        if (!model.contains(1'000'000 + i)) REQUIRE_FALSE(quota(transaction).find(1'000'000 + i));
    });
    for (const std::string& code : check_volume(device, {.read_only = true, .force = true}).codes)
      REQUIRE(code == "QUOTA_USAGE");
    audit();
  }
  u32 blocks() {
    u32 blocks = 0;
    edit([&](Transaction& transaction) {
      const auto file =
          volume().system_file(type_ == QuotaType::user ? SystemFile::user_quota : SystemFile::group_quota);
      blocks = static_cast<u32>(transaction.read<Inode>(file.block())->size >> geometry().block_bits);
    });
    return blocks;
  }

  std::map<u32, Account> model;

 private:
  Account found(Transaction& transaction, u32 id) {
    const auto record = quota(transaction).find(id);
    if (!record) return {};
    REQUIRE(record->id == id);
    return {record->space, record->inodes, record->space_soft_limit, record->inode_hard_limit};
  }
  void settle(Transaction& transaction, u32 id) {
    REQUIRE(found(transaction, id) == model[id]);
    REQUIRE(quota(transaction).find(id).has_value() == !model[id].empty());
    if (model[id].empty()) model.erase(id);
  }

  QuotaType type_;
  Space space_;
};

/// Many neighbours, and some from all over.
u32 some_id(std::mt19937& dice) {
  return dice() % 4 == 0 ? 0xFFFF'FF00 + dice() % 256 : dice() % 3 * 70'000 + dice() % 300;
}

}  // namespace

TEST_CASE("random changes leave the quota that a map foretells", "[quota]") {
  const u32 block_size = GENERATE(512u, 1024u, 2048u, 4096u);
  const bool metaecc = GENERATE(false, true);
  const QuotaType type = metaecc ? QuotaType::group : QuotaType::user;
  INFO("block size " << block_size << ", metaecc " << metaecc);
  QuotaWorld world(block_size, metaecc, type);
  const std::map<u32, Account> before = world.model;
  const u32 blocks_before = world.blocks();
  std::mt19937 dice(block_size);
  for (u32 round = 0; round < 120; ++round) {
    const bool grows = round % 40 < 28;
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 30; ++i) {
        const u32 id = some_id(dice);
        if (dice() % 12 == 0)
          world.set_limits(transaction, id, dice() % 3 * 4096, dice() % 2 * 10);
        else if (grows)
          world.change(transaction, id, dice() % 100 * 4096, dice() % 3);
        else
          world.change(transaction, id, -s64{1} << 40, -1000);
      }
    });
    if (round % 20 == 19) world.check();
  }
  const u32 blocks = world.blocks();
  REQUIRE(blocks > blocks_before);
  const std::map<u32, Account> crowd = world.model;
  const auto dismiss_all = [&] {
    for (const auto& [id, account] : std::map(world.model))
      world.edit([&](Transaction& transaction) {
        world.set_limits(transaction, id, 0, 0);
        world.change(transaction, id, -static_cast<s64>(account.space), -static_cast<s64>(account.inodes));
      });
    REQUIRE(world.model.empty());
  };
  const auto admit = [&](const std::map<u32, Account>& accounts) {
    world.edit([&](Transaction& transaction) {
      for (const auto& [id, account] : accounts)
        world.change(transaction, id, static_cast<s64>(account.space), static_cast<s64>(account.inodes) + 1);
    });
  };
  for (u32 round = 0; round < 3; ++round) {
    dismiss_all();
    admit(crowd);
    REQUIRE(world.blocks() == blocks);  // what was given up is taken first
  }
  dismiss_all();
  admit(before);
  world.edit([&](Transaction& transaction) { world.change(transaction, 0, 0, -1); });
  world.check();
  REQUIRE(check_volume(world.device, {.read_only = true, .force = true}).texts == std::vector<std::string>());
}

TEST_CASE("what files' owners have is what a checker counts", "[quota]") {
  const u32 block_size = GENERATE(512u, 4096u);
  EditWorld world(wish_for(block_size, true));
  Space space = world.space();
  std::mt19937 dice(3);
  struct File {
    InodeNo inode;
    u32 uid, gid;
  };
  std::vector<File> files;
  for (u32 i = 0; i < 200; ++i)
    world.edit([&](Transaction& transaction) {
      const u32 uid = 1000 + dice() % 60 * 977, gid = dice() % 40;
      const InodeNo file =
          create_inode(transaction, space, {.mode = file_mode::regular | 0644, .uid = uid, .gid = gid});
      link_inode(transaction, space, world.volume().root(), fmt::format("file-{}", i), file);
      const BitRun run = space.allocate_clusters(transaction, 1 + dice() % 5);
      ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(file))))
          .insert({.clusters = run.count,
                   .block = world.geometry().first_block_of(ClusterNo(run.first)),
                   .flags = ExtentRecord::unwritten});
      transaction.edit<Inode>(block_of(file)).size = run.count << world.geometry().cluster_bits;
      const s64 bytes = static_cast<s64>(run.count << world.geometry().cluster_bits);
      QuotaEdit(transaction, space, QuotaType::user).change(uid, bytes, 1);
      QuotaEdit(transaction, space, QuotaType::group).change(gid, bytes, 1);
      files.push_back({file, uid, gid});
    });
  const auto nothing = std::vector<std::string>();
  REQUIRE(check_volume(world.device, {.read_only = true, .force = true}).texts == nothing);
  for (u32 i = 0; i < 150; ++i)
    world.edit([&](Transaction& transaction) {  // cut to nothing
      const File& file = files[i];
      const s64 bytes = s64{transaction.read<Inode>(block_of(file.inode))->clusters}
                        << world.geometry().cluster_bits;
      truncate_inode(transaction, space, file.inode, 0);
      QuotaEdit(transaction, space, QuotaType::user).change(file.uid, -bytes, 0);
      QuotaEdit(transaction, space, QuotaType::group).change(file.gid, -bytes, 0);
    });
  REQUIRE(check_volume(world.device, {.read_only = true, .force = true}).texts == nothing);
}

TEST_CASE("a count never falls below nothing, and a soft limit that is kept ends no time", "[quota]") {
  QuotaWorld world(1024, true);
  world.edit([&](Transaction& transaction) {
    world.change(transaction, 5, 8192, 2);
    world.change(transaction, 5, -20'000, -1);
    REQUIRE(world.quota(transaction).find(5)->space == 0);
    world.set_limits(transaction, 5, 4096, 0);
    world.change(transaction, 5, 9000, 0);
  });
  const auto grace_end = [&](std::optional<u64> set = {}) {
    u64 end = 0;
    world.edit([&](Transaction& transaction) {
      const auto before = world.quota(transaction).find(5);
      end = before->space_grace_end;
      if (!set) return;
      // As the kernel would: through the only leaf that there is.
      const BlockNo file = world.volume().system_file(SystemFile::user_quota).block();
      const auto inode = transaction.read<Inode>(file);
      for (u64 block = 2; block < inode->size >> 10; ++block) {
        const auto run = ExtentTree(transaction, Inode::body(inode.bytes()), "file")
                             .find(static_cast<u32>(block / world.geometry().blocks_per_cluster()));
        const BlockNo at = run->block + block % world.geometry().blocks_per_cluster();
        if (transaction.read<QuotaLeaf>(at)->entries != 2) continue;
        QuotaLeaf::records(transaction.edit_as(at, QuotaLeaf::kind))[1].space_grace_end = *set;
      }
    });
    return end;
  };
  grace_end(1'900'000'000);
  world.edit([&](Transaction& transaction) { world.change(transaction, 5, -100, 0); });
  REQUIRE(grace_end() == 1'900'000'000);
  world.edit([&](Transaction& transaction) { world.change(transaction, 5, -8000, 0); });
  REQUIRE(grace_end() == 0);
}

TEST_CASE("a damaged quota file is refused, and a volume without quota", "[quota]") {
  EditWorld plain;
  plain.edit([&](Transaction& transaction) {
    Space space = plain.space();
    CHECK_THROWS_WITH(QuotaEdit(transaction, space, QuotaType::user), Contains("does not count"));
  });
  const u32 fault = GENERATE(0u, 1u, 2u, 3u);
  QuotaWorld world(4096, false);
  world.edit([&](Transaction& transaction) {
    const auto inode = world.volume().system_file(SystemFile::user_quota);
    const BlockNo head = ExtentTree::of(world.volume().cache(), inode).find(0)->block;
    const auto block = [&](u32 number) {
      return ExtentTree::of(world.volume().cache(), inode).find(number)->block;
    };
    const auto root = QuotaTreeBlock::references(transaction.edit_as(block(1), QuotaTreeBlock::kind));
    if (fault == 0) root[0] = 999u;
    if (fault == 1)
      transaction.edit<GlobalQuotaHead>(head).header.magic = quota_global_magic(QuotaType::group);
    if (fault == 2) root[0] = 1u;
    if (fault == 3)
      std::ranges::fill(QuotaLeaf::records(transaction.edit_as(block(5), QuotaLeaf::kind)), QuotaRecord{});
  });
  world.edit([&](Transaction& transaction) {
    CHECK_THROWS_WITH(world.quota(transaction).change(0, 4096, 1), Contains("fsck.ocfs2"));
    transaction.abort();
  });
}

}  // namespace ocfs2
