// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/guard.h"

#include <sys/vfs.h>
#include <catch2/catch.hpp>

#include "engine/cluster/guard_locks.h"
#include "engine/volume/extent_tree.h"
#include "ondisk/heartbeat_block.h"
#include "tests/worlds/scratch_directory.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {
namespace {

using Lines = std::vector<std::string>;
using Basis = ClusterGuard::Basis;

/// A volume of the cluster "prod", seen from a host whose /sys, /etc and dlmfs are folders, with a clock that
/// stands still for us.
class GuardedWorld final : public Clock {
 public:
  explicit GuardedWorld(bool global = false, const std::string& stack = "o2cb")
      : disk({.local = false,
              .cluster = ClusterInfo{.stack = stack, .name = "prod", .global_heartbeat = global}}) {
    host.text_file("etc/ocfs2/cluster.conf",
                   "node:\n\tnumber = 3\n\tname = kvm3\n\tcluster = prod\n\n"
                   "cluster:\n\tname = prod\n\n"
                   "heartbeat:\n\tregion = 0123456789ABCDEF0123456789ABCDEF\n\tcluster = prod\n");
  }

  u64 now_ms() override { return now_; }
  void sleep_ms(u64 duration_ms) override {
    now_ += duration_ms;
    if (beating) beat(disk, *beating, now_);
  }
  u64 waited_ms() const { return now_ - 1000; }

  void beat(VolumeWorld& where, u32 node, u64 sequence, u64 generation = 1) {
    const HeartbeatRegion region = heartbeat_region(where.volume());
    std::vector<u8> sector(512);
    auto& block = as<HeartbeatBlock>(Bytes(sector));
    block.sequence = sequence;
    block.node = static_cast<u8>(node);
    block.generation = generation;
    block.dead_ms = 62000;
    HeartbeatBlock::seal(sector);
    where.device.write(TestKey{}, region.offset + node * 512, sector);
  }
  void put_in_slot(u32 slot, u32 node) {
    Volume& volume = disk.volume();
    const auto inode = volume.system_file(SystemFile::slot_map);
    const u64 offset = volume.geometry().byte_of(ExtentTree::of(volume.cache(), inode).find(0)->block);
    std::vector<u8> map(4096);
    disk.device.read(offset, map);
    set_slot(map, volume.has(feature::extended_slotmap), slot, node);
    disk.device.write(TestKey{}, offset, map);
  }
  void dirty_journal(u32 slot) {
    Volume& volume = disk.volume();
    const u64 offset =
        volume.geometry().byte_of(block_of(*volume.find_system_file(SystemFile::journal, slot)));
    std::vector<u8> block(volume.geometry().block_size());
    disk.device.read(offset, block);
    as<Inode>(Bytes(block)).journal.flags = JournalState::dirty;
    seal(Inode::kind, volume.facts(), block);
    disk.device.write(TestKey{}, offset, block);
  }
  /// This host joins the cluster as node 1.
  void join_cluster(const std::string& name = "prod", const std::string& mode = "local") {
    host.text_file("sys/fs/ocfs2/cluster_stack", "o2cb\n");
    const std::string cluster = "sys/kernel/config/cluster/" + name + "/";
    host.text_file(cluster + "heartbeat/mode", mode + "\n");
    host.text_file(cluster + "node/here/num", "1\n");
    host.text_file(cluster + "node/here/local", "1\n");
    std::filesystem::create_directories(host / (cluster + "heartbeat/" + disk.volume().uuid()));
    std::filesystem::create_directories(domain());
  }
  std::string region() { return host / ("sys/kernel/config/cluster/prod/heartbeat/" + disk.volume().uuid()); }
  std::string domain() { return host / ("dlm/" + disk.volume().uuid()); }
  /// Somebody has a lock: what opening a running program for writing answers is what dlmfs answers then.
  void lock_elsewhere(const std::string& lock) {
    std::filesystem::create_symlink("/proc/self/exe", domain() + "/" + lock);
  }

  GuardOutcome ask(const GuardWish& wish) {
    struct statfs kind {};
    statfs((host / "").c_str(), &kind);
    SilentReporter reporter;
    const GuardWorld world{*this, host / "", {host / "dlm", static_cast<long>(kind.f_type)}, find_volume};
    return guard_volume(disk.volume(), wish, world, reporter);
  }

  VolumeWorld disk;
  ScratchDirectory host;
  std::optional<u32> beating;  ///< a living node
  std::function<std::unique_ptr<BlockDevice>(const std::string&)> find_volume;

 private:
  u64 now_ = 1000;
};

const GuardWish look{.writing = false};
const GuardWish change{.writing = true};
const GuardWish forced{.writing = true, .force = true};
GuardWish claiming(OfflineClaim claim) { return {.writing = true, .offline = std::move(claim)}; }

}  // namespace

