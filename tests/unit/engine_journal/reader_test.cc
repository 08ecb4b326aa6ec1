// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "engine/error.h"
#include "tests/unit/engine_journal/log_world.h"
#include "tests/worlds/faulty_device.h"

namespace ocfs2::log_world {

using Catch::Contains;
using Blocks = std::map<u64, u8>;

namespace {

std::vector<u8> full(u8 byte) { return filled(4096, byte); }

struct Log {
  MemoryDevice device = fresh_volume(facts());
};

/// The damage that a scan of the log finds.
std::string damage_in(BlockDevice& device) { return reader_of(device).scan().damage; }

std::string refusal(BlockDevice& device, ErrorKind kind) {
  try {
    reader_of(device);
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "no refusal";
}

}  // namespace

TEST_CASE("A log as mkfs leaves it holds nothing", "[journal]") {
  Log log;
  JournalReader reader = reader_of(log.device);
  CHECK_FALSE(reader.empty());  // it says that it begins at block 1, where zeros are
  CHECK(reader.scan().transactions.empty());
  CHECK(reader.scan().end_sequence == 1);
  CHECK(replayed(reader).empty());
}

TEST_CASE("What was committed is replayed, later versions last", "[journal]") {
  Log log;
  Pencil(log.device)
      .begin(1, 10)
      .log({{200, full(1)}, {201, full(2)}})
      .commit()
      .log({{201, full(3)}, {300, full(4)}})
      .log({{301, full(5)}})
      .commit();
  JournalReader reader = reader_of(log.device);
  const LogScan scan = reader.scan();
  REQUIRE(scan.transactions.size() == 2);
  CHECK(scan.transactions[0].sequence == 10);
  CHECK(scan.transactions[0].blocks == 2);
  CHECK(scan.transactions[1].log_block == 5);
  CHECK(scan.transactions[1].blocks == 3);
  CHECK(scan.end_sequence == 12);
  CHECK(scan.next_sequence == 13);
  CHECK(replayed(reader) == Blocks{{200, 1}, {201, 3}, {300, 4}, {301, 5}});
}

TEST_CASE("A transaction without its commit block did not happen", "[journal]") {
  Log log;
  Pencil(log.device).begin(1, 10).log({{200, full(1)}}).commit().log({{200, full(2)}});
  JournalReader reader = reader_of(log.device);
  CHECK(replayed(reader) == Blocks{{200, 1}});
}

TEST_CASE("What an earlier round left in the log is not replayed", "[journal]") {
  Log log;
  Pencil(log.device).begin(1, 5).log({{200, full(9)}}).commit().log({{201, full(9)}}).commit();
  Pencil(log.device).begin(1, 8).log({{300, full(1)}}).commit();
  JournalReader reader = reader_of(log.device);
  CHECK(replayed(reader) == Blocks{{300, 1}});
}

TEST_CASE("The log goes on at its first block after its last", "[journal]") {
  Log log;
  Pencil(log.device)
      .begin(log_blocks - 2, 10)
      .log({{200, full(1)}, {201, full(2)}, {202, full(3)}})
      .commit()
      .log({{203, full(4)}})
      .commit();
  JournalReader reader = reader_of(log.device);
  CHECK(replayed(reader) == Blocks{{200, 1}, {201, 2}, {202, 3}, {203, 4}});
}

TEST_CASE("Sequence numbers wrap", "[journal]") {
  Log log;
  Pencil(log.device)
      .begin(1, 0xFFFFFFFF)
      .log({{200, full(1)}, {201, full(1)}})
      .commit()
      .log({{201, full(2)}})
      .revoke({200})
      .commit();
  JournalReader reader = reader_of(log.device);
  const LogScan scan = reader.scan();
  CHECK(scan.transactions.size() == 2);
  CHECK(scan.end_sequence == 1);
  CHECK(replayed(reader) == Blocks{{201, 2}});
}

TEST_CASE("A block that began with the log's magic gets it back", "[journal]") {
  Log log;
  std::vector<u8> escaped = full(7);
  as<be32>(Bytes(escaped)) = journal_magic;
  Pencil(log.device).begin(1, 10).log({{200, escaped}}).commit();
  std::vector<u8> found;
  JournalReader reader = reader_of(log.device);
  reader.replay(reader.scan(), [&](std::span<const BlockImage> images) {
    found.assign(images[0].bytes.begin(), images[0].bytes.end());
  });
  CHECK(found == escaped);
}

TEST_CASE("A revoked block keeps what came after the revocation only", "[journal]") {
  const u32 incompat =
      GENERATE(u32{journal_feature::revoke}, journal_feature::revoke | journal_feature::wide_blocks);
  Log log;
  Pencil(log.device, 4096, incompat)
      .begin(1, 10)
      .log({{200, full(1)}, {201, full(1)}, {202, full(1)}})
      .commit()
      .log({{202, full(2)}})
      .revoke({200, 201, 202})
      .commit()
      .log({{201, full(3)}})
      .commit();
  JournalReader reader = reader_of(log.device);
  CHECK(reader.scan().transactions[1].revokes == 3);
  CHECK(replayed(reader) == Blocks{{201, 3}});
}

TEST_CASE("Block numbers may have 64 bits", "[journal]") {
  const u32 checksums = GENERATE(0u, journal_feature::checksum_v2, journal_feature::checksum_v3);
  Log log;
  const u64 far = (u64{5} << 32) + 200;
  Pencil(log.device, 4096, journal_feature::wide_blocks | journal_feature::revoke | checksums)
      .begin(1, 10)
      .log({{200, full(1)}, {far, full(2)}, {far + 1, full(3)}})
      .commit()
      .revoke({far + 1})
      .commit();
  JournalReader reader = reader_of(log.device, 4096, u64{6} << 32);
  CHECK(reader.scan().damage.empty());
  CHECK(replayed(reader) == Blocks{{200, 1}, {far, 2}});
}

TEST_CASE("Logs on 512-byte blocks begin behind a superblock of two blocks", "[journal]") {
  MemoryDevice device = fresh_volume(facts(9));
  SECTION("with a transaction") {
    Pencil(device, 512).begin(2, 10).log({{200, filled(512, 1)}}).commit();
    JournalReader reader = reader_of(device, 512);
    CHECK(reader.super().first == 2);
    CHECK(replayed(reader) == Blocks{{200, 1}});
  }
  SECTION("empty, said to begin inside the superblock") {
    Pencil(device, 512).begin(1, 1);
    CHECK(reader_of(device, 512).empty());
  }
}

TEST_CASE("Checksums of every version are verified", "[journal]") {
  const bool whole = GENERATE(true, false);
  const u32 incompat =
      whole ? journal_feature::revoke
            : journal_feature::revoke | GENERATE(journal_feature::checksum_v2, journal_feature::checksum_v3);
  Log log;
  Pencil pencil(log.device, 4096, incompat, whole ? journal_feature::compat_checksum : 0);
  pencil.begin(1, 10).log({{200, full(1)}}).commit().log({{201, full(2)}}).revoke({300}).commit();
  const u32 descriptor = pencil.last_descriptor;

  SECTION("and agree") {
    JournalReader reader = reader_of(log.device);
    CHECK(reader.scan().damage.empty());
    CHECK(replayed(reader) == Blocks{{200, 1}, {201, 2}});
  }
  SECTION("a damaged data block is damage") {
    pencil.damage(descriptor + 1, 1000);
    CHECK_THAT(damage_in(log.device), Contains("journal:0000: transaction 11") && Contains("wrong checksum"));
    JournalReader reader = reader_of(log.device);
    CHECK_THROWS_AS(replayed(reader), Error);
  }
  SECTION("a damaged descriptor is damage") {
    pencil.damage(descriptor, 2000);
    CHECK_THAT(damage_in(log.device), Contains("wrong checksum"));
  }
  SECTION("a damaged commit block is damage") {
    pencil.damage(descriptor + 3, 17);
    CHECK_THAT(damage_in(log.device), Contains("wrong checksum for the commit block"));
  }
  SECTION("a damaged revoke block is damage where it has a checksum") {
    pencil.damage(descriptor + 2, 3000);
    CHECK(damage_in(log.device).empty() == whole);
  }
  SECTION("what comes before the damage can be had on demand, and its numbers are not used again") {
    pencil.damage(descriptor + 1, 1000);
    JournalReader reader = reader_of(log.device);
    LogScan scan = reader.scan();
    CHECK(scan.end_sequence == 11);
    CHECK(scan.next_sequence >= 11 + log_blocks - 1);
    scan.damage.clear();
    CHECK(reader.replay(scan, [](std::span<const BlockImage>) {}) == 1);
  }
}

TEST_CASE("A failing checksum under an older time is a relic, and the log ends there", "[journal]") {
  Log log;
  Pencil pencil(log.device, 4096, journal_feature::checksum_v3);
  pencil.begin(1, 10).log({{200, full(1)}}).commit(5000).log({{201, full(2)}}).commit(4000);
  pencil.damage(pencil.last_descriptor + 1, 5);
  JournalReader reader = reader_of(log.device);
  CHECK(reader.scan().damage.empty());
  CHECK(replayed(reader) == Blocks{{200, 1}});
}

TEST_CASE("A log may have room for checksums that nobody wrote", "[journal]") {
  Log log;
  Pencil(log.device).begin(1, 10).log({{200, full(1)}}).commit();
  JournalSuperBlock super = reader_of(log.device).super();
  super.feature_compat = journal_feature::compat_checksum;
  Pencil(log.device).write_super(super);
  JournalReader reader = reader_of(log.device);
  CHECK(replayed(reader) == Blocks{{200, 1}});
}

TEST_CASE("With async commit the last commit block may have come before its data", "[journal]") {
  Log log;
  Pencil pencil(log.device, 4096, journal_feature::async_commit, journal_feature::compat_checksum);
  pencil.begin(1, 10).log({{200, full(1)}}).commit(100).log({{201, full(2)}}).commit(101);
  const u32 torn = pencil.last_descriptor + 1;

  SECTION("complete, it counts") {
    JournalReader reader = reader_of(log.device);
    CHECK(replayed(reader) == Blocks{{200, 1}, {201, 2}});
  }
  SECTION("at the end of the log it did not happen") {
    pencil.damage(torn, 0);
    JournalReader reader = reader_of(log.device);
    CHECK(replayed(reader) == Blocks{{200, 1}});
  }
  SECTION("followed by another commit it is damage") {
    pencil.log({{202, full(3)}}).commit(102).damage(torn, 0);
    CHECK_THAT(damage_in(log.device), Contains("transaction 11"));
  }
}

TEST_CASE("A block that no transaction can change is damage", "[journal]") {
  Log log;
  const auto [target, where] =
      GENERATE(table<u64, std::string>({{volume_blocks, "beyond the volume's 8192 blocks"},
                                        {0xFFFFFFFF, "beyond the volume"},
                                        {1, "before the volume's superblock"},
                                        {2000, "inside this journal"},
                                        {4100, "inside this journal"},
                                        {6000, "inside another journal"}}));
  Pencil pencil(log.device);
  pencil.begin(1, 10).log({{200, full(1)}}).commit().log({{target, full(2)}});
  SECTION("once it is committed") {
    pencil.commit();
    CHECK_THAT(damage_in(log.device), Contains(std::to_string(target)) && Contains(where));
  }
  SECTION("but not in what was never finished") { CHECK(damage_in(log.device).empty()); }
}

TEST_CASE("The volume's superblock may be in the log", "[journal]") {
  Log log;
  Pencil(log.device).begin(1, 10).log({{2, full(1)}}).commit();
  JournalReader reader = reader_of(log.device);
  CHECK(replayed(reader) == Blocks{{2, 1}});
}

TEST_CASE("A log without an end is read once", "[journal]") {
  Log log;
  Pencil pencil(log.device, 4096, journal_feature::revoke);
  pencil.begin(1, 10);
  for (u32 i = 1; i < log_blocks; ++i) pencil.revoke({200});
  JournalReader reader = reader_of(log.device);
  CHECK(reader.scan().transactions.empty());
}

TEST_CASE("A descriptor with more blocks than the log has is its end", "[journal]") {
  MemoryDevice device = fresh_volume(facts());
  Pencil pencil(device);
  pencil.begin(1, 10);
  std::map<u64, std::vector<u8>> many;
  for (u64 i = 0; i < 500; ++i) many[200 + i] = full(1);
  pencil.log(many).log(many).log(many);  // the third one overwrites the first
  CHECK(reader_of(device).scan().transactions.empty());
}

TEST_CASE("A full log is replayed to its last block", "[journal]") {
  Log log;
  Pencil pencil(log.device);
  pencil.begin(7, 10);
  for (u32 i = 0; i < (log_blocks - 1) / 3; ++i) pencil.log({{200 + i, full(1)}}).commit();
  CHECK(pencil.at() == 7);
  JournalReader reader = reader_of(log.device);
  CHECK(replayed(reader).size() == 341);
}

TEST_CASE("What a log asks for and is not known is refused by name", "[journal]") {
  Log log;
  JournalSuperBlock super = reader_of(log.device).super();
  const auto refused = [&](ErrorKind kind) {
    Pencil(log.device).write_super(super);
    return refusal(log.device, kind);
  };
  SECTION("fast commit") {
    super.feature_incompat = journal_feature::fast_commit;
    CHECK_THAT(refused(ErrorKind::unsupported), Contains("\"fast-commit\" (0x20)"));
  }
  SECTION("an unknown bit") {
    super.feature_incompat = 0x41;
    CHECK_THAT(refused(ErrorKind::unsupported), Contains("feature 0x40"));
  }
  SECTION("an unknown read-only compatible bit") {
    super.feature_ro_compat = 0x4;
    CHECK_THAT(refused(ErrorKind::unsupported), Contains("0x4"));
  }
  SECTION("two kinds of checksums") {
    super.feature_incompat = journal_feature::checksum_v2 | journal_feature::checksum_v3;
    CHECK_THAT(refused(ErrorKind::corrupt), Contains("two kinds of checksums"));
  }
  SECTION("a checksum of an unknown type") {
    super.feature_incompat = journal_feature::checksum_v3;
    super.checksum_type = 1;
    CHECK_THAT(refused(ErrorKind::unsupported), Contains("unknown type 1"));
  }
}

TEST_CASE("A damaged superblock of a log is told by its field", "[journal]") {
  Log log;
  JournalSuperBlock super = reader_of(log.device).super();
  const auto refused = [&] {
    Pencil(log.device).write_super(super);
    return refusal(log.device, ErrorKind::corrupt);
  };
  SECTION("no magic") {
    super.header.magic = 0;
    CHECK_THAT(refused(), Contains("block 2000 is not the superblock of a log"));
  }
  SECTION("a block size that is not the volume's") {
    super.block_size = 1024;
    CHECK_THAT(refused(), Contains("s_blocksize must be 4096 but is 1024"));
  }
  SECTION("longer than its file") {
    super.blocks = log_blocks + 1;
    CHECK_THAT(refused(), Contains("s_maxlen must be at most 1024"));
  }
  SECTION("a start beyond its end") {
    super.start = log_blocks;
    CHECK_THAT(refused(), Contains("s_start"));
  }
  SECTION("its own checksum") {
    super.feature_incompat = journal_feature::checksum_v3;
    super.checksum_type = 4;
    super.checksum = journal_super_checksum(super);
    super.sequence = 99;
    CHECK_THAT(refused(), Contains("checksum"));
  }
}

TEST_CASE("A log block that cannot be read ends the scan with the device's error", "[journal]") {
  Log log;
  Pencil(log.device, 4096, 0, journal_feature::compat_checksum).begin(1, 10).log({{200, full(1)}}).commit();
  FaultyDevice device(log.device);
  device.fail_reads_in(log_map().at(2).value * 4096, 4096);
  JournalReader reader = reader_of(device);
  CHECK_THROWS_AS(reader.scan(), Error);
}

}  // namespace ocfs2::log_world
