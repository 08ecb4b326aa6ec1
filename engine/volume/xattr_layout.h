// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attributes apart from their containers, and how they are put into one (spec: ondisk.md 8.1 to 8.4). A
// container is at most 4 KiB, so it is never changed piece by piece: its attributes are taken out, the list
// is changed, and the container is laid out anew. So pairs are always packed at the end, without holes.
//
// Two rules are the kernel's own. In an inode and an attribute block the last entry has the lowest pair: when
// the kernel makes an index of a block it copies everything from there on. And some bytes stay free behind
// the last entry, or the kernel takes the container for damaged.
#pragma once

#include <vector>

#include "ondisk/xattr.h"

namespace ocfs2 {

inline constexpr u32 xattr_gap_bytes = 4;  ///< that stay free between the entries and the pairs

/// An attribute on its way to another place.
struct LooseAttribute {
  XattrEntry entry;      ///< its offset says where the pair was, 0 for nowhere
  std::vector<u8> pair;  ///< name and value, or name and the root of the value

  u32 hash() const { return entry.name_hash; }
  XattrName name() const;
};

/// A new attribute. A value of more than 80 bytes gets a root without clusters; these are the caller's
/// business.
LooseAttribute make_attribute(const XattrName& name, u32 hash, ConstBytes value);

/// The attributes that `entries` stand for, sound ones of this container.
std::vector<LooseAttribute> loosen_attributes(ConstBytes container, std::span<const XattrEntry> entries);
inline std::vector<LooseAttribute> loosen_attributes(ConstBytes container) {
  return loosen_attributes(container, XattrHeader::entries(container));
}

/// Adds `attribute` where it belongs: in a bucket behind all with lower hashes, else at the end.
void add_attribute(std::vector<LooseAttribute>& attributes, XattrContainer form, LooseAttribute attribute);
/// Takes the one of this name away, if it is there.
void drop_attribute(std::vector<LooseAttribute>& attributes, const XattrName& name);

/// Fills a container (all but the header's check and number of buckets) with attributes, in the order given,
/// their pairs packed at the end. False, and nothing is changed, when they do not fit.
bool lay_out_attributes(Bytes container, XattrContainer form, u32 block_size,
                        std::span<const LooseAttribute> attributes);

/// Parts attributes, sorted by hash, among buckets that stay about a third empty, and forgets where their
/// pairs were. Those of one hash stay together. Throws Error(no_space) when more of them than a bucket holds
/// have one hash.
std::vector<std::span<const LooseAttribute>> part_among_buckets(std::vector<LooseAttribute>& attributes,
                                                                u32 block_size);

}  // namespace ocfs2
