// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a tool that only looks is given to look at: a device, a volume in a file, or a metadata image in
// any of its forms. They all open the same way.
#pragma once

#include "engine/io/file_device.h"

namespace ocfs2 {

enum class ImageForm {
  plain,   ///< a device or file with the blocks in their places
  packed,  ///< o2image's
  zstd,    ///< our container
};

/// What the first bytes of `file` say. Throws Error(unsupported) for a file that was compressed as a whole,
/// Error(io).
ImageForm image_form(BlockDevice& file);

/// What is in `file`, in the places that it has on the volume. Throws what PackedImage and ZstdFile throw.
std::unique_ptr<BlockDevice> look_inside(std::unique_ptr<FileDevice> file);

/// Opens what is at `path` to be read. Throws what FileDevice::open and look_inside throw.
std::unique_ptr<BlockDevice> open_to_read(const std::string& path, Caching caching = Caching::automatic);

}  // namespace ocfs2
