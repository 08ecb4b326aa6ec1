// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "ondisk/super_inode.h"
#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {
using fixtures::Fields;

namespace {

Fields probe(ConstBytes block, u64 at = 2, u32 block_size = 4096) {
  Judgement judgement;
  judge_super(block, BlockNo(at), block_size, judgement);
  Fields fields;
  for (const Fault& fault : judgement.faults()) fields.emplace_back(fault.field);
  return fields;
}

}  // namespace

TEST_CASE("the superblock of a real volume", "[ondisk][super]") {
  const std::vector<u8> block = fixtures::super_block();
  CHECK(probe(block).empty());
  CHECK(fixtures::faults(SuperInode::kind, block, fixtures::sample_volume(), 2).empty());

  const auto& inode = as<SuperInode>(ConstBytes(block));
  CHECK(inode.clusters == 76800);
  CHECK(inode.flags == (inode_flag::valid | inode_flag::system | inode_flag::super_block));
  CHECK(inode.body_kind() == InodeBody::super_block);
  CHECK(inode.super.minor_revision == 90);
  CHECK(inode.super.max_mount_count == 20);
  CHECK(inode.super.root_inode == 5);
  CHECK(inode.super.system_dir_inode == 6);
  CHECK(inode.super.first_cluster_group == 3);
  CHECK(text_of(inode.super.label) == "eccvol");
  CHECK(uuid_text(inode.super.uuid) == "0123456789ABCDEF0123456789ABCDEF");
  CHECK(inode.super.uuid_hash == uuid_hash(inode.super.uuid));
  CHECK(inode.super.xattr_inline_size == 256);
}

TEST_CASE("what a superblock says about its volume", "[ondisk][super]") {
  const std::vector<u8> block = fixtures::super_block();
  const VolumeFacts facts = *facts_from(as<Inode>(ConstBytes(block)));
  const VolumeFacts expected = fixtures::sample_volume();
  CHECK(facts.geometry.block_size() == 4096);
  CHECK(facts.geometry.cluster_size() == 4096);
  CHECK(facts.geometry.clusters == 76800);
  CHECK(facts.features == expected.features);
  CHECK(facts.generation == expected.generation);
  CHECK(facts.max_slots == 2);
  CHECK(facts.uuid_hash == expected.uuid_hash);
  CHECK(facts.index_seeds == expected.index_seeds);
}

TEST_CASE("cluster stack and cluster name", "[ondisk][super]") {
  std::vector<u8> block = fixtures::super_block();
  const auto info = fixtures::hex("6f 32 63 62 00 00 00 00 6d 79 63 6c 75 73 74 65 72 00 00 00 00 00 00 00");
  std::copy(info.begin(), info.end(), block.begin() + 0x160);
  auto& super = as<SuperInode>(Bytes(block)).super;
  CHECK(text_of(super.cluster_stack) == "o2cb");
  CHECK(text_of(super.cluster_name) == "mycluster");
  set_text(super.cluster_name, "a name of 16 char");
  CHECK(text_of(super.cluster_name) == "a name of 16 cha");
}

TEST_CASE("a superblock that cannot be one is told from a sound one", "[ondisk][super]") {
  std::vector<u8> block = fixtures::super_block();
  auto& inode = as<SuperInode>(Bytes(block));
  SECTION("signature") {
    inode.signature[0] = 'X';
    CHECK(probe(block) == Fields{"i_signature"});
  }
  SECTION("place") { CHECK(probe(block, 262144) == Fields{"i_blkno"}); }
  SECTION("revision") {
    inode.super.minor_revision = 91;
    CHECK(probe(block) == Fields{"s_minor_rev_level"});
  }
  SECTION("block size") {
    inode.super.block_bits = 11;
    CHECK(probe(block) == Fields{"s_blocksize_bits"});
    CHECK(probe(ConstBytes(block).first(2048)) == Fields{"block size"});
  }
  SECTION("measures that no volume has") {
    inode.super.block_bits = 70;
    inode.super.cluster_bits = 11;
    inode.super.max_slots = 256;
    CHECK(probe(block) == Fields{"s_blocksize_bits", "s_clustersize_bits", "s_max_slots"});
    CHECK_FALSE(facts_from(inode));
  }
  SECTION("an unknown incompatible feature") {
    inode.super.feature_incompat |= 0x10000;
    CHECK(probe(block) == Fields{"s_feature_incompat"});
  }
  SECTION("no slot, no root") {
    inode.super.max_slots = 0;
    inode.super.root_inode = 0;
    CHECK(probe(block) == Fields{"s_root_blkno", "s_max_slots"});
  }
  SECTION("a root outside the volume") {
    inode.super.root_inode = 76800;
    CHECK(probe(block) == Fields{"s_root_blkno"});
  }
}

TEST_CASE("a heartbeat device has no slots", "[ondisk][super]") {
  std::vector<u8> block = fixtures::super_block();
  auto& super = as<SuperInode>(Bytes(block)).super;
  super.set_features(feature::heartbeat_device | feature::strict_journal_super);
  super.max_slots = 0;
  CHECK(probe(block).empty());
}

TEST_CASE("backups are judged by the place where they are found", "[ondisk][super]") {
  std::vector<u8> block = fixtures::super_block();
  as<Inode>(Bytes(block)).block = 262144;
  CHECK(probe(block, 262144).empty());
}

}  // namespace ocfs2
