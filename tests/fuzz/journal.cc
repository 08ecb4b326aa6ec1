// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any log is either replayed or refused with words: no crash, no hang, nothing beyond the volume or inside a
// journal.
//
// The input is a script that writes a log. Its first byte chooses block size and whether the superblock's
// checksum is made right; then come pieces: one byte for the log block, one for what to do there, and what
// that takes. So the fuzzer need not find magic numbers, and is free to damage everything.
#include <algorithm>

#include "engine/error.h"
#include "engine/io/memory_device.h"
#include "engine/journal/journal_reader.h"
#include "engine/journal/journal_writer.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr u32 log_blocks = 1024;
constexpr u32 volume_blocks = 8192;
constexpr BlockRun log_run{BlockNo(2000), log_blocks};
constexpr BlockRun other_run{BlockNo(6000), log_blocks};

/// Takes an input apart; beyond its end everything is zero.
class Input {
 public:
  Input(const u8* data, std::size_t size) : rest_(data, size) {}
  bool empty() const { return rest_.empty(); }
  u8 byte() { return empty() ? 0 : bytes(1)[0]; }
  ConstBytes bytes(std::size_t count) {
    const ConstBytes taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  ConstBytes rest_;
};

class Script {
 public:
  Script(MemoryDevice& device, u32 block_size) : device_(device), block_size_(block_size) {
    const JournalSuperBlock super = fresh_journal_super(block_size, log_blocks, {}, false);
    put(0, 0, bytes_of(super));
  }

  void run(Input& input) {
    while (!input.empty()) {
      const u32 block = input.byte() * (log_blocks - 1) / 255;
      const u8 what = input.byte();
      if (what < 8) {
        const JournalHeader header{journal_magic, what, u32{input.byte()}};
        put(block, 0, bytes_of(header));
      } else {
        const u32 offset = input.byte() * block_size_ / 256;
        put(block, what % 2 == 0 ? offset / 4 * 4 : sizeof(JournalHeader), input.bytes(what / 8));
      }
    }
  }

  void seal_super() {
    std::vector<u8> bytes(journal_super_bytes);
    device_.read(log_run.first.value * block_size_, bytes);
    JournalSuperBlock& super = as<JournalSuperBlock>(Bytes(bytes));
    super.checksum_type = 4;
    super.checksum = journal_super_checksum(super);
    put(0, 0, bytes);
  }

 private:
  void put(u32 log_block, u64 offset, ConstBytes bytes) {
    const u64 at = (log_run.first.value + log_block) * block_size_ + offset;
    device_.write(TestKey{}, at, bytes.first(std::min<u64>(bytes.size(), device_.size_bytes() - at)));
  }

  MemoryDevice& device_;
  u32 block_size_;
};

void replay(MemoryDevice& device, u32 block_size) {
  JournalReader reader(device, block_size, LogMap({log_run}), {volume_blocks, {other_run}}, "journal:0000");
  LogScan scan = reader.scan();
  scan.damage.clear();
  u64 records = 0;
  reader.visit(scan, [&](const LogRecord&) { ++records; });
  require(records <= log_blocks);
  const u64 replayed = reader.replay(scan, [&](std::span<const BlockImage> images) {
    for (const BlockImage& image : images) {
      require(image.block >= super_block_no && image.block.value < volume_blocks);
      require(!log_run.contains(image.block) && !other_run.contains(image.block));
      require(image.bytes.size() == block_size);
    }
  });
  require(replayed <= log_blocks);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  Input input(data, size);
  const u8 shape = input.byte();
  const u32 block_size = block_size_min << shape % 4;
  MemoryDevice device(u64{volume_blocks} * block_size);
  Script script(device, block_size);
  script.run(input);
  if (shape & 4) script.seal_super();
  try {
    replay(device, block_size);
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace ocfs2
