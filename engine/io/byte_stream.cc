// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/byte_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "engine/error.h"

namespace ocfs2 {
namespace {

constexpr std::size_t magic_bytes = 6;

struct Packer {
  std::string_view magic, program;
  ByteStream (*unpack)(std::string name, ByteStream packed);  ///< null: we cannot
};
constexpr Packer packers[] = {
    {"\x1F\x8B", "gzip", unpack_gzip},    {"\x28\xB5\x2F\xFD", "zstd", unpack_zstd},
    {"\xFD\x37zXZ", "xz", nullptr},       {"BZh", "bzip2", nullptr},
    {"\x04\x22\x4D\x18", "lz4", nullptr}, {"LZIP", "lzip", nullptr},
};

/// A file that is open as long as somebody reads it.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : name_(path == "-" ? "standard input" : path),
        file_(path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) fail_errno(errno, "{}", path);
  }
  ~OpenFile() {
    if (file_ != STDIN_FILENO) close(file_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  const std::string& name() const { return name_; }
  std::size_t read(Bytes into) {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = ::read(file_, into.data() + done, into.size() - done);
      if (got == 0) break;
      if (got < 0) fail_errno(errno, "{}: cannot be read", name_);
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  std::string name_;
  int file_;
};

}  // namespace

ByteStream open_byte_stream(const std::string& path) {
  const auto file = std::make_shared<OpenFile>(path);
  if (path == "-" && isatty(STDIN_FILENO) != 0)
    fail(ErrorKind::invalid_argument, "standard input is a terminal; an archive is expected from a pipe");
  std::vector<u8> start(magic_bytes);
  start.resize(file->read(start));
  ByteStream plain = [file, start](Bytes into) mutable {
    const std::size_t known = std::min(start.size(), into.size());
    std::copy_n(start.begin(), known, into.begin());
    start.erase(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(known));
    return known + file->read(into.subspan(known));
  };
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  for (const Packer& packer : packers) {
    if (!text.starts_with(packer.magic)) continue;
    if (packer.unpack != nullptr) return packer.unpack(file->name(), std::move(plain));
    fail(ErrorKind::unsupported, "{} is packed by {}, which is not unpacked here; use: {} -dc {} | … -d -",
         file->name(), packer.program, packer.program, path);
  }
  return plain;
}

}  // namespace ocfs2
