// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/image_writer.h"

#include <algorithm>
#include <mutex>

#include "engine/crew.h"
#include "engine/error.h"
#include "engine/io/aligned_buffer.h"
#include "engine/io/holes.h"
#include "engine/io/packed_image.h"
#include "engine/io/zstd_file.h"
#include "engine/journal/restored_volume.h"

namespace ocfs2 {
namespace {

constexpr u64 piece_bytes = zstd_frame_bytes;
/// From so many runs in a piece on, the device gets them as one batch.
constexpr std::size_t scattered_runs = 4;

/// Blocks of a piece that follow each other on the volume.
struct Stretch {
  BlockNo first;
  Bytes bytes;
};

/// Reads the stored blocks piece by piece.
class PieceReader {
 public:
  explicit PieceReader(const ImageSource& source)
      : source_(source), per_piece_(piece_bytes / source.block_size) {}

  u64 pieces() const { return divide_up(source_.blocks.count(), per_piece_); }

  /// How long piece `index` is.
  u64 bytes(u64 index) const {
    return std::min(per_piece_, source_.blocks.count() - index * per_piece_) * source_.block_size;
  }

  /// Reads piece `index` into `memory`, which is as long as it is.
  std::vector<Stretch> read(u64 index, Bytes memory) {
    const u64 first = index * per_piece_, count = memory.size() / source_.block_size;
    std::vector<Stretch> stretches;
    const auto& runs = source_.blocks.runs();
    auto run = std::ranges::upper_bound(runs, first, {}, &StoredRun::rank) - 1;
    for (u64 done = 0; done < count; ++run) {
      const u64 within = first + done - run->rank;
      const u64 part = std::min(run->count - within, count - done);
      stretches.push_back(
          {run->first + within, memory.subspan(done * source_.block_size, part * source_.block_size)});
      done += part;
    }
    fill(stretches);
    if (source_.change)
      for (const Stretch& stretch : stretches) source_.change(stretch.first, stretch.bytes);
    return stretches;
  }

  std::vector<BlockNo> unread() {
    std::ranges::sort(unread_);
    return std::move(unread_);
  }

 private:
  void fill(const std::vector<Stretch>& stretches) {
    if (stretches.size() < scattered_runs) {
      for (const Stretch& stretch : stretches) try {
          source_.device.read(stretch.first.value * source_.block_size, stretch.bytes);
        } catch (const Error& error) {
          if (error.kind() != ErrorKind::io) throw;
          fill_patiently(stretch);
        }
      return;
    }
    std::vector<ReadRequest> requests;
    for (const Stretch& stretch : stretches)
      requests.push_back({stretch.first.value * source_.block_size, stretch.bytes});
    source_.device.read_many(requests);
    for (std::size_t i = 0; i < requests.size(); ++i)
      if (requests[i].error != 0) fill_patiently(stretches[i]);
  }

  /// Block by block, when not all of them can be read.
  void fill_patiently(const Stretch& stretch) {
    const u32 size = source_.block_size;
    for (u64 i = 0; i * size < stretch.bytes.size(); ++i) try {
        source_.device.read((stretch.first + i).value * size, stretch.bytes.subspan(i * size, size));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::io) throw;
        std::ranges::fill(stretch.bytes.subspan(i * size, size), u8{0});
        const std::lock_guard lock(mutex_);
        unread_.push_back(stretch.first + i);
      }
  }

  const ImageSource& source_;
  u64 per_piece_;
  std::mutex mutex_;
  std::vector<BlockNo> unread_;
};

/// Calls `use` with the stretches of every piece, in order, after `prepare` had the piece's bytes on any
/// thread.
template <class Prepare, class Use>
std::vector<BlockNo> each_piece(const ImageSource& source, Reporter& reporter, const Prepare& prepare,
                                const Use& use) {
  PieceReader reader(source);
  Crew(reader.pieces(), cores(), reporter).run([&](Crew::Hand& hand) {
    auto tool = prepare();
    const AlignedBuffer buffer(piece_bytes, 4096);  // may come from a device and go to one without a copy
    while (const auto piece = hand.next()) {
      const Bytes memory = buffer.bytes().first(reader.bytes(*piece));
      const std::vector<Stretch> stretches = reader.read(*piece, memory);
      const auto result = tool(ConstBytes(memory));
      hand.in_turn(*piece, [&] { use(stretches, result); });
    }
  });
  return reader.unread();
}

u64 bitmap_pieces(const ImageSource& source) {
  return divide_up(source.volume_blocks, 8 * ImageHeader::bitmap_block_size);
}

/// The superblock goes alone: it is the last to be put back.
void add_images(BlockNo first, ConstBytes bytes, u32 block_size, std::vector<BlockImage>& images) {
  const u64 count = bytes.size() / block_size;
  const auto add = [&](u64 from, u64 to) {
    if (from < to)
      images.push_back({first + from, bytes.subspan(from * block_size, (to - from) * block_size)});
  };
  const u64 before = first > super_block_no ? count : std::min(count, super_block_no - first);
  add(0, before);
  add(before, std::min(count, before + 1));
  add(before + 1, count);
}

/// Nothing is to be done with the bytes.
constexpr auto untouched = [] { return [](ConstBytes bytes) { return bytes; }; };

}  // namespace

