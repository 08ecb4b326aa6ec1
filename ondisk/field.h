// SPDX-License-Identifier: GPL-2.0-or-later
//
// One table a structure: the name, place and shape of every field. The table is checked at compile time against
// the C++ structure *and* against the offsets of the specification, has no gap and no overlap, and is what every
// generic reader uses: field dumps, JSON, comparisons of two volumes, editing a field by its name.
#pragma once

#include <string_view>

#include "ondisk/integers.h"

namespace ocfs2 {

/// How a field's bytes are to be read and shown.
enum class Shape : u8 {
  number,     ///< an integer, shown in decimal
  hex,        ///< an integer whose bits matter: flags, hashes, checksums, generations
  block,      ///< a block number, 0 for none
  inode,      ///< an inode number, 0 for none
  cluster,    ///< a cluster number
  seconds,    ///< seconds since 1970
  text,       ///< characters, padded with NUL, possibly without a NUL at the end
  uuid,       ///< 16 raw bytes
  bytes,      ///< anything else
  structure,  ///< a part with a field table of its own
  reserved,   ///< written as zero, ignored on reading
};

struct Field {
  std::string_view name;  ///< the established name, as in i_size
  u16 offset;             ///< bytes from the start of the structure
  u16 size;               ///< bytes
  Shape shape;
  bool big_endian;

  /// The field of `structure` as a number; only for fields of 1, 2, 4 or 8 bytes.
  constexpr u64 number_in(ConstBytes structure) const {
    u64 value = 0;
    for (u32 i = 0; i < size; ++i) {
      const u32 at = big_endian ? offset + i : offset + size - 1u - i;
      value = value << 8 | structure[at];
    }
    return value;
  }
  constexpr void set_number(Bytes structure, u64 value) const {
    for (u32 i = 0; i < size; ++i, value >>= 8)
      structure[big_endian ? offset + size - 1u - i : offset + i] = static_cast<u8>(value);
  }
};

/// Specialised for every structure: its table, in order of offsets.
template <class T>
inline constexpr std::span<const Field> fields_of{};

namespace detail {
template <class T>
inline constexpr bool is_big_endian = false;
template <class T>
inline constexpr bool is_big_endian<DiskInteger<T, std::endian::big>> = true;

template <class Member>
consteval Field make_field(std::string_view name, std::size_t spec, std::size_t actual, Shape shape) {
  if (spec != actual) throw "the structure disagrees with the specification about this field's offset";
  return {name, static_cast<u16>(actual), static_cast<u16>(sizeof(Member)), shape, is_big_endian<Member>};
}
}  // namespace detail

/// A row of a field table; `Self` names the structure. `offset` is the specification's.
#define OCFS2_FIELD(offset, member, name, shape) \
  ::ocfs2::detail::make_field<decltype(Self::member)>(name, offset, offsetof(Self, member), ::ocfs2::Shape::shape)

/// True when the rows cover `size` bytes from 0 without gap or overlap.
consteval bool tiles(std::span<const Field> rows, std::size_t size) {
  std::size_t end = 0;
  for (const Field& row : rows) {
    if (row.offset != end) return false;
    end += row.size;
  }
  return end == size;
}

}  // namespace ocfs2
