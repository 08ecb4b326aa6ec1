// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/open_image.h"

#include <algorithm>
#include <vector>

#include "engine/error.h"
#include "engine/io/packed_image.h"
#include "engine/io/zstd_file.h"

namespace ocfs2 {

ImageForm image_form(BlockDevice& file) {
  std::vector<u8> start(std::min<u64>(file.size_bytes(), 512));
  try {
    file.read(0, start);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    return ImageForm::plain;  // a device whose first sector is bad may hold a volume for all that
  }
  if (PackedImage::begins_with(start)) return ImageForm::packed;
  if (ZstdFile::begins_with(start)) return ImageForm::zstd;
  if (ZstdFile::is_plain_zstd(start))
    fail(ErrorKind::unsupported, "{}: is compressed as a whole; unpack it first: zstd -d {}", file.name(),
         file.name());
  return ImageForm::plain;
}

std::unique_ptr<BlockDevice> look_inside(std::unique_ptr<FileDevice> file) {
  switch (image_form(*file)) {
    case ImageForm::packed:
      return std::make_unique<PackedImage>(std::move(file));
    case ImageForm::zstd:
      return std::make_unique<PackedImage>(std::make_unique<ZstdFile>(std::move(file)));
    case ImageForm::plain:
      break;
  }
  return file;
}

std::unique_ptr<BlockDevice> open_to_read(const std::string& path, Caching caching) {
  return look_inside(FileDevice::open(path, Access::read_only, caching));
}

}  // namespace ocfs2
