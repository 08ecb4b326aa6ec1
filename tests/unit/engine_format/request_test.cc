// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/request.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

namespace ocfs2 {
namespace {

constexpr u64 mebibyte = 1 << 20;
constexpr u64 gibibyte = 1 << 30;
constexpr u64 tebibyte = u64{1} << 40;

FormatParameters decided(const FormatRequest& request, u64 bytes) {
  return decide(request, "disk", bytes, 512);
}
FormatParameters defaults(u64 bytes) { return decided({}, bytes); }

}  // namespace

TEST_CASE("the default block size follows the volume", "[format]") {
  REQUIRE(defaults(512 * mebibyte - 4096).geometry.block_size() == 1024);
  REQUIRE(defaults(512 * mebibyte).geometry.block_size() == 2048);
  REQUIRE(defaults(gibibyte).geometry.block_size() == 4096);
  REQUIRE_THROWS_WITH(defaults(3 * mebibyte), Catch::Contains("Volume size too small"));
}

TEST_CASE("default slots and journals follow the volume", "[format]") {
  REQUIRE(defaults(300 * mebibyte).slots == 2);
  REQUIRE(defaults(5 * gibibyte).slots == 4);
  REQUIRE(defaults(100 * gibibyte).slots == 8);
  REQUIRE(defaults(2 * tebibyte).slots == 16);
  REQUIRE(decided({.local = true}, 100 * gibibyte).slots == 1);
  REQUIRE(defaults(100 * gibibyte).journal_bytes() == 65536u * 4096);
  REQUIRE(defaults(5 * gibibyte).journal_bytes() == 16384u * 4096);
}

TEST_CASE("with 512-byte blocks a journal keeps its least size", "[format]") {
  REQUIRE(decided({.block_size = 512}, 64 * mebibyte).journal_bytes() == 4 * mebibyte);
}

TEST_CASE("clusters stay below 2^32", "[format]") {
  REQUIRE(defaults(10 * tebibyte).geometry.cluster_size() == 4096);
  FormatRequest large{.journal_block64 = true};
  REQUIRE(decided(large, 16 * tebibyte).geometry.cluster_size() == 8192);
  large.cluster_size = 4096;
  REQUIRE_THROWS_WITH(decided(large, 17 * tebibyte),
                      Catch::Contains("cannot be larger than 4294967295 clusters"));
  REQUIRE_THROWS_WITH(defaults(20 * tebibyte), Catch::Contains("block64"));
}

TEST_CASE("volume types move cluster and journal sizes", "[format]") {
  FormatRequest vmstore{.type = VolumeType::vmstore};
  REQUIRE(decided(vmstore, 20 * gibibyte).geometry.cluster_size() == 128 * 1024);
  REQUIRE(decided(vmstore, 64 * gibibyte).geometry.cluster_size() == 256 * 1024);
  REQUIRE(decided(vmstore, 96 * gibibyte).geometry.cluster_size() == 512 * 1024);
  REQUIRE(decided(vmstore, 128 * gibibyte).geometry.cluster_size() == 1024 * 1024);
  REQUIRE(decided(vmstore, 20 * gibibyte).journal_bytes() == 32768u * 4096);
  REQUIRE_THROWS_WITH(decided(vmstore, gibibyte), Catch::Contains("at least 2 gigabytes"));
}

TEST_CASE("extent allocators get a tenth of a percent in whole groups", "[format]") {
  FormatRequest request{.block_size = 4096, .slots = 2};
  REQUIRE(decided(request, 20 * gibibyte).extent_groups == 3);
  request.slots = 8;
  REQUIRE(decided(request, 20 * gibibyte).extent_groups == 1);
  request.type = VolumeType::vmstore;
  REQUIRE(decided(request, 20 * gibibyte).extent_groups == 2);
  REQUIRE(decided({.block_size = 1024, .slots = 3}, 100 * mebibyte).extent_groups == 0);
}

TEST_CASE("journals are refused that cannot be", "[format]") {
  FormatRequest request{.cluster_size = 1024 * 1024, .journal_bytes = 4 * mebibyte};
  REQUIRE_THROWS_WITH(decided(request, 20 * gibibyte), Catch::Contains("Journal size too small"));
  request.journal_bytes = 10 * gibibyte;
  REQUIRE_THROWS_WITH(decided(request, 20 * gibibyte), Catch::Contains("Journal size too big"));
  REQUIRE_THROWS_WITH(decided({.block_size = 4096}, 7 * mebibyte),
                      Catch::Contains("too small for a journal"));
}

TEST_CASE("a count of blocks limits the volume, and must be there", "[format]") {
  REQUIRE(decided({.block_size = 1024, .blocks = 100001}, gibibyte).geometry.blocks() == 100000);
  REQUIRE_THROWS_WITH(decided({.block_size = 4096, .blocks = 300000}, gibibyte),
                      Catch::Contains("greater than the 262144 blocks"));
}

TEST_CASE("a block smaller than a sector is refused", "[format]") {
  REQUIRE_THROWS_WITH(decide({.block_size = 512}, "/dev/sdz", gibibyte, 4096),
                      Catch::Contains("/dev/sdz has a hardware sector size (4096)"));
}

TEST_CASE("a cluster stack brings its features", "[format]") {
  const FormatParameters o2cb = decided({.cluster = ClusterInfo{"o2cb", "prod"}}, gibibyte);
  const FormatParameters pcmk = decided({.cluster = ClusterInfo{"pcmk", "prod"}}, gibibyte);

  REQUIRE(o2cb.features.has(feature::clusterinfo | feature::extended_slotmap));
  REQUIRE(pcmk.features.has(feature::userspace_stack | feature::extended_slotmap));
  REQUIRE_FALSE(pcmk.features.has(feature::clusterinfo));
}

TEST_CASE("a heartbeat device is no larger than it needs to be", "[format]") {
  const FormatParameters device = decided({.heartbeat_only = true, .features = feature::sparse}, gibibyte);

  REQUIRE(device.heartbeat_only());
  REQUIRE(device.larger_than_needed);
  REQUIRE(device.geometry.bytes() == mebibyte);
  REQUIRE(device.geometry.block_size() == 512);
  REQUIRE(device.slots == 0);
  REQUIRE(device.features == (feature::heartbeat_device | feature::strict_journal_super));
}

}  // namespace ocfs2
