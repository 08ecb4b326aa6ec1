// SPDX-License-Identifier: GPL-2.0-or-later
//
// Leads g++'s coverage calls to libFuzzer. libFuzzer reads one counter for every edge of the program, which
// clang lays out in a section; g++ instead calls a function with nothing but its return address to tell where
// it is. So the counters are one table, found by a hash of that address. The engine brings this function too,
// only to say that it is no longer supported; the linker is told to take ours, which comes first (Makefile:
// -z muldefs).
#include <cstdint>

extern "C" void __sanitizer_cov_8bit_counters_init(std::uint8_t* begin, std::uint8_t* end);

namespace {

constexpr std::uintptr_t COUNTERS = 1 << 16;
std::uint8_t counters[COUNTERS];

[[gnu::constructor]] void register_counters() {
  __sanitizer_cov_8bit_counters_init(counters, counters + COUNTERS);
}

}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {
  const auto place = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  ++counters[(place ^ place >> 16) % COUNTERS];
}

// g++ also tells of comparisons of floating-point numbers, for which libFuzzer has no use.
extern "C" void __sanitizer_cov_trace_cmpd(double, double) {}
extern "C" void __sanitizer_cov_trace_cmpf(float, float) {}
