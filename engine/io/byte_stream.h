// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes from the first to the last, as they come out of a file or a pipe, and what gzip or zstd packed in
// them: archives, of which nobody needs more.
#pragma once

#include <functional>
#include <string>

#include "ondisk/integers.h"

namespace ocfs2 {

/// Fills `into` with what follows; fewer bytes than it has room for mean the end. Throws Error(io) when it
/// cannot be read, Error(corrupt) when what is packed is damaged or cut off.
using ByteStream = std::function<std::size_t(Bytes into)>;

/// What is in the file at `path`, "-" for standard input; unpacked, when its first bytes are those of gzip or
/// zstd. Throws Error(not_found), Error(unsupported) naming the program for what other ones packed,
/// Error(io).
ByteStream open_byte_stream(const std::string& path);

/// `packed` unpacked; `name` is for messages.
ByteStream unpack_gzip(std::string name, ByteStream packed);
ByteStream unpack_zstd(std::string name, ByteStream packed);

}  // namespace ocfs2
