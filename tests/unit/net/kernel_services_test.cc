// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel is asked and told, with plain folders standing in for dlmfs and configfs.
#include <sys/vfs.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>

#include "net/dlm_domain.h"
#include "net/heartbeat_service.h"
#include "net/running_cluster.h"
#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {
namespace {

namespace fs = std::filesystem;

DlmfsPlace dlmfs_in(const ScratchDirectory& scratch) {
  struct statfs kind {};
  statfs((scratch / "").c_str(), &kind);
  return {scratch / "", static_cast<long>(kind.f_type)};
}

std::size_t entries_in(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("a lock domain is a folder, its locks are files, and nothing is left behind", "[dlmfs]") {
  const ScratchDirectory scratch;
  {
    DlmDomain domain(dlmfs_in(scratch), "UUID");
    REQUIRE_FALSE(domain.join());
    REQUIRE(entries_in(scratch / "UUID") == 1);  // the pin

    REQUIRE_FALSE(domain.lock_exclusive("S1"));
    REQUIRE(fs::exists(scratch / "UUID/S1"));
    domain.unlock("S1");
  }
  REQUIRE_FALSE(fs::exists(scratch / "UUID"));
}

TEST_CASE("a domain that others on this host are in is joined all the same", "[dlmfs]") {
  const ScratchDirectory scratch;
  DlmDomain first(dlmfs_in(scratch), "UUID");
  DlmDomain second(dlmfs_in(scratch), "UUID");

  REQUIRE_FALSE(first.join());
  REQUIRE_FALSE(second.join());
  REQUIRE(entries_in(scratch / "UUID") == 2);
}

TEST_CASE("a folder that is no dlmfs is not taken for one", "[dlmfs]") {
  const ScratchDirectory scratch;
  DlmDomain domain({scratch / "", 0x76a9f425}, "UUID");
  DlmDomain nowhere({scratch / "nothing", 0x76a9f425}, "UUID");

  REQUIRE(domain.join()->number == ENODEV);
  REQUIRE(nowhere.join()->number == ENOENT);
  REQUIRE(entries_in(scratch / "") == 0);
}

TEST_CASE("a lock that somebody has is refused as the kernel refuses it", "[dlmfs]") {
  const ScratchDirectory scratch;
  DlmDomain domain(dlmfs_in(scratch), "UUID");
  REQUIRE_FALSE(domain.join());
  fs::create_symlink("/proc/self/exe", scratch / "UUID/S1");  // a running program: ETXTBSY

  REQUIRE(domain.lock_exclusive("S1")->number == ETXTBSY);
}

TEST_CASE("the key of a region's semaphores", "[heartbeat_service]") {
  REQUIRE(static_cast<std::uint32_t>(region_key("632A924FDD844190BDA93C0DF6B94899")) == 0xf43b02d9);
}

TEST_CASE("a heartbeat is described to the kernel, its device last", "[heartbeat_service]") {
  const ScratchDirectory scratch;
  fs::create_directories(scratch / "prod/heartbeat");
  const std::string device = scratch.text_file("device", "");
  const std::string name = "test-" + fs::path(scratch / "").parent_path().filename().string();
  const std::string region = scratch / ("prod/heartbeat/" + name);
  {
    HeartbeatService first(scratch / "prod", {name, device, 512, 2048, 255});
    HeartbeatService second(scratch / "prod", {name, device, 512, 2048, 255});
    REQUIRE_FALSE(first.start());
    REQUIRE_FALSE(second.start());

    REQUIRE(kernel_line(region + "/block_bytes") == "512");
    REQUIRE(kernel_line(region + "/start_block") == "2048");
    REQUIRE(kernel_line(region + "/blocks") == "255");
    REQUIRE(std::stoi(kernel_line(region + "/dev")) > 2);
    for (const char* file : {"block_bytes", "start_block", "blocks", "dev"})
      fs::remove(region + "/" + file);  // so that, as in configfs, the folder can be removed
  }
  REQUIRE_FALSE(fs::exists(region));
}

TEST_CASE("a heartbeat that cannot be described leaves no region", "[heartbeat_service]") {
  const ScratchDirectory scratch;
  fs::create_directories(scratch / "prod/heartbeat");
  HeartbeatService service(scratch / "prod", {"gone-device", scratch / "nothing", 512, 2048, 255});

  const auto refusal = service.start();

  REQUIRE(refusal->number == ENOENT);
  REQUIRE(refusal->tried.find("nothing") != std::string::npos);
}

TEST_CASE("the running cluster tells its nodes and which of them we are", "[running_cluster]") {
  const ScratchDirectory scratch;
  const std::string root = scratch / "";
  scratch.text_file("sys/fs/ocfs2/cluster_stack", "o2cb\n");
  REQUIRE_FALSE(running_cluster(root));
  const std::string cluster = "sys/kernel/config/cluster/prod/";
  scratch.text_file(cluster + "heartbeat/mode", "global\n");
  scratch.text_file(cluster + "node/alpha/num", "0\n");
  scratch.text_file(cluster + "node/alpha/local", "0\n");
  scratch.text_file(cluster + "node/beta/num", "3\n");
  scratch.text_file(cluster + "node/beta/local", "1\n");

  const auto running = running_cluster(root);

  REQUIRE(running->name == "prod");
  REQUIRE(running->global_heartbeat);
  REQUIRE(running->local_node == 3u);
  REQUIRE(running->nodes == std::map<unsigned, std::string>{{0, "alpha"}, {3, "beta"}});
}

}  // namespace ocfs2
