// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/zstd_file.h"

#include <zstd.h>

#include <algorithm>
#include <cerrno>

#include "engine/io/byte_stream.h"
#include "engine/io/device_errors.h"

namespace ocfs2 {
namespace {

constexpr u32 version_number = 1;
constexpr u32 plain_magic = 0xFD2FB528;
constexpr u32 start_magic = 0x184D2A50;     ///< any skippable frame may be ours
constexpr u32 table_magic = 0x184D2A5E;     ///< the one that seekable files use
constexpr u32 seekable_magic = 0x8F92EAB1;  ///< the very last bytes
/// The stronger ones gain one part in a hundred on metadata, which is zeros for the most part, and add 320 KB
/// to the binary: zstd_unused.cc leaves them out.
constexpr int level = 3;
constexpr std::size_t frames_kept = 12;  ///< memory for twice as many MiB
/// Zeros pack to less than a thousandth; no honest frame is longer.
constexpr u32 frame_bytes_max = 4 * zstd_frame_bytes;

/// The frame at the beginning.
struct StartFrame {
  static constexpr char words_text[16] = "OCFS2BOX IMAGE";

  le32 magic;
  le32 length;  ///< of what follows
  std::array<char, 16> words;
  le32 version;
};

struct TableRow {
  le32 packed_bytes, bytes;
};

/// Behind the rows.
struct TableFoot {
  static constexpr u8 checksums = 0x80;

  le32 frames;
  u8 descriptor;  ///< 0: rows have no checksums, the frames have
  le32 magic;
};
static_assert(sizeof(TableFoot) == 9);

constexpr u64 table_bytes(u64 frames) { return 8 + frames * sizeof(TableRow) + sizeof(TableFoot); }

template <class T>
void append(std::vector<u8>& bytes, const T& structure) {
  const ConstBytes part = bytes_of(structure);
  bytes.insert(bytes.end(), part.begin(), part.end());
}

}  // namespace

struct ZstdPacker::Context {
  ZSTD_CCtx* made = ZSTD_createCCtx();
  ~Context() { ZSTD_freeCCtx(made); }
};

ZstdPacker::ZstdPacker() : context_(std::make_unique<Context>()) {
  if (context_->made == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_->made, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context_->made, ZSTD_c_strategy, ZSTD_dfast);
  ZSTD_CCtx_setParameter(context_->made, ZSTD_c_checksumFlag, 1);
}

ZstdPacker::~ZstdPacker() = default;

std::vector<u8> ZstdPacker::frame(ConstBytes content) {
  std::vector<u8> packed(ZSTD_compressBound(content.size()));
  const std::size_t size =
      ZSTD_compress2(context_->made, packed.data(), packed.size(), content.data(), content.size());
  require(!ZSTD_isError(size));  // there is room, and memory was had before
  packed.resize(size);
  return packed;
}

std::vector<u8> zstd_file_start() {
  StartFrame start{};
  start.magic = start_magic;
  start.length = sizeof start - 8;
  std::copy_n(StartFrame::words_text, start.words.size(), start.words.begin());
  start.version = version_number;
  std::vector<u8> bytes;
  append(bytes, start);
  return bytes;
}

std::vector<u8> zstd_file_end(std::span<const ZstdFrame> frames) {
  std::vector<u8> bytes;
  append(bytes, le32(table_magic));
  append(bytes, le32(static_cast<u32>(table_bytes(frames.size()) - 8)));
  for (const ZstdFrame& frame : frames) append(bytes, TableRow{le32(frame.packed_bytes), le32(frame.bytes)});
  TableFoot foot{};
  foot.frames = static_cast<u32>(frames.size());
  foot.magic = seekable_magic;
  append(bytes, foot);
  return bytes;
}

bool ZstdFile::begins_with(ConstBytes start) {
  if (start.size() < sizeof(StartFrame)) return false;
  const StartFrame& frame = as<StartFrame>(start);
  return frame.magic == start_magic &&
         std::equal(frame.words.begin(), frame.words.end(), StartFrame::words_text);
}

bool ZstdFile::is_plain_zstd(ConstBytes start) { return start.size() >= 4 && as<le32>(start) == plain_magic; }

ZstdFile::ZstdFile(std::unique_ptr<BlockDevice> file) : file_(std::move(file)) {
  read_start();
  read_table();
}

void ZstdFile::read_start() {
  std::vector<u8> bytes(sizeof(StartFrame));
  file_->read(0, bytes);
  const u32 version = as<StartFrame>(ConstBytes(bytes)).version;
  if (version != version_number)
    fail(ErrorKind::unsupported, "{}: this image has form {}, which a later version of this program wrote",
         name(), version);
}

void ZstdFile::read_table() {
  const u64 file_bytes = file_->size_bytes();
  TableFoot foot{};
  std::vector<u8> bytes(sizeof foot);
  if (file_bytes >= sizeof(StartFrame) + table_bytes(0)) {
    file_->read(file_bytes - sizeof foot, bytes);
    foot = as<TableFoot>(ConstBytes(bytes));
  }
  const u64 table = table_bytes(foot.frames);
  if (foot.magic != seekable_magic || foot.descriptor != 0 || table > file_bytes - sizeof(StartFrame))
    fail(ErrorKind::corrupt,
         "{}: this image is cut off: the table at its end is missing; copy it again (what there is of it "
         "comes out of: zstd -dc)",
         name());
  bytes.resize(table);
  file_->read(file_bytes - table, bytes);
  u64 at = sizeof(StartFrame);
  bool sound = as<le32>(ConstBytes(bytes)) == table_magic;
  for (u64 i = 0; i < foot.frames; ++i) {
    const TableRow& row = as<TableRow>(ConstBytes(bytes).subspan(8 + i * sizeof(TableRow)));
    sound = sound && row.bytes > 0 && row.bytes <= frame_bytes_max;
    frames_.push_back({at, size_bytes_, row.packed_bytes, row.bytes});
    at += row.packed_bytes;
    size_bytes_ += row.bytes;
  }
  if (!sound || at != file_bytes - table)
    fail(ErrorKind::corrupt, "{}: this image is damaged: its table does not describe it; copy it again",
         name());
}

ZstdFile::Content ZstdFile::unpack(std::size_t index) const {
  const Place& place = frames_[index];
  std::vector<u8> packed(place.packed_bytes);
  file_->read(place.file_offset, packed);
  auto content = std::make_shared<std::vector<u8>>(place.bytes);
  const bool one_frame = packed.size() >= 4 && as<le32>(ConstBytes(packed)) == plain_magic &&
                         ZSTD_findFrameCompressedSize(packed.data(), packed.size()) == packed.size();
  if (!one_frame ||
      ZSTD_decompress(content->data(), content->size(), packed.data(), packed.size()) != place.bytes)
    fail(ErrorKind::io, "{}: part {} of {} of this image (bytes {} to {} of the file) is damaged", name(),
         index + 1, frames_.size(), place.file_offset, place.file_offset + place.packed_bytes - 1);
  return content;
}

ZstdFile::Content ZstdFile::frame(std::size_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = kept_.find(index); found != kept_.end()) {
      ages_.splice(ages_.end(), ages_, found->second.age);
      return found->second.content;
    }
  }
  const Content content = unpack(index);
  const std::lock_guard lock(mutex_);
  keep(index, content);
  return content;
}

