// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume with everything in it (tests/corpus), in memory, on the examination table: damaged by hand,
// examined by one of fsck's functions with answers that are all yes or all no, and seen again.
#pragma once

#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "engine/check/checkup.h"
#include "tests/worlds/edit_world.h"

namespace ocfs2 {

/// The device of `tests/corpus/NAME.img.zst`. Unpacked once; each call gets a copy that shares what it does
/// not change.
inline MemoryDevice corpus_volume(const std::string& name) {
  static std::map<std::string, std::unique_ptr<MemoryDevice>> unpacked;
  auto& kept = unpacked[name];
  if (kept) return *kept;
  FILE* stream = popen(("zstd -q -dc tests/corpus/" + name + ".img.zst").c_str(), "r");
  REQUIRE(stream != nullptr);
  std::vector<std::vector<u8>> pieces;
  std::vector<u8> piece(MemoryDevice::piece_bytes);
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), stream)) {
    const bool blank = std::all_of(piece.begin(), piece.end(), [](u8 byte) { return byte == 0; });
    pieces.push_back(blank ? std::vector<u8>() : piece);
    REQUIRE(got == piece.size());
  }
  REQUIRE(pclose(stream) == 0);
  kept = std::make_unique<MemoryDevice>(pieces.size() * MemoryDevice::piece_bytes, name);
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (!pieces[i].empty()) kept->write(TestKey{}, i * MemoryDevice::piece_bytes, pieces[i]);
  return *kept;
}

class ExamWorld {
 public:
  explicit ExamWorld(MemoryDevice content) : device(std::move(content)) { reopen(); }

  /// After damage to the superblock.
  void reopen() {
    OpenOptions options;
    options.read_only = false;
    volume_ = Volume::open(device, options);
  }

  Volume& volume() { return *volume_; }
  const Geometry& geometry() { return volume_->geometry(); }

  /// The bytes of a block or bucket as they are on the device.
  template <class T>
  std::vector<u8> block(BlockNo block) {
    std::vector<u8> bytes(region_bytes(T::kind, geometry()));
    device.read(geometry().byte_of(block), bytes);
    return bytes;
  }
  /// Changes a block (or bucket) behind everybody's back and seals it, so that only its content is wrong.
  template <class T>
  void damage(BlockNo number, const std::function<void(T&, Bytes)>& change) {
    std::vector<u8> bytes = block<T>(number);
    change(as<T>(Bytes(bytes)), bytes);
    seal(T::kind, volume_->facts(), bytes);
    device.write(TestKey{}, geometry().byte_of(number), bytes);
    volume_->cache().drop_all();
  }

  /// The inodes in use that `wanted` wants, in order of blocks.
  std::vector<InodeNo> inodes(const std::function<bool(const Inode&)>& wanted) {
    std::vector<InodeNo> found;
    std::vector<u8> bytes(geometry().block_size());
    for (BlockNo number = super_block_no + 1; geometry().contains(number); ++number) {
      device.read(geometry().byte_of(number), bytes);
      const auto& inode = as<Inode>(ConstBytes(bytes));
      if (matches(inode.signature, Inode::signature_text) && inode.block == number.value &&
          inode.fs_generation == volume_->facts().generation && inode.has_flag(inode_flag::valid) &&
          wanted(inode))
        found.push_back(inode_at(number));
    }
    return found;
  }

  /// What an examination came to.
  struct Outcome {
    std::vector<std::string> codes;  ///< in the order of the questions
    std::vector<std::string> texts;
    ProblemCount total;
    Harvest harvest;
  };
  using Work = std::function<void(Examiner&, BlockSource&, Mender*, Harvest&)>;

  /// Every question is answered with yes, and what is mended is written.
  Outcome mend(const Work& work) {
    InPlace write_ahead(device, geometry().block_size());
    Mender mender(volume_->cache(), write_ahead);
    Outcome outcome = examine(work, Reply::yes, &mender);
    mender.commit();
    volume_->cache().drop_all();
    return outcome;
  }
  /// Every answer is no, and nothing can be written.
  Outcome look(const Work& work) { return examine(work, Reply::no, nullptr); }

  MemoryDevice device;
  std::set<std::string_view> refused;  ///< codes that are answered with no all the same

 private:
  Outcome examine(const Work& work, Reply reply, Mender* mender) {
    Outcome outcome;
    Examiner examiner([&](const Finding& finding) {
      outcome.codes.emplace_back(finding.problem.code);
      outcome.texts.push_back(finding.text);
      return finding.question.empty() || refused.contains(finding.problem.code) ? Reply::no : reply;
    });
    BlockSource source(volume_->cache(), mender);
    work(examiner, source, mender, outcome.harvest);
    outcome.total = examiner.total();
    return outcome;
  }

  std::unique_ptr<Volume> volume_;
};

}  // namespace ocfs2
