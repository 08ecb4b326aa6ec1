// SPDX-License-Identifier: GPL-2.0-or-later
//
// Logs written by hand, as the kernel may leave them, on the way through fsck: -n shows the volume as a
// replay would make it and writes nothing; -y replays; what cannot be believed is told. Each version of the
// two inodes that the logs know has an owner of its own.
#include <catch2/catch.hpp>

#include "engine/volume/directory.h"
#include "tests/unit/engine_check/journal_world.h"
#include "tests/unit/engine_journal/log_world.h"
#include "tests/worlds/repair_crash.h"

namespace ocfs2 {
namespace {

using Catch::Contains;
using log_world::Pencil;

/// Whom the two inodes belong to.
std::string owners_on(Volume& volume) {
  const auto lost_and_found = Directory(volume, volume.root()).lookup("lost+found");
  REQUIRE(lost_and_found);
  return fmt::format("root {}, lost+found {}", u32{volume.inode(volume.root())->uid},
                     u32{volume.inode(*lost_and_found)->uid});
}

/// What fsck found, and the owners then.
std::string outcome(const Codes& codes, const std::string& owners) {
  return fmt::format("[{}] {}", fmt::join(codes, " "), owners);
}

/// A volume whose second slot died and left a log that somebody writes by hand.
class LogByHand : public JournalWorld {
 public:
  static constexpr u32 slot = 1;

  explicit LogByHand(u32 block_size = 4096, u32 incompat = 0, u32 compat = 0, Features features = {})
      : JournalWorld({.block_size = block_size, .features = with_defaults(features)}),
        pencil(device, block_size, incompat, compat, journal_map(volume(), slot)),
        root(volume().root()),
        lost_and_found(*Directory(volume(), root).lookup("lost+found")) {
    // all logs of a volume have block numbers of the same size
    edit_log(0, [&](JournalSuperBlock& super) {
      super.feature_incompat = incompat & journal_feature::wide_blocks;
    });
    edit_inode(slot, [](Inode& inode) { inode.journal.flags |= JournalState::dirty; });
  }

  u32 log_blocks() { return static_cast<u32>(journal_map(volume(), slot).blocks()); }
  /// What the log says about an inode.
  std::pair<const u64, std::vector<u8>> owned(InodeNo number, u32 owner) {
    std::vector<u8> bytes(volume().geometry().block_size());
    device.read(volume().geometry().byte_of(block_of(number)), bytes);
    as<Inode>(Bytes(bytes)).uid = owner;
    seal(Inode::kind, volume().facts(), bytes);
    return {number.value, bytes};
  }

  /// The outcome of -n: what it found, and whom the inodes belong to once the logs are replayed.
  std::string looked_at() {
    RecordingDevice recording(device);
    CheckRun run;
    ListeningReporter reporter(run);
    VolumeCheck check(recording, {}, {.read_only = true},
                      {.reporter = reporter,
                       .ask =
                           [&](const Finding& finding) {
                             run.codes.emplace_back(finding.problem.code);
                             return Reply::no;
                           },
                       .now_seconds = [] { return u64{0}; }});
    check.prepare();
    check.run_passes();
    const std::string owners = owners_on(check.volume());
    check.finish();
    CHECK(recording.events() == 0);
    return outcome(run.codes, owners);
  }
  /// The same of -y, after which nothing is left to be done; it may die at any moment.
  std::string mended() {
    CHECK(crash_repair(device, {.force = false}).fault == "");
    const CheckRun run = check_volume(device);
    CHECK(run.outcome.clean());
    CHECK_FALSE(dirty(slot));
    check_clean(device);
    return outcome(run.codes, owners_on(*Volume::open(device)));
  }
  /// The log is sound, and this is what it comes to.
  void expect(const std::string& owners) {
    CHECK(looked_at() == outcome({}, owners));
    CHECK(mended() == outcome({}, owners));
  }
  /// The log is damaged: -n tells and replays none of it, -y replays what comes before the damage.
  void expect_damage(const std::string& before) {
    CHECK(looked_at() == outcome({"JOURNAL_DAMAGED"}, "root 0, lost+found 0"));
    CHECK(mended() == outcome({"JOURNAL_DAMAGED"}, before));
  }

 private:
  static Features with_defaults(Features features) {
    return features_of(FeatureLevel::default_features) | features;
  }