void ZstdFile::keep(std::size_t index, const Content& content) {
  if (kept_.contains(index)) return;  // another thread was here
  if (kept_.size() >= frames_kept) {
    kept_.erase(ages_.front());
    ages_.pop_front();
  }
  kept_[index] = {content, ages_.insert(ages_.end(), index)};
}

void ZstdFile::read(u64 offset, Bytes into) {
  require_inside(*this, "read", offset, into.size());
  const auto behind = std::ranges::upper_bound(frames_, offset, {}, &Place::offset);
  for (auto index = static_cast<std::size_t>(behind - frames_.begin()); !into.empty(); ++index) {
    const Place& at = frames_[index - 1];
    const Content content = frame(index - 1);
    const u64 within = offset - at.offset;
    const u64 length = std::min<u64>(into.size(), at.bytes - within);
    std::copy_n(content->begin() + static_cast<std::ptrdiff_t>(within), length, into.begin());
    offset += length;
    into = into.subspan(length);
  }
}

void ZstdFile::read_many(std::span<ReadRequest> requests) {
  for (ReadRequest& request : requests) try {
      read(request.offset, request.into);
      request.error = 0;
    } catch (const Error&) {
      request.error = EIO;
    }
}

namespace {

/// Unpacks what any zstd packed: frames, one after the other.
class ZstdUnpacker {
 public:
  ZstdUnpacker(std::string name, ByteStream packed) : name_(std::move(name)), packed_(std::move(packed)) {
    if (!state_) throw std::bad_alloc();
  }

  std::size_t read(Bytes into) {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos < out.size) {
      if (in_.pos == in_.size) refill();
      if (in_.size == 0 && !inside_) break;
      if (!inside_) require_frame();
      const std::size_t before = out.pos;
      const std::size_t left = ZSTD_decompressStream(state_.get(), &out, &in_);
      if (ZSTD_isError(left))
        fail(ErrorKind::corrupt, "{}: cannot be unpacked as zstd: {}; if \"zstd -t\" finds nothing, give {}",
             name_, ZSTD_getErrorName(left), "zstd -dc --long=31 FILE | ... -d -");
      inside_ = left != 0;
      if (in_.size == 0 && inside_ && out.pos == before)
        fail(ErrorKind::corrupt, "{}: what zstd packed is cut off; fetch or make it again", name_);
    }
    return out.pos;
  }

 private:
  /// What is left comes to the front: a frame begins with its whole magic.
  void refill() {
    const std::size_t kept = in_.size - in_.pos;
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(in_.pos), kept, buffer_.begin());
    in_ = {buffer_.data(), kept + packed_(Bytes(buffer_).subspan(kept)), 0};
  }

  /// The formats of zstd's first years are not unpacked here, see zstd_unused.cc.
  void require_frame() {
    if (in_.size - in_.pos < sizeof(le32)) refill();
    const ConstBytes rest = ConstBytes(buffer_).subspan(in_.pos, in_.size - in_.pos);
    const u32 magic = rest.size() < sizeof(le32) ? 0 : u32{as<le32>(rest)};
    if (magic != plain_magic && (magic & 0xFFFFFFF0) != start_magic)
      fail(ErrorKind::corrupt, "{}: what follows a part that zstd packed is none; fetch or make it again",
           name_);
    inside_ = true;
  }

  struct Free {
    void operator()(ZSTD_DCtx* state) const { ZSTD_freeDCtx(state); }
  };
  std::string name_;
  ByteStream packed_;
  std::unique_ptr<ZSTD_DCtx, Free> state_{ZSTD_createDCtx()};
  std::vector<u8> buffer_ = std::vector<u8>(128 << 10);
  ZSTD_inBuffer in_{buffer_.data(), 0, 0};
  bool inside_ = false;  ///< a frame
};

}  // namespace

ByteStream unpack_zstd(std::string name, ByteStream packed) {
  const auto unpacker = std::make_shared<ZstdUnpacker>(std::move(name), std::move(packed));
  return [unpacker](Bytes into) { return unpacker->read(into); };
}

}  // namespace ocfs2
