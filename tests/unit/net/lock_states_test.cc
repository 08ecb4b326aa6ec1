// SPDX-License-Identifier: GPL-2.0-or-later
//
// The lists as kernels write them; the lines are of a cluster of two nodes.
#include "net/lock_states.h"

#include <catch2/catch.hpp>

#include "net/net_stats.h"

namespace ocfs2 {
namespace {

/// A metadata lock, held by nobody, that another node may not read. `version` is that of the line; the value
/// is an inode's, with bytes above 0x7f, which the kernel widens with their sign.
std::string metadata_lock(unsigned version) {
  std::string line = "0x" + std::to_string(version) +
                     "\tM000000000000000000780f00000000\t5\t0x41\t0x0\t0x0\t0\t0\t5\t-1\t0x5\t";
  for (int i = 1; i < 48; ++i) line += i == 47 ? "0xffffff81\t" : "0x0\t";
  line += "0xffffff81\t0xffffffa4\t";  // mode 0100644 would be 0x81 0xa4
  for (int i = 50; i < 64; ++i) line += "0x1\t";
  if (version >= 2) line += "7\t9\t1\t2\t147706540\t3000\t147706\t5000\t4\t";
  if (version >= 4) line += "1795306520790830\t12\t0\t";
  return line;
}

}  // namespace

TEST_CASE("a file system's lock is read in every version of its line", "[lock_states]") {
  for (const unsigned version : {1u, 2u, 3u, 4u}) {
    const auto lock = parse_file_system_lock(metadata_lock(version));
    INFO("version " << version);
    REQUIRE(lock.has_value());
    CHECK(lock->name == "M000000000000000000780f00000000");
    CHECK(lock->mode == 5);
    CHECK(lock->flags == 0x41);
    CHECK(lock->blocking == -1);
    CHECK(lock->value[0] == 5);
    CHECK(lock->value[47] == 0x81);
    CHECK(lock->exclusive.gets == (version >= 2 ? 9 : 0));
    CHECK(lock->shared.last_us == (version >= 4 ? 1795306520790830 : 0));
  }
  CHECK(parse_file_system_lock(metadata_lock(2))->exclusive.longest_us == 5);  // it counts nanoseconds
  CHECK(parse_file_system_lock(metadata_lock(3))->exclusive.longest_us == 5000);
}

TEST_CASE("a line that is cut off, or newer than we are, is no lock", "[lock_states]") {
  const std::string line = metadata_lock(4);
  for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{60}, line.size() - 18})
    CHECK_FALSE(parse_file_system_lock(line.substr(0, length)).has_value());
  CHECK_FALSE(parse_file_system_lock(metadata_lock(5)).has_value());
  CHECK_FALSE(parse_file_system_lock("0x0" + line.substr(3)).has_value());
}

TEST_CASE("a value says what its inode is, in each of its layouts", "[lock_states]") {
  const auto now = inode_lock_value(parse_file_system_lock(metadata_lock(4))->value);
  REQUIRE(now.has_value());
  CHECK(now->version == 5);
  CHECK(now->size == 0x81);
  CHECK(now->mode == 0x81a4);
  CHECK(now->links == 0x0101);

  LockValue second{};
  second[3] = 2, second[7] = 30;
  CHECK(inode_lock_value(second)->version == 2);
  CHECK(inode_lock_value(second)->clusters == 30);

  LockValue first{};
  first[7] = 1, first[11] = 30, first[21] = 8;
  CHECK(inode_lock_value(first)->version == 1);
  CHECK(inode_lock_value(first)->clusters == 30);
  CHECK(inode_lock_value(first)->mode == 8);

  CHECK_FALSE(inode_lock_value(LockValue{}).has_value());
  CHECK_FALSE(inode_lock_value(LockValue{6}).has_value());
}

TEST_CASE("a resource of o2dlm is read with its queues", "[lock_states]") {
  const std::string text =
      "NAME:F000000000000000000781900000000\nLRES:1,0,4,4295,1,0,0,2,1,3,5\nRMAP:1 7 \nLVBX:00ff\n"
      "LOCK:1,0,5,-1,1,1:72057594037927935,0,1,0,0,0,0,0,0,2\n"
      "LOCK:1,1,3,5,0,0:44,0,0,0,0,1,0,0,0,3\n\n"
      "NAME:S000000000000000000000200000000\nLRES:1,255,0,0,0,0,0,0,0,0,4\n\n";
  std::vector<DlmResource> seen;
  CHECK(each_dlm_resource(text,
                          [&](const DlmResource& resource) { return seen.push_back(resource), true; }) == 0);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].name == "F000000000000000000781900000000");
  CHECK(seen[0].state == 4);
  CHECK(seen[0].on_purge_list);
  CHECK(seen[0].migration_pending);
  CHECK(seen[0].references == 5);
  CHECK(seen[0].nodes == "1 7 ");
  CHECK(seen[0].value == "00ff");
  REQUIRE(seen[0].locks.size() == 2);
  CHECK(seen[0].locks[0].cookie_number == 72057594037927935);
  CHECK(seen[0].locks[0].bast_listed);
  CHECK(seen[0].locks[1].queue == 1);
  CHECK(seen[0].locks[1].wanted == 5);
  CHECK(seen[0].locks[1].convert_pending);
  CHECK(seen[1].owner == 255);
}

TEST_CASE("a resource that did not fit the kernel's page costs no more than its last lock", "[lock_states]") {
  const std::string text =
      "NAME:one\nLRES:1,0,0,0,0,0,0,0,0,0,4\nLOCK:1,0,5,-1,1,1:2,0,0,0,0,0,0,0,0,2\nLOCK:1,0,3NAME:two\n"
      "LRES:1,3,0,0,0,0,0,0,0,0,4\n\n";
  std::vector<DlmResource> seen;
  CHECK(each_dlm_resource(text,
                          [&](const DlmResource& resource) { return seen.push_back(resource), true; }) == 1);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].locks.size() == 1);
  CHECK(seen[1].name == "two");
  CHECK(seen[1].owner == 3);
}

TEST_CASE("what nodes send each other is counted over an interval", "[lock_states]") {
  const auto before = parse_net_stats("1,1,300,9000000,200000000,3000000000,320,20000000\n");
  const auto now = parse_net_stats("1,1,310,9100000,200500000,3001000000,320,20000000\n1,4,1,1,1,1,1,1\n");
  REQUIRE(before.has_value());
  REQUIRE(now.has_value());
  const TrafficRate rate = traffic_rate(&before->at(1), now->at(1), 5);
  CHECK(rate.sent == 2);
  CHECK(rate.received == 0);
  CHECK(rate.acquiry_us == 10);
  CHECK(rate.send_us == 50);
  CHECK(rate.wait_us == 100);
  CHECK(rate.process_us == 0);
  CHECK(traffic_rate(nullptr, now->at(1), 5).sent == 310);
  CHECK(traffic_rate(&now->at(1), before->at(1), 5).sent == 60);  // the connection was made anew

  CHECK_FALSE(parse_net_stats("2,1,300,9000000,200000000,3000000000,320,20000000\n").has_value());
  CHECK_FALSE(parse_net_stats("1,255,1,1,1,1,1,1\n").has_value());
  CHECK_FALSE(parse_net_stats("1,1,300,9000000\n").has_value());
  CHECK(parse_net_stats("")->empty());
}

}  // namespace ocfs2
