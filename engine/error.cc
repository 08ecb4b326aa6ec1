// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/error.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ocfs2 {

std::string errno_text(int number) {
  char buffer[128];
  return strerror_r(number, buffer, sizeof buffer);
}

ErrorKind kind_of_errno(int number) {
  switch (number) {
    case EBUSY:
    case ETXTBSY: return ErrorKind::busy;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ErrorKind::no_space;
    case ENOENT:
    case ENODEV:
    case ENXIO: return ErrorKind::not_found;
    case EINVAL:
    case ENOTDIR:
    case EISDIR: return ErrorKind::invalid_argument;
    case EINTR: return ErrorKind::interrupted;
    case EOPNOTSUPP:
    case ENOSYS: return ErrorKind::unsupported;
    default: return ErrorKind::io;
  }
}

void require_failed(std::source_location place) {
  std::fprintf(stderr, "%s:%u: in %s: a condition that must hold does not.\n"
               "This is a mistake in the program; please report it.\n",
               place.file_name(), place.line(), place.function_name());
  std::abort();
}

}  // namespace ocfs2
