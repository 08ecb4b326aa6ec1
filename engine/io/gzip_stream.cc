// SPDX-License-Identifier: GPL-2.0-or-later
//
// What gzip packed: one or several members, each with its checksum, and perhaps zeros behind them, as tapes
// have them.
#include <zlib.h>

#include <algorithm>
#include <memory>

#include "engine/error.h"
#include "engine/io/byte_stream.h"

namespace ocfs2 {
namespace {

constexpr std::size_t packed_bytes = 128 << 10;  ///< read at once
constexpr int gzip_only = 15 + 16;               ///< the largest window, and the kind of header

class Gunzip {
 public:
  Gunzip(std::string name, ByteStream packed) : name_(std::move(name)), packed_(std::move(packed)) {
    if (inflateInit2(&state_, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Gunzip() { inflateEnd(&state_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  std::size_t read(Bytes into) {
    std::size_t done = 0;
    while (done < into.size() && !ended_) {
      if (state_.avail_in == 0 && !refill()) {
        if (inside_) damaged("it is cut off");
        ended_ = true;
        break;
      }
      if (!inside_ && !begin_member()) break;
      done += inflate_some(into.subspan(done));
    }
    return done;
  }

 private:
  bool refill() {
    buffer_.resize(packed_bytes);
    state_.next_in = buffer_.data();
    state_.avail_in = static_cast<uInt>(packed_(buffer_));
    return state_.avail_in > 0;
  }

  /// Behind a member comes another, or what means nothing.
  bool begin_member() {
    ended_ = *state_.next_in != 0x1F;
    if (ended_) return false;
    inflateReset(&state_);
    inside_ = true;
    return true;
  }

  std::size_t inflate_some(Bytes into) {
    const auto room = static_cast<uInt>(std::min<std::size_t>(into.size(), 1 << 30));
    state_.next_out = into.data();
    state_.avail_out = room;
    const int result = inflate(&state_, Z_NO_FLUSH);
    if (result == Z_STREAM_END)
      inside_ = false;
    else if (result == Z_MEM_ERROR)
      throw std::bad_alloc();
    else if (result != Z_OK && result != Z_BUF_ERROR)
      damaged("its checksum or a code in it is wrong");
    return room - state_.avail_out;
  }

  [[noreturn]] void damaged(std::string_view what) const {
    fail(ErrorKind::corrupt, "{}: what gzip packed is damaged: {}; fetch or make it again", name_, what);
  }

  std::string name_;
  ByteStream packed_;
  std::vector<u8> buffer_{};
  z_stream state_{};
  bool inside_ = false;  ///< a member
  bool ended_ = false;
};

}  // namespace

ByteStream unpack_gzip(std::string name, ByteStream packed) {
  const auto gunzip = std::make_shared<Gunzip>(std::move(name), std::move(packed));
  return [gunzip](Bytes into) { return gunzip->read(into); };
}

}  // namespace ocfs2
