// SPDX-License-Identifier: GPL-2.0-or-later
//
// fill_volume VOLUME PERCENT -- fills a fresh volume until so many of its clusters are in use, as years of
// use would leave it (tests/worlds/full_volume.h), and prints how many are, in percent.
#include <fmt/core.h>

#include <cstdlib>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "tests/worlds/full_volume.h"

int main(int count, char** arguments) {
  if (count != 3) return fmt::print(stderr, "usage: fill_volume VOLUME PERCENT\n"), 2;
  try {
    const auto device = ocfs2::FileDevice::open(arguments[1], ocfs2::Access::exclusive);
    ocfs2::fill_volume(*device, static_cast<unsigned>(std::strtoul(arguments[2], nullptr, 10)));
    const auto clusters = ocfs2::Volume::open(*device)->geometry().clusters;
    fmt::print("{}\n", (ocfs2::clusters_in_use(*device) * 100 + clusters / 2) / clusters);
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "fill_volume: {}\n", error.what()), 1;
  }
  return 0;
}