 public:
  Pencil pencil;
  InodeNo root, lost_and_found;
};

}  // namespace

TEST_CASE("fsck replays a log up to its last commit, on blocks of every size", "[fsck][journal]") {
  const u32 block_size = GENERATE(512u, 1024u, 4096u);
  const Features features = GENERATE(Features{}, feature::metaecc);
  LogByHand log(block_size, 0, 0, features);
  log.pencil.begin(block_size == 512 ? 2 : 1, 10)
      .log({log.owned(log.root, 1), log.owned(log.lost_and_found, 2)})
      .commit()
      .log({log.owned(log.root, 3)})
      .commit()
      .log({log.owned(log.lost_and_found, 4)});  // torn: its commit block never came
  log.expect("root 3, lost+found 2");
}

TEST_CASE("fsck leaves alone what a log revoked", "[fsck][journal]") {
  const u32 incompat = journal_feature::revoke | GENERATE(0u, journal_feature::wide_blocks) |
                       GENERATE(0u, journal_feature::checksum_v2, journal_feature::checksum_v3);
  LogByHand log(1024, incompat);
  log.pencil.begin(1, 10)
      .log({log.owned(log.root, 1), log.owned(log.lost_and_found, 1)})
      .commit()
      .revoke({log.root.value, log.lost_and_found.value})
      .commit()
      .log({log.owned(log.lost_and_found, 2)})
      .commit();
  log.expect("root 0, lost+found 2");
}

TEST_CASE("fsck follows a log round its end, and its numbers round theirs", "[fsck][journal]") {
  const u32 block_size = GENERATE(512u, 4096u);
  LogByHand log(block_size, journal_feature::revoke);
  log.pencil.begin(log.log_blocks() - 2, 0xFFFFFFFF)
      .log({log.owned(log.root, 1), log.owned(log.lost_and_found, 2)})
      .commit()
      .log({log.owned(log.root, 3)})
      .revoke({log.lost_and_found.value})
      .commit();
  log.expect("root 3, lost+found 0");
}

TEST_CASE("fsck reads block numbers of 64 bits", "[fsck][journal]") {
  const u32 checksums = GENERATE(0u, journal_feature::checksum_v2, journal_feature::checksum_v3);
  LogByHand log(4096, journal_feature::wide_blocks | checksums);
  log.pencil.begin(1, 10).log({log.owned(log.root, 1), log.owned(log.lost_and_found, 2)}).commit();
  SECTION("that are in the volume") { log.expect("root 1, lost+found 2"); }
  SECTION("and takes one behind the volume for damage, though its low half is a block of the volume") {
    const auto [block, bytes] = log.owned(log.root, 3);
    log.pencil.log({{u64{1} << 32 | block, bytes}}).commit();
    log.expect_damage("root 1, lost+found 2");
  }
}

TEST_CASE("fsck believes no log against its checksums", "[fsck][journal]") {
  const bool whole = GENERATE(true, false);
  const u32 incompat = whole ? 0u : GENERATE(journal_feature::checksum_v2, journal_feature::checksum_v3);
  LogByHand log(1024, incompat, whole ? journal_feature::compat_checksum : 0);
  log.pencil.begin(1, 10).log({log.owned(log.root, 1)}).commit().log({log.owned(log.root, 2)});
  const u32 descriptor = log.pencil.last_descriptor;
  SECTION("when they are right") {
    log.pencil.commit();
    log.expect("root 2, lost+found 0");
  }
  SECTION("when a data block is not what was committed") {
    log.pencil.commit().damage(descriptor + 1, 600);
    log.expect_damage("root 1, lost+found 0");
  }
  SECTION("when a descriptor is not") {
    log.pencil.commit().damage(descriptor, 500);
    log.expect_damage("root 1, lost+found 0");
  }
  SECTION("when a commit block is not") {
    log.pencil.commit().damage(descriptor + 2, 17);
    log.expect_damage("root 1, lost+found 0");
  }
  SECTION("when the last commit block is not there at all, nothing is wrong") {
    log.expect("root 1, lost+found 0");
  }
}

TEST_CASE("fsck knows that an asynchronous commit may come before its data", "[fsck][journal]") {
  LogByHand log(4096, journal_feature::async_commit, journal_feature::compat_checksum);
  log.pencil.begin(1, 10).log({log.owned(log.root, 1)}).commit(100).log({log.owned(log.root, 2)}).commit(101);
  const u32 torn = log.pencil.last_descriptor + 1;
  SECTION("when all of it came") { log.expect("root 2, lost+found 0"); }
  SECTION("when the data of the last one did not") {
    log.pencil.damage(torn, 300);
    log.expect("root 1, lost+found 0");
  }
  SECTION("when another commit followed") {
    log.pencil.log({log.owned(log.root, 3)}).commit(102).damage(torn, 300);
    log.expect_damage("root 1, lost+found 0");
  }
}

TEST_CASE("fsck replays no relic of an earlier round", "[fsck][journal]") {
  LogByHand log(1024);
  log.pencil.begin(1, 5).log({log.owned(log.root, 1)}).commit().log({log.owned(log.root, 2)}).commit();
  log.pencil.begin(1, 8).log({log.owned(log.lost_and_found, 3)}).commit();
  log.expect("root 0, lost+found 3");
}

}  // namespace ocfs2