TEST_CASE("a local volume needs no cluster", "[guard]") {
  GuardedWorld world;
  VolumeWorld local;
  SilentReporter reporter;

  const auto outcome = guard_volume(local.volume(), change, {.clock = world}, reporter);

  REQUIRE(outcome.guard->basis() == Basis::local);
  REQUIRE(world.waited_ms() == 0);
}

TEST_CASE("a node that beats is named, and nobody may touch its volume", "[guard]") {
  GuardedWorld world;
  world.put_in_slot(0, 3);
  world.beat(world.disk, 3, 500);
  world.beating = 3;
  const GuardWish wishes[] = {look, change, forced, claiming({.all = true})};
  const std::size_t which = GENERATE(0u, 1u, 2u, 3u);

  const auto outcome = world.ask(wishes[which]);

  REQUIRE(outcome.guard == nullptr);
  REQUIRE(outcome.refusal.find("is in use: node 3 (kvm3) is alive") != std::string::npos);
  REQUIRE(world.waited_ms() == 500);
  REQUIRE(outcome.evidence.words() == Lines{"node 3 (kvm3) is alive: its heartbeat block changed once in 1 s",
                                            "slot 0 says node 3 (kvm3), which is alive"});
}

TEST_CASE("a node that was killed is watched for its dead time; then its volume may be read", "[guard]") {
  GuardedWorld world;
  world.put_in_slot(0, 3);
  world.dirty_journal(0);
  world.beat(world.disk, 3, 500);

  const auto outcome = world.ask(look);

  REQUIRE(outcome.guard->basis() == Basis::silence);
  REQUIRE(world.waited_ms() == 62000);
  REQUIRE(outcome.evidence.words() ==
          Lines{"node 3 (kvm3) is dead: its heartbeat block did not change in 62 s",
                "slot 0 says node 3 (kvm3), no beat for 62 s; its journal was not emptied"});
}

