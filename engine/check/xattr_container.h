// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks one set of attributes: the area inside an inode, an attribute block, or a bucket (spec: ondisk.md 8,
// 14.64 to 67). All three are a header, entries growing up and pairs of name and value growing down.
//
// Entries are judged one after the other; an entry that cannot be kept is taken out, and what is left is
// packed together at the end. So a repair of one entry never needs a second one.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/check/examiner.h"
#include "engine/check/patient.h"
#include "engine/check/survey.h"
#include "engine/volume/xattr_layout.h"
#include "ondisk/inode.h"

namespace ocfs2 {

/// What all sets of attributes of one inode share.
struct AttributeCase {
  InodeNo inode;
  bool refcounted;  ///< values may lie in shared clusters
  BlockNo tree;     ///< the refcount tree that then counts them
  Examiner& examiner;
  BlockSource& source;
  Harvest& harvest;
  std::set<std::string> names{};  ///< of the inode and its attribute block so far, with their types

  void take(const Harvest& more);
};

/// Where a set of attributes lies.
struct AttributePlace {
  AnyPatient& patient;
  u32 offset;  ///< of its header
  u32 bytes;
  XattrContainer form;

  ConstBytes look() const { return patient.bytes().subspan(offset, bytes); }
  Bytes mend() const { return patient.mend_bytes().subspan(offset, bytes); }
  std::string_view name() const;
};

struct ContainerOutcome {
  bool sound = true;      ///< nothing wrong is left
  bool rehashed = false;  ///< a hash was mended: entries may belong into another bucket now
};

/// Examines a set of attributes and the extents of its values, and mends where the examiner says yes.
ContainerOutcome examine_attribute_container(AttributeCase& attributes, const AttributePlace& place);

/// Whether at least one of the entries that a container counts could be one.
bool has_entries_of_sense(ConstBytes container);
/// Whether a block of bytes could be a bucket in use.
bool looks_like_bucket(ConstBytes container, u32 uuid_hash);

}  // namespace ocfs2
