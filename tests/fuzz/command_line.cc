// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any command line is either taken or refused with words; never a crash, never a hang.
#include <string>
#include <vector>

#include "cmd/options.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes += '\0';
  std::string program = "fuzz.ocfs2";
  std::vector<char*> arguments = {program.data()};
  for (std::size_t at = 0; at < size; at = bytes.find('\0', at) + 1) arguments.push_back(bytes.data() + at);

  ocfs2::Options options(arguments, "A command.");
  bool force = false;
  ocfs2::u64 slots = 0;
  ocfs2::u64 size_bytes = 0;
  std::optional<std::string> uuid;
  std::string device;
  bool help = false;
  bool version = false;
  options.flag("-F, --force", force, "Force");
  options.flag("--help", help, "Taken here, so that nothing is printed");
  options.flag("--version", version, "The same");
  options.number("-N, --node-slots=SLOTS", slots, {1, 255}, "Slots");
  options.size("-S, --size=SIZE", size_bytes, ocfs2::SIZES_TO_P, "Size");
  options.text("-u, --uuid-reset[=UUID]", uuid, "UUID");
  options.positional("DEVICE", device, "Device");
  try {
    options.parse();
    if (slots > 255) __builtin_trap();
  } catch (const ocfs2::Misuse& misuse) {
    if (*misuse.what() == 0 || misuse.usage.empty()) __builtin_trap();
  }
  return 0;
}