std::vector<BlockNo> write_packed(const ImageSource& source, u64 seconds, const ImageSink& sink,
                                  Reporter& reporter) {
  sink(packed_header(source.blocks, source.volume_blocks, source.block_size, seconds));
  auto unread = each_piece(source, reporter, untouched,
                           [&](const std::vector<Stretch>&, ConstBytes bytes) { sink(bytes); });
  for (u64 i = 0; i < bitmap_pieces(source); ++i) sink(packed_bitmap(source.blocks, i));
  return unread;
}

std::vector<BlockNo> write_zstd(const ImageSource& source, u64 seconds, const ImageSink& sink,
                                Reporter& reporter) {
  std::vector<ZstdFrame> frames;
  const auto put = [&](ConstBytes packed, std::size_t bytes) {
    frames.push_back({static_cast<u32>(packed.size()), static_cast<u32>(bytes)});
    sink(packed);
  };
  ZstdPacker packer;
  const auto put_frame = [&](ConstBytes content) { put(packer.frame(content), content.size()); };

  sink(zstd_file_start());
  put_frame(packed_header(source.blocks, source.volume_blocks, source.block_size, seconds));
  struct Packed {
    std::vector<u8> bytes;
    std::size_t plain_bytes;
  };
  const auto prepare = [] {
    return [packer = std::make_unique<ZstdPacker>()](ConstBytes bytes) {
      return Packed{packer->frame(bytes), bytes.size()};
    };
  };
  auto unread = each_piece(source, reporter, prepare, [&](const std::vector<Stretch>&, const Packed& packed) {
    put(packed.bytes, packed.plain_bytes);
  });
  constexpr u64 per_frame = zstd_frame_bytes / ImageHeader::bitmap_block_size;
  for (u64 from = 0; from < bitmap_pieces(source); from += per_frame) {
    std::vector<u8> bitmap;
    for (u64 i = from; i < std::min(from + per_frame, bitmap_pieces(source)); ++i) {
      const std::vector<u8> bits = packed_bitmap(source.blocks, i);
      bitmap.insert(bitmap.end(), bits.begin(), bits.end());
    }
    put_frame(bitmap);
  }
  sink(zstd_file_end(frames));
  return unread;
}

std::vector<BlockNo> write_in_places(const ImageSource& source, BlockDevice& target, bool sparse,
                                     Reporter& reporter) {
  RestoredVolume volume(target, source.block_size);
  if (!sparse) volume.begin();
  const u32 size = source.block_size;
  auto unread =
      each_piece(source, reporter, untouched, [&](const std::vector<Stretch>& stretches, ConstBytes) {
        std::vector<BlockImage> images;
        for (const Stretch& stretch : stretches)
          if (sparse)
            each_solid_part(stretch.first.value * size, stretch.bytes, [&](u64 offset, ConstBytes part) {
              add_images(BlockNo(offset / size), part, size, images);
            });
          else
            add_images(stretch.first, stretch.bytes, size, images);
        volume.commit(images);
      });
  volume.finish();
  return unread;
}

std::vector<BlockNo> compare_in_places(const ImageSource& source, BlockDevice& target, Reporter& reporter) {
  std::vector<BlockNo> differing;
  const u32 size = source.block_size;
  each_piece(source, reporter, untouched, [&](const std::vector<Stretch>& stretches, ConstBytes) {
    std::vector<u8> there;
    for (const Stretch& stretch : stretches) {
      there.resize(stretch.bytes.size());
      target.read(stretch.first.value * size, there);
      for (u64 i = 0; i * size < there.size(); ++i)
        if (!std::ranges::equal(Bytes(there).subspan(i * size, size), stretch.bytes.subspan(i * size, size)))
          differing.push_back(stretch.first + i);
    }
  });
  return differing;
}

}  // namespace ocfs2