TEST_CASE("silence is not enough to write, but the administrator's word is", "[guard]") {
  GuardedWorld world;
  world.put_in_slot(0, 3);
  world.beat(world.disk, 3, 500);

  SECTION("nobody answers for the node") {
    const auto outcome = world.ask(change);
    REQUIRE(outcome.guard == nullptr);
    REQUIRE(outcome.no_lock == "no cluster is running on this host");
    REQUIRE(outcome.refusal.find("--assume-offline") != std::string::npos);
  }
  SECTION("somebody does, and does not wait for its death") {
    REQUIRE(world.ask(claiming({.all = true})).guard->basis() == Basis::claim);
    REQUIRE(world.waited_ms() == 10'000);
    REQUIRE(world.ask(claiming({.nodes = {3}})).guard != nullptr);
  }
  SECTION("somebody does, for another node") {
    const auto outcome = world.ask(claiming({.nodes = {2, 4}}));
    REQUIRE(outcome.guard == nullptr);
    REQUIRE(outcome.refusal.find("node 3 (kvm3) may have it mounted") != std::string::npos);
  }
  SECTION("the user takes the check off") {
    const auto outcome = world.ask(forced);
    REQUIRE(outcome.guard->basis() == Basis::force);
    REQUIRE_FALSE(outcome.evidence.all_left());
  }
}

TEST_CASE("a volume that everybody left cleanly is settled at once", "[guard]") {
  GuardedWorld world;
  world.beat(world.disk, 3, 500, 0);

  const auto outcome = world.ask(forced);

  REQUIRE(outcome.guard->basis() == Basis::force);
  REQUIRE(outcome.evidence.all_left());
  REQUIRE(world.waited_ms() == 0);
}

TEST_CASE("a slot with a journal to replay is no clean leave", "[guard]") {
  GuardedWorld world;
  world.dirty_journal(1);

  const auto outcome = world.ask(forced);

  REQUIRE_FALSE(outcome.evidence.all_left());
  REQUIRE(outcome.evidence.words() == Lines{"slot 1 names no node; its journal was not emptied"});
}

TEST_CASE("nodes of a global heartbeat are watched where cluster.conf says that they beat", "[guard]") {
  GuardedWorld world(true);
  world.put_in_slot(1, 3);
  const auto region = std::make_unique<GuardedWorld>();

  SECTION("no device of this host has that UUID") {
    const auto outcome = world.ask(look);
    REQUIRE(outcome.guard != nullptr);
    REQUIRE(outcome.evidence.words() ==
            Lines{"no device of this host is the heartbeat region 0123456789ABCDEF0123456789ABCDEF",
                  "slot 1 says node 3 (kvm3), whose heartbeat cannot be seen"});
  }
  SECTION("one has") {
    region->beat(region->disk, 3, 500, 0);
    world.find_volume = [&](const std::string& uuid) -> std::unique_ptr<BlockDevice> {
      REQUIRE(uuid == "0123456789ABCDEF0123456789ABCDEF");
      std::vector<u8> all(region->disk.device.size_bytes());
      region->disk.device.read(0, all);
      auto copy = std::make_unique<MemoryDevice>(all.size());
      copy->write(TestKey{}, 0, all);
      return copy;
    };
    const auto outcome = world.ask(look);
    REQUIRE(outcome.evidence.visible);
    REQUIRE(outcome.evidence.words() ==
            Lines{"node 3 (kvm3) left cleanly", "slot 1 says node 3 (kvm3), which left cleanly"});
  }
}

TEST_CASE("in its own cluster the volume is locked as the reference's tools lock it", "[guard]") {
  GuardedWorld world;
  world.join_cluster();

  SECTION("nobody has it") {
    const auto outcome = world.ask(change);
    REQUIRE(outcome.guard->basis() == Basis::lock);
    REQUIRE(std::filesystem::exists(world.domain() + "/S000000000000000000000200000000"));
    REQUIRE(world.waited_ms() == 0);
  }
  SECTION("a node mounts it just now") {
    world.lock_elsewhere(super_lock_name());
    const auto outcome = world.ask(change);
    REQUIRE(outcome.guard == nullptr);
    REQUIRE(outcome.refusal.find("its superblock is locked") != std::string::npos);
  }
  SECTION("a node has slot 1, and a claim changes nothing") {
    const bool claims = GENERATE(false, true);
    Volume& volume = world.disk.volume();
    world.lock_elsewhere(
        journal_lock_name(*volume.find_system_file(SystemFile::journal, 1), volume.facts().generation));
    const auto outcome = world.ask(claims ? claiming({.all = true}) : change);
    REQUIRE(outcome.guard == nullptr);
    REQUIRE(outcome.refusal.find("the journal of slot 1 is locked") != std::string::npos);
  }
}

TEST_CASE("the locks are given back with the guard", "[guard]") {
  GuardedWorld world;
  world.join_cluster();

  world.ask(change);

  REQUIRE_FALSE(std::filesystem::exists(world.domain()));
}

TEST_CASE("the locks of another cluster prove nothing", "[guard]") {
  GuardedWorld world;

  SECTION("of another name") {
    world.join_cluster("test");
    const auto outcome = world.ask(change);
    REQUIRE(outcome.other_cluster->cluster == "test");
    REQUIRE(outcome.no_lock == "this host is in the cluster \"test\", the volume belongs to \"prod\"");
  }
  SECTION("of another heartbeat mode") {
    world.join_cluster("prod", "global");
    std::filesystem::remove(world.region());
    const auto outcome = world.ask(change);
    REQUIRE(outcome.other_cluster->global_heartbeat);
    REQUIRE(outcome.no_lock == "the cluster of this host has global heartbeat, the volume local");
  }
  SECTION("without dlmfs") {
    world.join_cluster();
    std::filesystem::remove_all(world.host / "dlm");
    const auto outcome = world.ask(change);
    REQUIRE(outcome.guard == nullptr);
    REQUIRE(outcome.no_lock.starts_with("could not find dlmfs at "));
    REQUIRE_FALSE(outcome.other_cluster);
  }
}

TEST_CASE("a volume for local heartbeat that is a region of a global one can be locked by its nodes",
          "[guard]") {
  GuardedWorld world;
  world.join_cluster("prod", "global");

  SECTION("whoever beats there cannot have it mounted") {
    REQUIRE(world.ask(change).guard->basis() == Basis::lock);
  }
  SECTION("unless a slot names a node") {
    world.put_in_slot(0, 3);
    const auto outcome = world.ask(change);
    REQUIRE(outcome.guard == nullptr);
    REQUIRE(outcome.no_lock == "the cluster of this host has global heartbeat, the volume local");
  }
}

TEST_CASE("a journal lock is named as the kernel names it", "[guard]") {
  REQUIRE(journal_lock_name(InodeNo(0x2345), 0xdeadbeef) == "M0000000000000000002345deadbeef");
  REQUIRE(journal_lock_name(InodeNo(0x2345), 0xdeadbeef).size() == 31);
}

TEST_CASE("a volume of corosync's is locked only where dlm_controld runs its cluster", "[guard]") {
  GuardedWorld world(false, "pcmk");
  world.put_in_slot(0, 3);
  world.host.text_file("sys/fs/ocfs2/cluster_stack", "pcmk\n");
  std::string why = "dlm_controld does not run on this host";
  SECTION("no dlm_controld") {}
  SECTION("another cluster's") {
    world.host.text_file("sys/kernel/config/dlm/cluster/cluster_name", "test\n");
    why = "this host is in the cluster \"test\", the volume belongs to \"prod\"";
  }

  const auto outcome = world.ask(change);

  REQUIRE(outcome.guard == nullptr);
  REQUIRE(outcome.no_lock == why);
  REQUIRE(world.waited_ms() == 0);
  // cluster.conf names the nodes of o2cb, not corosync's
  REQUIRE(outcome.evidence.words().back() == "slot 0 says node 3, whose heartbeat cannot be seen");
}

}  // namespace ocfs2
