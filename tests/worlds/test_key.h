// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tests' own right to write on a device: to prepare a volume, to damage it, to rebuild it after a crash.
#pragma once

#include "engine/io/block_device.h"

namespace ocfs2 {

class TestKey {
 public:
  operator WriteKey() const { return {}; }  // so that `device.write(TestKey{}, offset, bytes)` works
};

}  // namespace ocfs2
