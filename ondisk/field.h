// SPDX-License-Identifier: GPL-2.0-or-later
//
// One table a structure: the name, place and shape of every field. The table is checked at compile time
// against the C++ structure *and* against the offsets of the specification, has no gap and no overlap, and is
// what every generic reader uses: field dumps, JSON, comparisons of two volumes, editing a field by its name.
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
  mode,       ///< POSIX file type and permissions, shown in octal
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
  u16 width;              ///< bytes of one element: less than `size` for a row of numbers
  Shape shape;
  bool big_endian;
  const Field* parts = nullptr;  ///< Shape::structure: the table of the part
  u16 part_count = 0;

  constexpr u32 elements() const { return width == 0 ? 1u : size / width; }
  constexpr std::span<const Field> nested() const { return {parts, part_count}; }
  constexpr bool is_number() const { return width <= 8 && shape < Shape::text; }

  /// The field of `structure` as a number; only for fields of 1, 2, 4 or 8 bytes.
  constexpr u64 number_in(ConstBytes structure) const { return number_of(structure.subspan(offset, size)); }
  /// The same, given the field's own bytes (or those of one of its elements).
  constexpr u64 number_of(ConstBytes value) const {
    u64 number = 0;
    for (std::size_t i = 0; i < value.size(); ++i)
      number = number << 8 | value[big_endian ? i : value.size() - 1 - i];
    return number;
  }
  constexpr void set_number(Bytes structure, u64 number) const {
    put_number(structure.subspan(offset, size), number);
  }
  /// The same, given the field's own bytes.
  constexpr void put_number(Bytes value, u64 number) const {
    for (std::size_t i = 0; i < value.size(); ++i, number >>= 8)
      value[big_endian ? value.size() - 1 - i : i] = static_cast<u8>(number);
  }
};

/// Specialised for every structure: `rows` is its table, in order of offsets, and `Self` the structure.
///
///     template <>
///     struct FieldTable<ChainRecord> {
///       using Self = ChainRecord;
///       static constexpr Field rows[] = {OCFS2_FIELD(0x0, free, "c_free", number), …};
///     };
template <class T>
struct FieldTable;

template <class T>
inline constexpr std::span<const Field> fields_of = FieldTable<T>::rows;

/// The row called `name`, or null.
constexpr const Field* find_field(std::span<const Field> rows, std::string_view name) {
  for (const Field& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

namespace detail {
template <class Member>
inline constexpr std::size_t element_width = sizeof(Member);
template <class T, std::endian Order, std::size_t Count>
inline constexpr std::size_t element_width<std::array<DiskInteger<T, Order>, Count>> = sizeof(T);
template <class T>
inline constexpr bool is_big_endian = false;
template <class T>
inline constexpr bool is_big_endian<DiskInteger<T, std::endian::big>> = true;
template <class Element, std::size_t Count>
inline constexpr bool is_big_endian<std::array<Element, Count>> = is_big_endian<Element>;

template <class Member>
consteval Field make_field(std::string_view name, std::size_t spec, std::size_t actual, Shape shape) {
  if (spec != actual) throw "the structure disagrees with the specification about this field's offset";
  Field row{.name = name,
            .offset = static_cast<u16>(actual),
            .size = static_cast<u16>(sizeof(Member)),
            .width = static_cast<u16>(element_width<Member>),
            .shape = shape,
            .big_endian = is_big_endian<Member>};
  if (shape == Shape::structure) {
    if constexpr (requires { FieldTable<Member>::rows; }) {
      row.parts = FieldTable<Member>::rows;
      row.part_count = static_cast<u16>(std::size(FieldTable<Member>::rows));
    } else {
      throw "a part of shape `structure` needs a field table of its own";
    }
  }
  return row;
}
}  // namespace detail

/// A row of a field table; `Self` names the structure. `offset` is the specification's.
#define OCFS2_FIELD(offset, member, name, shape)                                            \
  ::ocfs2::detail::make_field<decltype(Self::member)>(name, offset, offsetof(Self, member), \
                                                      ::ocfs2::Shape::shape)

/// A row for a part of varying length that no table can hold: a name, a bitmap, a symlink's target.
constexpr Field variable_row(std::string_view name, std::size_t offset, std::size_t size, Shape shape) {
  return {.name = name,
          .offset = static_cast<u16>(offset),
          .size = static_cast<u16>(size),
          .width = static_cast<u16>(size),
          .shape = shape,
          .big_endian = false};
}

/// A bit of a flag word and the name under which listings show it.
struct FlagName {
  u32 bit;
  std::string_view name;
};

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
