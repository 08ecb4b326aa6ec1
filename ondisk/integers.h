// SPDX-License-Identifier: GPL-2.0-or-later
//
// Integers as they lie on disk. A field of type le32 or be16 reads and assigns like a plain number, has
// alignment 1 (so a structure is exactly the sum of its fields and may be laid over any bytes), and compiles
// to a single move, with a byte swap where the disk and the machine disagree. No call site ever swaps bytes.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ocfs2 {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

using Bytes = std::span<u8>;
using ConstBytes = std::span<const u8>;

constexpr u16 swap_bytes(u16 value) { return __builtin_bswap16(value); }
constexpr u32 swap_bytes(u32 value) { return __builtin_bswap32(value); }
constexpr u64 swap_bytes(u64 value) { return __builtin_bswap64(value); }

template <std::unsigned_integral T, std::endian Order>
class DiskInteger {
 public:
  using Value = T;
  static constexpr std::endian order = Order;

  DiskInteger() = default;  // trivial: a structure over raw bytes is not touched by its construction
  constexpr DiskInteger(T value) : bytes_(std::bit_cast<Storage>(convert(value))) {}
  constexpr operator T() const { return convert(std::bit_cast<T>(bytes_)); }

  constexpr DiskInteger& operator+=(T delta) { return *this = static_cast<T>(*this + delta); }
  constexpr DiskInteger& operator-=(T delta) { return *this = static_cast<T>(*this - delta); }
  constexpr DiskInteger& operator|=(T bits) { return *this = static_cast<T>(*this | bits); }
  constexpr DiskInteger& operator&=(T bits) { return *this = static_cast<T>(*this & bits); }

 private:
  using Storage = std::array<u8, sizeof(T)>;
  static constexpr T convert(T value) {
    if constexpr (Order == std::endian::native) return value;
    return swap_bytes(value);
  }
  Storage bytes_;
};

using le16 = DiskInteger<u16, std::endian::little>;
using le32 = DiskInteger<u32, std::endian::little>;
using le64 = DiskInteger<u64, std::endian::little>;
using be16 = DiskInteger<u16, std::endian::big>;
using be32 = DiskInteger<u32, std::endian::big>;
using be64 = DiskInteger<u64, std::endian::big>;

static_assert(sizeof(le64) == 8 && alignof(le64) == 1);

/// `bytes` seen as the structure that they hold. The caller knows that there are at least sizeof(T) of them.
template <class T>
const T& as(ConstBytes bytes) {
  static_assert(alignof(T) == 1);
  return *reinterpret_cast<const T*>(bytes.data());
}
template <class T>
T& as(Bytes bytes) {
  static_assert(alignof(T) == 1);
  return *reinterpret_cast<T*>(bytes.data());
}

/// The bytes of a structure, to write it out or to checksum it.
template <class T>
ConstBytes bytes_of(const T& structure) {
  static_assert(alignof(T) == 1);
  return {reinterpret_cast<const u8*>(&structure), sizeof(T)};
}

/// `value` rounded up to a multiple of `unit` (unit ≥ 1; the sum must fit 64 bits).
constexpr u64 round_up(u64 value, u64 unit) { return (value + unit - 1) / unit * unit; }
/// How many `unit`s hold `value` (unit ≥ 1; the sum must fit 64 bits).
constexpr u64 divide_up(u64 value, u64 unit) { return (value + unit - 1) / unit; }

}  // namespace ocfs2
