// SPDX-License-Identifier: GPL-2.0-or-later
//
// The three ways to count on an OCFS2 volume. Each is a type of its own, so that a cluster number can never
// be taken for a block number: mixing them does not compile. Conversions go through Geometry.
#pragma once

#include <compare>

#include "ondisk/integers.h"

namespace ocfs2 {

template <class Tag>
struct Number {
  u64 value = 0;

  constexpr Number() = default;
  constexpr explicit Number(u64 number) : value(number) {}
  constexpr auto operator<=>(const Number&) const = default;

  constexpr Number operator+(u64 count) const { return Number(value + count); }
  constexpr Number operator-(u64 count) const { return Number(value - count); }
  constexpr u64 operator-(Number earlier) const { return value - earlier.value; }
  constexpr Number& operator++() { return ++value, *this; }
  constexpr Number& operator+=(u64 count) { return value += count, *this; }
};

/// A file-system block: byte address = value × block size.
using BlockNo = Number<struct BlockTag>;
/// An allocation unit: byte address = value × cluster size.
using ClusterNo = Number<struct ClusterTag>;
/// An inode. Its number is the number of the block that holds it.
using InodeNo = Number<struct InodeTag>;

constexpr BlockNo block_of(InodeNo inode) { return BlockNo(inode.value); }
constexpr InodeNo inode_at(BlockNo block) { return InodeNo(block.value); }

}  // namespace ocfs2
