// SPDX-License-Identifier: GPL-2.0-or-later
//
// looks VOLUME FIRST COUNT -- what can be seen of a volume whose metadata chance has damaged, as it stands,
// by a node that only looks: what a read-only mount through FUSE shows. For each seed from FIRST on the
// metadata of VOLUME (an image file, only read) is damaged as by `mutations`; then, in a process of its own,
// all directories are listed, all names looked up, everything is asked about every inode, and every file
// read. Errors are answers, but nothing may crash or hang, nothing may be written, and a file whose own
// metadata was not damaged must have the size and content that it had.
//
// Prints a line for each seed that fails, and at the end how many did not.
#include <fmt/format.h>

#include <cstdlib>
#include <set>

#include "engine/error.h"
#include "engine/files/node.h"
#include "engine/rescue/replayed.h"
#include "tests/worlds/mutated_volume.h"

namespace ocfs2 {
namespace {

constexpr u64 memory_budget = u64{256} << 20;
constexpr u64 read_max = u64{8} << 20;  ///< of a file that claims more

/// Does what may fail.
template <class Act>
void attempt(const Act& act) try {
  act();
} catch (const Error&) {
}

/// Asks all that can be asked about an inode.
void examine(Node& node, InodeNo number) {
  attempt([&] { (void)node.read_link(number); });
  attempt([&] {
    for (const XattrItem& item : node.attributes(number))
      attempt([&] { (void)node.attribute(number, item.name); });
  });
  attempt([&] {
    std::vector<u8> bytes(1 << 20);
    const u64 end = std::min(node.status(number).size, read_max);
    for (u64 at = 0; at < end; at += bytes.size()) attempt([&] { (void)node.read(number, at, bytes); });
  });
}

void walk(Node& node) {
  std::set<u64> seen;
  std::vector<InodeNo> waiting{node.volume().root()};
  while (!waiting.empty()) {
    const InodeNo at = waiting.back();
    waiting.pop_back();
    if (!seen.insert(at.value).second) continue;
    examine(node, at);
    std::vector<DirectoryItem> items;
    attempt([&] { (void)node.list(at, items); });
    for (const DirectoryItem& item : items) {
      attempt([&] { (void)node.lookup(at, item.name); });
      waiting.push_back(item.inode);
    }
  }
}

/// The file as FileState has it: block by block, holes and zeros alike. Of a huge one with holes the size.
bool unchanged(Node& node, u64 number, const FileState& file) try {
  const u64 size = node.status(InodeNo(number)).size;
  if (size != file.size || size > 8 * read_max) return size == file.size;
  const u32 block_size = node.volume().geometry().block_size();
  std::vector<u8> block(block_size);
  u32 digest = 0;
  for (u64 at = 0; at < size; at += block_size) {
    const auto bytes = ConstBytes(block).first(node.read(InodeNo(number), at, block));
    if (std::ranges::any_of(bytes, [](u8 byte) { return byte != 0; }))
      digest = crc32(bytes, crc32(bytes_of(le64(at)), digest));
  }
  return digest == file.digest;
} catch (const Error& error) {
  fmt::print("  {}\n", error.what());
  return false;
}

int run(MutatedVolume& mutated, u64 seed) {
  mutated.mutate(seed);
  const MemoryDevice before = mutated.device();
  const bool another = mutated.is_another_volume();
  OpenOptions options;
  options.unknown_features = options.unfinished_change = true;
  const auto volume = Volume::open(mutated.device(), options);
  const auto view = as_replayed(*volume);
  const auto shown = Volume::open(*view, options);
  Node node(*shown);
  walk(node);
  attempt([&] { (void)node.space_status(); });
  if (!mutated.device().same_content(before)) return mutated.failed(seed, "the volume was written to");
  if (another || mutated.touched().contains(super_block_no.value)) return 0;  // names are judged by it
  const u64 lost = mutated.lost(
      [&](u64 number, const FileState& file) { return unchanged(node, number, file); }, "cannot be read");
  return lost == 0 ? 0 : mutated.failed(seed, fmt::format("{} files are lost", lost));
}

int trial(MutatedVolume& mutated, u64 seed) {
  try {
    return run(mutated, seed);
  } catch (const Error& error) {
    // a volume of this size has no second superblock: without the first it is refused
    if (mutated.touched().contains(super_block_no.value)) return 0;
    return mutated.failed(seed, error.what());
  }
}

}  // namespace
}  // namespace ocfs2

int main(int count, char** arguments) {
  return ocfs2::try_seeds(count, arguments, ocfs2::memory_budget, ocfs2::trial);
}
